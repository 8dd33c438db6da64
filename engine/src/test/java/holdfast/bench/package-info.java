/** The test kit: sets a check before a fake node and says in one line what must come out. */
@NullMarked
package holdfast.bench;

import org.jspecify.annotations.NullMarked;
