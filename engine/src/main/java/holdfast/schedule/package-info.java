/** Scans by the clock: what is scheduled, and the texts of the units that do it; pure. */
@NullMarked
package holdfast.schedule;

import org.jspecify.annotations.NullMarked;
