/** The only user of Apache MINA SSHD. */
@NullMarked
package holdfast.node.ssh;

import org.jspecify.annotations.NullMarked;
