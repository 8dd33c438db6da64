/** YAML and JSON as a small tree that knows where each value stands: the only user of the YAML parser. */
@NullMarked
package holdfast.yaml;

import org.jspecify.annotations.NullMarked;
