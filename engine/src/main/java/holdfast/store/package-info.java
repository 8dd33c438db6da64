/** The history: every run, in SQLite or PostgreSQL, chained by digests; the only user of JDBC. */
@NullMarked
package holdfast.store;

import org.jspecify.annotations.NullMarked;
