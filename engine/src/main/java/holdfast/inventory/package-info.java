/** Which nodes there are: Ansible's inventory formats, patterns and variables. */
@NullMarked
package holdfast.inventory;

import org.jspecify.annotations.NullMarked;
