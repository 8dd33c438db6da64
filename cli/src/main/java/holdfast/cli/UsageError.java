package holdfast.cli;

/** The user's mistake: exit code 2, one clear sentence, no stack trace. */
final class UsageError extends RuntimeException {

    private static final long serialVersionUID = 1L;

    private final String why;

    UsageError(String why) {
        super(why);
        this.why = why;
    }

    String why() {
        return why;
    }
}
