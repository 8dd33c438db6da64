/** The rules of the house, over every module. */
@NullMarked
package holdfast.architecture;

import org.jspecify.annotations.NullMarked;
