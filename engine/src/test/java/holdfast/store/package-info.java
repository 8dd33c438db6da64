/** The history, on both databases. */
@NullMarked
package holdfast.store;

import org.jspecify.annotations.NullMarked;
