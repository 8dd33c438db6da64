package holdfast.node.ssh;

import holdfast.text.Clean;
import java.io.IOException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.PublicKey;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import org.apache.sshd.common.config.keys.OpenSshCertificate;

/**
 * Decides which keys a host is offered, and in which order. A key named by {@code --private-key} or the inventory is
 * offered alone, as with {@code ssh -o IdentitiesOnly=yes -i}. Otherwise: keys of the agent that are configured for
 * the host, other configured key files, and, unless {@code IdentitiesOnly}, the agent's further keys and the usual key
 * files. Each key's certificate goes before it.
 */
final class Identities {

    /** A server's {@code MaxAuthTries} is 6 by default, and Debian 13 shuts an address out after a few failures. */
    static final int OFFER_LIMIT = 5;

    private final Map<Path, KeyFile> files = new ConcurrentHashMap<>();
    private final Asker asker;
    private final Consumer<String> notices;

    Identities(Asker asker, Consumer<String> notices) {
        this.asker = asker;
        this.notices = notices;
    }

    /**
     * The keys for a host.
     *
     * @throws KeyFile.Unusable when the one key that was asked for cannot be used
     */
    List<Identity> of(HostSettings host, Optional<Path> explicit, int limit) throws KeyFile.Unusable {
        List<Identity> offers = new ArrayList<>();
        Agent agent = agent(host);
        if (explicit.isPresent()) {
            KeyFile file = file(explicit.get());
            PublicKey key = file.publicKey();
            if (!agent.has(key)) {
                // Asked for now, while no server's clock is running.
                file.pair();
            }
            offer(host, file, key, agent, offers);
            return limited(offers, limit);
        }
        List<Candidate> candidates = candidates(host);
        List<Candidate> inAgent = candidates.stream()
                .filter(candidate -> agent.has(candidate.key))
                .toList();
        List<Candidate> others = candidates.stream()
                .filter(candidate -> !agent.has(candidate.key))
                .toList();
        for (Candidate candidate : inAgent) {
            offer(host, candidate.file, candidate.key, agent, offers);
        }
        if (host.identitiesConfigured()) {
            for (Candidate candidate : others) {
                offer(host, candidate.file, candidate.key, agent, offers);
            }
        }
        if (!host.identitiesOnly()) {
            for (AgentClient.Key key : agent.keys) {
                agent.identity(key).ifPresent(identity -> {
                    if (offers.stream().noneMatch(offer -> offer.offered().equals(identity.offered()))) {
                        offers.add(identity);
                    }
                });
            }
        }
        if (!host.identitiesConfigured()) {
            for (Candidate candidate : others) {
                offer(host, candidate.file, candidate.key, agent, offers);
            }
        }
        return limited(offers, limit);
    }

    private record Candidate(KeyFile file, PublicKey key) {}

    private List<Candidate> candidates(HostSettings host) {
        List<Candidate> candidates = new ArrayList<>();
        for (Path path : host.identityFiles()) {
            KeyFile file = file(path);
            try {
                byte[] publicHalf = KeyFile.publicFileBlob(path);
                if (publicHalf != null) {
                    // IdentityFile may name the public half of a key that only the agent holds.
                    candidates.add(new Candidate(file, Blobs.decode(publicHalf)));
                } else if (file.exists()) {
                    candidates.add(new Candidate(file, file.publicKey()));
                } else {
                    byte[] beside = KeyFile.publicFileBlob(path.resolveSibling(path.getFileName() + ".pub"));
                    if (beside != null) {
                        candidates.add(new Candidate(file, Blobs.decode(beside)));
                    }
                }
            } catch (KeyFile.Unusable e) {
                notices.accept(e.why() + ": the key is not used");
            } catch (GeneralSecurityException e) {
                notices.accept("%s is of a type that is not supported: the key is not used".formatted(path));
            }
        }
        return candidates;
    }

    private void offer(HostSettings host, KeyFile file, PublicKey key, Agent agent, List<Identity> offers) {
        boolean agentSigns = agent.has(key);
        if (!agentSigns && (!file.exists() || KeyFile.publicFileBlob(file.path()) != null)) {
            return;
        }
        List<Path> certificates = new ArrayList<>();
        certificates.add(file.path().resolveSibling(file.path().getFileName() + "-cert.pub"));
        certificates.addAll(host.certificateFiles());
        byte[] blob = Blobs.of(key);
        String name = file.path().getFileName().toString();
        for (Path path : certificates) {
            certificate(path, blob)
                    .ifPresent(certificate -> offers.add(
                            agentSigns
                                    ? Identity.ofAgent(agent.client(), name + "-cert", blob, certificate)
                                    : rename(Identity.ofFile(file, certificate), name + "-cert")));
        }
        if (!agentSigns && Blobs.typeOf(blob).startsWith("sk-")) {
            notices.accept("%s lives on a security key: load it into an ssh-agent to use it".formatted(file.path()));
            return;
        }
        offers.add(agentSigns ? Identity.ofAgent(agent.client(), name, blob, key) : Identity.ofFile(file, key));
    }

    private static Identity rename(Identity identity, String name) {
        return new Identity(name, identity.offered(), identity.signer());
    }

    /** The certificate in a file, if it is for this key and may be used now. */
    private Optional<OpenSshCertificate> certificate(Path path, byte[] blob) {
        byte[] content = KeyFile.publicFileBlob(path);
        if (content == null) {
            return Optional.empty();
        }
        try {
            if (!(Blobs.decode(content) instanceof OpenSshCertificate certificate)
                    || !Arrays.equals(Blobs.of(certificate.getCertPubKey()), blob)) {
                return Optional.empty();
            }
            if (certificate.getType() != OpenSshCertificate.Type.USER) {
                notices.accept("certificate %s is not for users: it is not used".formatted(path));
                return Optional.empty();
            }
            if (!OpenSshCertificate.isValidNow(certificate)) {
                notices.accept("certificate %s is expired or not valid yet: it is not used".formatted(path));
                return Optional.empty();
            }
            return Optional.of(certificate);
        } catch (GeneralSecurityException e) {
            notices.accept("certificate %s is of a type that is not supported: it is not used".formatted(path));
            return Optional.empty();
        }
    }

    private List<Identity> limited(List<Identity> offers, int limit) {
        if (offers.size() <= limit) {
            return List.copyOf(offers);
        }
        notices.accept("only the first %d of %d keys are offered: name the right one with --private-key or IdentityFile"
                .formatted(limit, offers.size()));
        return List.copyOf(offers.subList(0, limit));
    }

    private KeyFile file(Path path) {
        return files.computeIfAbsent(path.toAbsolutePath().normalize(), key -> new KeyFile(key, asker));
    }

    private Agent agent(HostSettings host) {
        if (host.agent().isEmpty()) {
            return new Agent(Optional.empty(), List.of());
        }
        AgentClient client = new AgentClient(host.agent().get());
        try {
            return new Agent(Optional.of(client), client.keys());
        } catch (IOException | RuntimeException e) {
            notices.accept("the ssh-agent at %s is not used: %s"
                    .formatted(host.agent().get(), Clean.line(String.valueOf(e.getMessage()), 200)));
            return new Agent(Optional.empty(), List.of());
        }
    }

    /** What the agent held when it was asked. */
    private record Agent(Optional<AgentClient> maybe, List<AgentClient.Key> keys) {

        AgentClient client() {
            return maybe.orElseThrow();
        }

        boolean has(PublicKey key) {
            byte[] blob = Blobs.of(key);
            return keys.stream().anyMatch(held -> Arrays.equals(held.blob(), blob));
        }

        Optional<Identity> identity(AgentClient.Key key) {
            try {
                PublicKey decoded = Blobs.decode(key.blob());
                String name = key.comment().isEmpty() ? "agent key" : Clean.line(key.comment(), 60);
                return Optional.of(Identity.ofAgent(client(), name, key.blob(), decoded));
            } catch (GeneralSecurityException | RuntimeException e) {
                return Optional.empty();
            }
        }
    }
}
