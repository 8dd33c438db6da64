package holdfast.node.ssh;

import holdfast.text.Clean;
import java.io.IOException;
import java.security.PublicKey;
import java.util.Arrays;
import java.util.concurrent.CompletableFuture;

/** One look at one host key of a server. */
final class Sighting {

    private final String type;
    private final CompletableFuture<PublicKey> key = new CompletableFuture<>();
    private volatile String offered = "";

    /** @param type of the key that is wanted */
    Sighting(String type) {
        this.type = type;
    }

    String type() {
        return type;
    }

    /** Completed with the key when the server has proved that it holds it. */
    CompletableFuture<PublicKey> key() {
        return key;
    }

    void seen(PublicKey presented) {
        key.complete(presented);
    }

    void offers(String algorithms) {
        offered = algorithms;
    }

    void lost(String reason) {
        key.completeExceptionally(new IOException(reason));
    }

    /** Whether the server said which keys it has, and that none is of this type. */
    boolean isAbsent() {
        return !offered.isEmpty()
                && Arrays.stream(offered.split(",", -1))
                        .noneMatch(name -> (name.startsWith("rsa-sha2-") && !name.contains("-cert-") ? "ssh-rsa" : name)
                                .equals(type));
    }

    /** The algorithms of its keys, as the server lists them. */
    String offered() {
        return Clean.line(offered, 300);
    }
}
