/** Questions about users, API tokens, ACLs, roles, realms and second factors: who may do what, and with what proof. */
@NullMarked
package holdfast.checks.access;

import org.jspecify.annotations.NullMarked;
