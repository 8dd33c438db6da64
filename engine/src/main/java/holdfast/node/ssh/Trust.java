package holdfast.node.ssh;

import holdfast.node.Presented;
import holdfast.text.Clean;
import java.io.IOException;
import java.nio.file.Path;
import java.security.PublicKey;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import org.apache.sshd.common.config.keys.OpenSshCertificate;

/** Which host keys are believed: the known_hosts files of a run, read once, and the rules of {@link HostKeys}. */
final class Trust {

    private final HostKeys mode;
    private final Map<Path, KnownHosts> files = new ConcurrentHashMap<>();
    private final ReentrantLock adding = new ReentrantLock();

    Trust(HostKeys mode) {
        this.mode = mode;
    }

    /** A host key that is not believed; the message says what to do. */
    static final class Distrust extends Exception {

        private static final long serialVersionUID = 1L;

        Distrust(String message) {
            super(message);
        }

        String why() {
            return String.valueOf(getMessage());
        }
    }

    /** The types of the keys that are known for a host, in the order of the files; certificates first. */
    Set<String> knownTypes(HostSettings host) throws Distrust {
        Set<String> types = new LinkedHashSet<>();
        List<KnownHosts.Entry> entries = entries(host, host.knownHostsName());
        if (entries.stream().noneMatch(entry -> entry.marker() == KnownHosts.Marker.PLAIN)) {
            entries = new ArrayList<>(entries);
            entries.addAll(withoutPort(host));
        }
        for (KnownHosts.Entry entry : entries) {
            if (entry.marker() == KnownHosts.Marker.AUTHORITY) {
                types.add("cert");
            }
        }
        for (KnownHosts.Entry entry : entries) {
            if (entry.marker() == KnownHosts.Marker.PLAIN) {
                types.add(entry.type());
            }
        }
        return types;
    }

    /**
     * Accepts a key, or says why not. The signature with the key, and on a certificate, have been verified.
     *
     * @throws Distrust when the key is unknown, changed or revoked
     */
    void verify(HostSettings host, PublicKey key) throws Distrust {
        String name = host.knownHostsName();
        List<KnownHosts.Entry> entries = entries(host, name);
        List<KnownHosts.Entry> portless = withoutPort(host);
        byte[] blob = Blobs.of(Blobs.plain(key));
        refuseRevoked(host, blob, entries, portless);
        if (key instanceof OpenSshCertificate certificate) {
            byte[] authority = Blobs.of(certificate.getCaPubKey());
            refuseRevoked(host, authority, entries, portless);
            if (has(entries, KnownHosts.Marker.AUTHORITY, authority)) {
                verify(host, certificate);
                return;
            }
            // As ssh does: without its authority a certificate is only the key inside.
        }
        if (has(entries, KnownHosts.Marker.PLAIN, blob)) {
            return;
        }
        refuseChanged(host, blob, entries);
        if (has(portless, KnownHosts.Marker.PLAIN, blob)) {
            return;
        }
        // The stricter of the command line and the ssh configuration.
        if (mode == HostKeys.STRICT
                || host.hostKeys().filter(HostKeys.STRICT::equals).isPresent()) {
            throw unknown(host, blob);
        }
        add(host, name, blob);
    }

    /**
     * What the files say of a key, without accepting or adding anything. Other than for a login, a key of another type
     * does not speak against this one: a machine has several, and only one was asked for.
     */
    Presented.Standing standing(HostSettings host, PublicKey key) {
        byte[] blob = Blobs.of(Blobs.plain(key));
        String type = Blobs.typeOf(blob);
        try {
            List<KnownHosts.Entry> entries = entries(host, host.knownHostsName());
            List<KnownHosts.Entry> portless = withoutPort(host);
            refuseRevoked(host, blob, entries, portless);
            if (has(entries, KnownHosts.Marker.PLAIN, blob)) {
                return new Presented.Known();
            }
            refuseChanged(
                    host,
                    blob,
                    entries.stream().filter(entry -> entry.type().equals(type)).toList());
            return has(portless, KnownHosts.Marker.PLAIN, blob) ? new Presented.Known() : new Presented.NotKnown();
        } catch (Distrust e) {
            return new Presented.Refused(e.why());
        }
    }

    private void add(HostSettings host, String name, byte[] blob) throws Distrust {
        adding.lock();
        try {
            // Another connection to the same host may have been faster.
            List<KnownHosts.Entry> now = entries(host, name);
            if (has(now, KnownHosts.Marker.PLAIN, blob)) {
                return;
            }
            refuseChanged(host, blob, now);
            if (host.userKnownHosts().isEmpty()) {
                throw unknown(host, blob);
            }
            Path file = host.userKnownHosts().get(0);
            try {
                file(file).add(name, Blobs.typeOf(blob), blob, host.hashKnownHosts());
            } catch (IOException e) {
                throw new Distrust("the key of %s could not be added to %s: %s".formatted(host.alias(), file, e));
            }
        } finally {
            adding.unlock();
        }
    }

    private static Distrust unknown(HostSettings host, byte[] blob) {
        String scan = host.port() == 22 ? host.host() : "-p " + host.port() + " " + host.host();
        return new Distrust(
                "%s's host key is not known (%s %s): compare it with what the machine's console says, then add it with: ssh-keyscan %s >> %s, or use --host-keys accept-new"
                        .formatted(
                                host.alias(),
                                Blobs.typeOf(blob),
                                Blobs.fingerprint(blob),
                                scan,
                                host.userKnownHosts().isEmpty()
                                        ? "known_hosts"
                                        : host.userKnownHosts().get(0)));
    }

    private static void refuseChanged(HostSettings host, byte[] blob, List<KnownHosts.Entry> entries) throws Distrust {
        String type = Blobs.typeOf(blob);
        List<KnownHosts.Entry> plain = entries.stream()
                .filter(entry -> entry.marker() == KnownHosts.Marker.PLAIN)
                .toList();
        if (plain.isEmpty()) {
            return;
        }
        KnownHosts.Entry expected = plain.stream()
                .filter(entry -> entry.type().equals(type))
                .findFirst()
                .orElse(plain.get(0));
        throw new Distrust(
                "host key changed for %s: expected %s in known_hosts %s, got %s %s: if the machine was reinstalled, remove the old key with: ssh-keygen -f %s -R '%s'"
                        .formatted(
                                host.alias(),
                                Blobs.fingerprint(expected.blob()),
                                expected.place(),
                                type,
                                Blobs.fingerprint(blob),
                                expected.file(),
                                host.knownHostsName()));
    }

    private static void refuseRevoked(
            HostSettings host, byte[] blob, List<KnownHosts.Entry> entries, List<KnownHosts.Entry> portless)
            throws Distrust {
        for (List<KnownHosts.Entry> list : List.of(entries, portless)) {
            for (KnownHosts.Entry entry : list) {
                if (entry.marker() == KnownHosts.Marker.REVOKED && Arrays.equals(entry.blob(), blob)) {
                    throw new Distrust("%s uses a key that is revoked in known_hosts %s: %s %s: do not log in to it"
                            .formatted(host.alias(), entry.place(), Blobs.typeOf(blob), Blobs.fingerprint(blob)));
                }
            }
        }
    }

    private static void verify(HostSettings host, OpenSshCertificate certificate) throws Distrust {
        String id = Clean.line(String.valueOf(certificate.getId()), 80);
        if (certificate.getType() != OpenSshCertificate.Type.HOST) {
            throw new Distrust("%s showed certificate '%s', which is not for hosts".formatted(host.alias(), id));
        }
        if (!OpenSshCertificate.isValidNow(certificate)) {
            throw new Distrust(
                    "the host certificate '%s' of %s is expired or not valid yet: renew it, or check this machine's clock"
                            .formatted(id, host.alias()));
        }
        if (!certificate.getCriticalOptions().isEmpty()) {
            throw new Distrust(
                    "the host certificate '%s' of %s has options that are not known".formatted(id, host.alias()));
        }
        String name = host.hostKeyAlias().orElse(host.host()).toLowerCase(Locale.ROOT);
        Collection<String> principals = certificate.getPrincipals();
        if (principals != null
                && !principals.isEmpty()
                && principals.stream().noneMatch(principal -> Patterns.matches(name, principal))) {
            throw new Distrust("the host certificate '%s' of %s is for %s, not for %s"
                    .formatted(id, host.alias(), Clean.line(String.join(", ", principals), 200), name));
        }
    }

    private static boolean has(List<KnownHosts.Entry> entries, KnownHosts.Marker marker, byte[] blob) {
        return entries.stream().anyMatch(entry -> entry.marker() == marker && Arrays.equals(entry.blob(), blob));
    }

    /** The lines for the host itself, which ssh also accepts for its other ports. */
    private List<KnownHosts.Entry> withoutPort(HostSettings host) throws Distrust {
        return host.port() == 22 || host.hostKeyAlias().isPresent()
                ? List.of()
                : entries(host, KnownHosts.nameOf(host.host(), 22));
    }

    private List<KnownHosts.Entry> entries(HostSettings host, String name) throws Distrust {
        List<KnownHosts.Entry> entries = new ArrayList<>();
        for (List<Path> paths : List.of(host.userKnownHosts(), host.globalKnownHosts())) {
            for (Path path : paths) {
                entries.addAll(file(path).find(name));
            }
        }
        return entries;
    }

    private KnownHosts file(Path path) throws Distrust {
        KnownHosts known = files.get(path);
        if (known == null) {
            adding.lock();
            try {
                known = files.get(path);
                if (known == null) {
                    known = KnownHosts.read(path);
                    files.put(path, known);
                }
            } catch (IOException e) {
                throw new Distrust("%s cannot be read: %s".formatted(path, e));
            } finally {
                adding.unlock();
            }
        }
        return known;
    }
}
