/** Mistakes in what people wrote: collected, placed, and told all at once. */
@NullMarked
package holdfast.problem;

import org.jspecify.annotations.NullMarked;
