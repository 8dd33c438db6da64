@NullMarked
package holdfast.checks.firewall;

import org.jspecify.annotations.NullMarked;
