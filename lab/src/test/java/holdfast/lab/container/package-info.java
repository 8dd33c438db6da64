/** Real practice nodes: Debian systemd containers with real sshd, chrony, corosync and netfilter. */
@NullMarked
package holdfast.lab.container;

import org.jspecify.annotations.NullMarked;
