package holdfast.node.ssh;

import holdfast.text.Clean;
import java.net.ConnectException;
import java.net.NoRouteToHostException;
import java.nio.channels.ClosedChannelException;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;

/** Words for what went wrong below us. */
final class Failures {

    private Failures() {}

    static String reason(Throwable problem) {
        Throwable cause = problem;
        while ((cause instanceof ExecutionException || cause instanceof CompletionException)
                && cause.getCause() != null) {
            cause = cause.getCause();
        }
        String message = String.valueOf(cause.getMessage());
        if (cause instanceof NoRouteToHostException) {
            return "no route to host";
        }
        if (cause instanceof ConnectException || message.contains("Connection refused")) {
            return message.isEmpty() || message.equals("null") ? "connection refused" : lower(message);
        }
        if (cause instanceof ClosedChannelException) {
            return "the connection was closed";
        }
        if (message.contains("heartbeat requests without reply")) {
            return "it stopped answering keepalives";
        }
        if (message.contains("Connection reset") || message.contains("Broken pipe")) {
            return "connection reset by the other side";
        }
        if (cause.getMessage() == null) {
            return cause.getClass().getSimpleName();
        }
        return Clean.line(message, 300);
    }

    private static String lower(String message) {
        return Clean.line(Character.toLowerCase(message.charAt(0)) + message.substring(1), 300);
    }
}
