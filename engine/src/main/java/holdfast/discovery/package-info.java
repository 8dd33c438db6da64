/** What clusters say of their members, against what the members present and what the inventory says; no I/O. */
@NullMarked
package holdfast.discovery;

import org.jspecify.annotations.NullMarked;
