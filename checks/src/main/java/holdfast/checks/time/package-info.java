@NullMarked
package holdfast.checks.time;

import org.jspecify.annotations.NullMarked;
