package holdfast.notify;

import com.google.errorprone.annotations.FormatMethod;

/** A notice could not be delivered; the message names the way, and what to do next. */
public final class NotifyException extends Exception {

    private static final long serialVersionUID = 1L;

    @FormatMethod
    NotifyException(String message, Object... args) {
        super(message.formatted(args));
    }

    /** The message, never null. */
    public String why() {
        return String.valueOf(getMessage());
    }
}
