/** May this cluster be touched now, and what if: votequorum's arithmetic, the members' views compared, the answer. Pure. */
@NullMarked
package holdfast.quorum;

import org.jspecify.annotations.NullMarked;
