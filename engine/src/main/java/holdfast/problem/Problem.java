package holdfast.problem;

import holdfast.text.Clean;

/** One mistake: where it is, what is wrong, and what would be right. */
public record Problem(Where where, String message) {

    /** {@code file:line:column: message}, safe to print. */
    @Override
    public String toString() {
        return where + ": " + Clean.line(message, 1000);
    }
}
