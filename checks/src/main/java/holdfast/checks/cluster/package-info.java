@NullMarked
package holdfast.checks.cluster;

import org.jspecify.annotations.NullMarked;
