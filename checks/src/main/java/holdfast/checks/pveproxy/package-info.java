@NullMarked
package holdfast.checks.pveproxy;

import org.jspecify.annotations.NullMarked;
