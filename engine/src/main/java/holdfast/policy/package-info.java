/** What "right" means: the policy file, its profiles, and how they merge. */
@NullMarked
package holdfast.policy;

import org.jspecify.annotations.NullMarked;
