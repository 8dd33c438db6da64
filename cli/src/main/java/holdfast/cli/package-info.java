/** Verbs, arguments and views: the only place that prints, prompts or exits. */
@NullMarked
package holdfast.cli;

import org.jspecify.annotations.NullMarked;
