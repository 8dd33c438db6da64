/** What is different between two runs; pure. */
@NullMarked
package holdfast.drift;

import org.jspecify.annotations.NullMarked;
