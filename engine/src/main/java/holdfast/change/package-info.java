/** What a fix does to a node, as data: it can be shown, compared, saved, applied and undone. */
@NullMarked
package holdfast.change;

import org.jspecify.annotations.NullMarked;
