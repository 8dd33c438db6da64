/** Plans what mends a fleet, applies it with an armed way back, proves it, and takes it back. */
@NullMarked
package holdfast.fix;

import org.jspecify.annotations.NullMarked;
