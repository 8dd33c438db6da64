package holdfast.store;

import com.google.errorprone.annotations.FormatMethod;

/** A store cannot be opened, read or written; the message says which, why, and what to do. */
public final class StoreException extends Exception {

    private static final long serialVersionUID = 1L;

    @FormatMethod
    public StoreException(String message, Object... args) {
        super(message.formatted(args));
    }

    @FormatMethod
    public StoreException(Throwable cause, String message, Object... args) {
        super(message.formatted(args), cause);
    }

    /** The message, never null. */
    public String why() {
        return String.valueOf(getMessage());
    }
}
