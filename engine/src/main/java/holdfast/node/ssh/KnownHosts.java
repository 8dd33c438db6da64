package holdfast.node.ssh;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;

/**
 * One known_hosts file. Reading it only sorts its lines by their host field; a line is taken apart when its host is
 * asked for, so that a long file costs little.
 */
final class KnownHosts {

    private static final long SIZE_LIMIT = 64 << 20;
    private static final String HASHED = "|1|";
    private static final SecureRandom RANDOM = new SecureRandom();

    private final Path file;
    private final ReentrantLock lock = new ReentrantLock();
    private final Map<String, List<Raw>> exact = new HashMap<>();
    private final List<Raw> hashed = new ArrayList<>();
    private final List<Raw> patterns = new ArrayList<>();
    private int lines;

    private KnownHosts(Path file) {
        this.file = file;
    }

    /** What a line says about its key. */
    enum Marker {
        PLAIN,
        AUTHORITY,
        REVOKED
    }

    /**
     * One line that applies to a host.
     *
     * @param blob the key in SSH's wire form
     */
    record Entry(Marker marker, String type, byte[] blob, Path file, int line) {

        String place() {
            return "line %d (%s)".formatted(line, file);
        }
    }

    private record Raw(Marker marker, String hosts, String key, int line) {}

    /** The name of a host in known_hosts: with its port unless that is 22, and in lower case. */
    static String nameOf(String host, int port) {
        String lower = host.toLowerCase(Locale.ROOT);
        return port == 22 ? lower : "[%s]:%d".formatted(lower, port);
    }

    /** Reads a file; one that does not exist is empty. */
    static KnownHosts read(Path file) throws IOException {
        KnownHosts known = new KnownHosts(file);
        try {
            if (Files.size(file) > SIZE_LIMIT) {
                throw new IOException("larger than 64 MiB");
            }
            // Bytes as they are: a line that is not ASCII can still be skipped without harm.
            known.index(new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1));
        } catch (NoSuchFileException e) {
            return known;
        }
        return known;
    }

    /** Lines that stand in no file here; {@code place} is where they came from. */
    static KnownHosts of(String text, Path place) {
        KnownHosts known = new KnownHosts(place);
        known.index(text);
        return known;
    }

    private void index(String text) {
        int start = 0;
        while (start < text.length()) {
            int end = text.indexOf('\n', start);
            if (end < 0) {
                end = text.length();
            }
            index(text.substring(start, end), ++lines);
            start = end + 1;
        }
    }

    Path file() {
        return file;
    }

    /** The lines that apply to a name, in their order. */
    List<Entry> find(String name) {
        List<Raw> found = new ArrayList<>();
        lock.lock();
        try {
            found.addAll(exact.getOrDefault(name.toLowerCase(Locale.ROOT), List.of()));
            if (!hashed.isEmpty()) {
                Hasher hasher = new Hasher();
                for (Raw raw : hashed) {
                    if (hasher.matches(raw.hosts, name)) {
                        found.add(raw);
                    }
                }
            }
            for (Raw raw : patterns) {
                if (Patterns.matchesHost(name, raw.hosts)) {
                    found.add(raw);
                }
            }
        } finally {
            lock.unlock();
        }
        return found.stream()
                .sorted((a, b) -> Integer.compare(a.line, b.line))
                .flatMap(raw -> decode(raw).stream())
                .toList();
    }

    /** Appends a line as {@code ssh} would; the file and its directory are made when they are missing. */
    void add(String name, String type, byte[] blob, boolean hash) throws IOException {
        String host = hash ? new Hasher().hash(name) : name;
        String line = host + " " + type + " " + Base64.getEncoder().encodeToString(blob);
        lock.lock();
        try {
            Path directory = file.toAbsolutePath().getParent();
            if (directory != null && !Files.isDirectory(directory)) {
                Files.createDirectories(
                        directory, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
            }
            if (!Files.exists(file)) {
                Files.createFile(
                        file, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
            }
            try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
                long size = channel.size();
                boolean open = false;
                if (size > 0) {
                    ByteBuffer last = ByteBuffer.allocate(1);
                    channel.read(last, size - 1);
                    open = last.get(0) != '\n';
                }
                // One write at the end, so that another program's line cannot come between.
                ByteBuffer bytes = StandardCharsets.ISO_8859_1.encode((open ? "\n" : "") + line + "\n");
                channel.position(size);
                while (bytes.hasRemaining()) {
                    channel.write(bytes);
                }
            }
            index(line, ++lines);
        } finally {
            lock.unlock();
        }
    }

    private void index(String text, int number) {
        String line = text.strip();
        if (line.isEmpty() || line.startsWith("#")) {
            return;
        }
        Marker marker = Marker.PLAIN;
        if (line.startsWith("@")) {
            int end = blank(line, 0);
            marker = switch (line.substring(0, end)) {
                case "@cert-authority" -> Marker.AUTHORITY;
                case "@revoked" -> Marker.REVOKED;
                default -> null;
            };
            if (marker == null) {
                return;
            }
            line = line.substring(end).strip();
        }
        int end = blank(line, 0);
        if (end == line.length()) {
            return;
        }
        String hosts = line.substring(0, end);
        Raw raw = new Raw(marker, hosts, line.substring(end), number);
        if (hosts.startsWith("|")) {
            if (hosts.startsWith(HASHED)) {
                hashed.add(raw);
            }
            return;
        }
        String[] names = hosts.split(",", -1);
        for (String name : names) {
            if (Patterns.isPattern(name)) {
                patterns.add(raw);
                return;
            }
        }
        for (String name : names) {
            List<Raw> same = exact.computeIfAbsent(name.toLowerCase(Locale.ROOT), key -> new ArrayList<>(2));
            // A line may name a host twice; looking through all of them would take a hostile file's square.
            if (same.isEmpty() || !same.get(same.size() - 1).equals(raw)) {
                same.add(raw);
            }
        }
    }

    private List<Entry> decode(Raw raw) {
        String[] words = raw.key.strip().split("[ \t]+", 3);
        if (words.length < 2) {
            return List.of();
        }
        try {
            byte[] blob = Base64.getDecoder().decode(words[1]);
            // The type is said twice; a line where the two differ is no key.
            return Blobs.typeOf(blob).equals(words[0])
                    ? List.of(new Entry(raw.marker, words[0], blob, file, raw.line))
                    : List.of();
        } catch (IllegalArgumentException e) {
            return List.of();
        }
    }

    private static int blank(String line, int from) {
        int at = from;
        while (at < line.length() && line.charAt(at) != ' ' && line.charAt(at) != '\t') {
            at++;
        }
        return at;
    }

    /** {@code |1|salt|HMAC-SHA1(salt, name)}. */
    private static final class Hasher {

        private final Mac mac;

        Hasher() {
            try {
                mac = Mac.getInstance("HmacSHA1");
            } catch (GeneralSecurityException e) {
                throw new IllegalStateException(e);
            }
        }

        boolean matches(String field, String name) {
            int bar = field.indexOf('|', HASHED.length());
            if (bar < 0) {
                return false;
            }
            byte @Nullable [] salt = base64(field.substring(HASHED.length(), bar));
            return salt != null && salt.length > 0 && field.substring(bar + 1).equals(digest(salt, name));
        }

        String hash(String name) {
            byte[] salt = new byte[20];
            RANDOM.nextBytes(salt);
            return HASHED + Base64.getEncoder().encodeToString(salt) + "|" + digest(salt, name);
        }

        private String digest(byte[] salt, String name) {
            try {
                mac.init(new SecretKeySpec(salt, "HmacSHA1"));
                return Base64.getEncoder().encodeToString(mac.doFinal(name.getBytes(StandardCharsets.UTF_8)));
            } catch (GeneralSecurityException e) {
                throw new IllegalStateException(e);
            }
        }

        private static byte @Nullable [] base64(String text) {
            try {
                return Base64.getDecoder().decode(text);
            } catch (IllegalArgumentException e) {
                return null;
            }
        }
    }
}
