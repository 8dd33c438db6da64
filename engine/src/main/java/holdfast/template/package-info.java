/** Renders the text that can land on a node; the only user of FreeMarker. */
@NullMarked
package holdfast.template;

import org.jspecify.annotations.NullMarked;
