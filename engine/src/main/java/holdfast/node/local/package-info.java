/** This machine as a node: a process of {@code /bin/sh} instead of a connection. */
@NullMarked
package holdfast.node.local;

import org.jspecify.annotations.NullMarked;
