/** Tells somebody what has changed, once: what is worth telling (pure), and the ways to tell it. */
@NullMarked
package holdfast.notify;

import org.jspecify.annotations.NullMarked;
