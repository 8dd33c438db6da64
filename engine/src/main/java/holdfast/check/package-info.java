/** What a check is, and what it may say. */
@NullMarked
package holdfast.check;

import org.jspecify.annotations.NullMarked;
