/** Practice nodes inside this process: for the demo and for fast tests over real SSH. */
@NullMarked
package holdfast.lab.embedded;

import org.jspecify.annotations.NullMarked;
