/** A machine that can be reached: over SSH in production, as a local process, in memory in tests. */
@NullMarked
package holdfast.node;

import org.jspecify.annotations.NullMarked;
