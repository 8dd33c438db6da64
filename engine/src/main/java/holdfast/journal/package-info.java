/** What runs have changed, kept on the controller: enough to explain and to undo it. */
@NullMarked
package holdfast.journal;

import org.jspecify.annotations.NullMarked;
