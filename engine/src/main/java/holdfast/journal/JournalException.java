package holdfast.journal;

import com.google.errorprone.annotations.FormatMethod;

/** A journal cannot be written or cannot be believed; the message names it and says what to do. */
public final class JournalException extends Exception {

    private static final long serialVersionUID = 1L;

    @FormatMethod
    public JournalException(String message, Object... args) {
        super(message.formatted(args));
    }

    @FormatMethod
    public JournalException(Throwable cause, String message, Object... args) {
        super(message.formatted(args), cause);
    }

    /** The message, never null. */
    public String why() {
        return String.valueOf(getMessage());
    }
}
