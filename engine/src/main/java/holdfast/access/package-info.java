/** Who may do what in a cluster: users, tokens, groups, roles and ACLs as Proxmox VE reads them, and what follows from them. */
@NullMarked
package holdfast.access;

import org.jspecify.annotations.NullMarked;
