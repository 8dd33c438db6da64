/** Quoting for the shell, cleaning for the screen: every value passes here once. */
@NullMarked
package holdfast.text;

import org.jspecify.annotations.NullMarked;
