package holdfast.node.ssh;

import holdfast.node.HostKey;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/** The keys that text in the format of {@code known_hosts} (sshd(8)) gives to a name, hashed names included. */
public final class KnownKeys {

    private final KnownHosts lines;

    private KnownKeys(KnownHosts lines) {
        this.lines = lines;
    }

    /** Lines that somebody sent; damaged ones are no keys. */
    public static KnownKeys of(String text) {
        return new KnownKeys(KnownHosts.of(text, Path.of("known_hosts")));
    }

    /** A file; one that does not exist has no keys. */
    public static KnownKeys read(Path file) throws IOException {
        return new KnownKeys(KnownHosts.read(file));
    }

    /** Whether a line says that nobody may trust this key for that name any more. */
    public boolean revokes(String name, HostKey key) {
        return lines.find(name).stream()
                .filter(entry -> entry.marker() == KnownHosts.Marker.REVOKED)
                .anyMatch(entry -> HostKey.of(entry.type(), entry.blob())
                        .filter(key::equals)
                        .isPresent());
    }

    /** The keys of a name, those that are revoked left out. Names are compared in lower case, as ssh does. */
    public List<HostKey> keysOf(String name) {
        List<KnownHosts.Entry> entries = new ArrayList<>(lines.find(name.toLowerCase(Locale.ROOT)));
        if (!name.equals(name.toLowerCase(Locale.ROOT))) {
            // What others than ssh have hashed.
            entries.addAll(lines.find(name));
        }
        Set<HostKey> keys = new LinkedHashSet<>();
        Set<HostKey> revoked = new HashSet<>();
        for (KnownHosts.Entry entry : entries) {
            switch (entry.marker()) {
                case PLAIN -> HostKey.of(entry.type(), entry.blob()).ifPresent(keys::add);
                case REVOKED -> HostKey.of(entry.type(), entry.blob()).ifPresent(revoked::add);
                case AUTHORITY -> {
                    // A key for certificates is no host's.
                }
            }
        }
        keys.removeAll(revoked);
        return List.copyOf(keys);
    }
}
