/** What we know about a node: one class, one page and one test for each question. */
@NullMarked
package holdfast.checks;

import org.jspecify.annotations.NullMarked;
