package holdfast.node.ssh;

import holdfast.node.Secret;
import holdfast.text.Clean;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.apache.sshd.client.session.ClientSession;
import org.apache.sshd.common.AttributeRepository;
import org.apache.sshd.common.session.Session;
import org.jspecify.annotations.Nullable;

/** What the parts of one connection know of it; it travels with MINA's session. */
final class Visit {

    static final AttributeRepository.AttributeKey<Visit> KEY = new AttributeRepository.AttributeKey<>();

    final HostSettings host;
    final List<Identity> identities;
    final Optional<Secret> password;
    final Set<String> knownTypes;
    final Patience authentication;

    /** Completed when the host key has been verified and the transport is encrypted. */
    final CompletableFuture<ClientSession> secured = new CompletableFuture<>();

    /** Set where only the host key is wanted: the connection ends with it. */
    final Optional<Sighting> sighting;

    private final List<String> offered = new ArrayList<>();
    private @Nullable String serverMethods;
    private @Nullable String trouble;
    private @Nullable String lost;
    private boolean passwordTried;

    Visit(
            HostSettings host,
            List<Identity> identities,
            Optional<Secret> password,
            Set<String> knownTypes,
            Patience authentication) {
        this.host = host;
        this.identities = identities;
        this.password = password;
        this.knownTypes = knownTypes;
        this.authentication = authentication;
        this.sighting = Optional.empty();
    }

    /** A visit that looks at the host key and goes no further. */
    Visit(HostSettings host, Sighting sighting) {
        this.host = host;
        this.identities = List.of();
        this.password = Optional.empty();
        this.knownTypes = Set.of(sighting.type());
        this.authentication = new Patience(Duration.ZERO);
        this.sighting = Optional.of(sighting);
    }

    static Visit of(Session session) {
        if (session instanceof ClientSession client && client.getConnectionContext() != null) {
            Visit visit = client.getConnectionContext().getAttribute(KEY);
            if (visit != null) {
                return visit;
            }
        }
        throw new IllegalStateException("a session without a visit");
    }

    AttributeRepository context() {
        return AttributeRepository.ofKeyValuePair(KEY, this);
    }

    synchronized void offers(String description) {
        if (!offered.contains(description)) {
            offered.add(description);
        }
    }

    synchronized List<String> offered() {
        return List.copyOf(offered);
    }

    synchronized void serverAccepts(String methods) {
        serverMethods = Clean.line(methods, 200);
    }

    synchronized @Nullable String serverMethods() {
        return serverMethods;
    }

    /** Our own reason to give up, which outranks what the connection then reports; the first one counts. */
    synchronized void trouble(String reason) {
        if (trouble == null) {
            trouble = reason;
        }
    }

    synchronized @Nullable String trouble() {
        return trouble;
    }

    /** Why the connection ended; the first reason counts. */
    synchronized void lost(String reason) {
        if (lost == null) {
            lost = reason;
        }
    }

    synchronized @Nullable String lost() {
        return lost;
    }

    /** Whether a password had a part in the login; after a login that succeeded, it was accepted. */
    synchronized boolean passwordTried() {
        return passwordTried;
    }

    /** True once: a password that was refused is never sent again. */
    synchronized boolean mayTryPassword() {
        boolean first = !passwordTried;
        passwordTried = true;
        return first;
    }
}
