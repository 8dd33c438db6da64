/** One run: open, read, judge; a fleet at a time. */
@NullMarked
package holdfast.run;

import org.jspecify.annotations.NullMarked;
