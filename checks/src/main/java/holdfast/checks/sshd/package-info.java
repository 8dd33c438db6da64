@NullMarked
package holdfast.checks.sshd;

import org.jspecify.annotations.NullMarked;
