/** What every area needs to know of Proxmox VE: membership, quorum, versions. */
@NullMarked
package holdfast.proxmox;

import org.jspecify.annotations.NullMarked;
