@NullMarked
package holdfast.checks.certificate;

import org.jspecify.annotations.NullMarked;
