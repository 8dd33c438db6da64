package holdfast.change;

import com.google.errorprone.annotations.FormatMethod;

/** A file is not as an edit needs it; the message says what, where, and what to do. */
public final class EditException extends Exception {

    private static final long serialVersionUID = 1L;

    @FormatMethod
    public EditException(String message, Object... args) {
        super(message.formatted(args));
    }

    /** The message, never null. */
    public String why() {
        return String.valueOf(getMessage());
    }
}
