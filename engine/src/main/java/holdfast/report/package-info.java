/** What a finished run looks like to a machine. */
@NullMarked
package holdfast.report;

import org.jspecify.annotations.NullMarked;
