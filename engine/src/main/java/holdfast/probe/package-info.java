/** What to read on a node, and how to understand it, as data. */
@NullMarked
package holdfast.probe;

import org.jspecify.annotations.NullMarked;
