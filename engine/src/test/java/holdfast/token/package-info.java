@NullMarked
package holdfast.token;

import org.jspecify.annotations.NullMarked;
