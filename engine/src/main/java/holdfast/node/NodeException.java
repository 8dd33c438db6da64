package holdfast.node;

import com.google.errorprone.annotations.FormatMethod;

/** A node could not be reached or asked; the message says what happened and what to do next. */
public final class NodeException extends Exception {

    private static final long serialVersionUID = 1L;

    private final Phase phase;

    @FormatMethod
    public NodeException(Phase phase, String message, Object... args) {
        super(message.formatted(args));
        this.phase = phase;
    }

    @FormatMethod
    public NodeException(Throwable cause, Phase phase, String message, Object... args) {
        super(message.formatted(args), cause);
        this.phase = phase;
    }

    public Phase phase() {
        return phase;
    }

    /** The message, never null. */
    public String why() {
        String message = getMessage();
        return message == null ? toString() : message;
    }
}
