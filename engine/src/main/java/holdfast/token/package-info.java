/** The life of API tokens: listed, made, rotated, revoked, traced, diagnosed. */
@NullMarked
package holdfast.token;

import org.jspecify.annotations.NullMarked;
