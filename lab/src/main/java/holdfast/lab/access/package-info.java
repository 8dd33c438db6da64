/** Who may do what on practice nodes, embedded and real: files of {@code /etc/pve}, healthy and full of faults. */
@NullMarked
package holdfast.lab.access;

import org.jspecify.annotations.NullMarked;
