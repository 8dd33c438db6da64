package holdfast.node.ssh;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The user's and the system's ssh configuration, resolved for one host at a time by OpenSSH's rules: the first
 * value wins. It runs nothing and looks up nothing: a {@code Match exec} block does not match.
 */
final class SshConfig {

    private static final List<String> DEFAULT_KEYS =
            List.of("id_ed25519", "id_ecdsa", "id_rsa", "id_ed25519_sk", "id_ecdsa_sk");
    private static final Pattern ENVIRONMENT = Pattern.compile("\\$\\{([^}]*)\\}");

    private final List<SshConfigFile> files;
    private final SshEnvironment environment;
    private final Consumer<String> notices;

    private SshConfig(List<SshConfigFile> files, SshEnvironment environment, Consumer<String> notices) {
        this.files = files;
        this.environment = environment;
        this.notices = notices;
    }

    /** Reads the files; the first is the user's own, the others are the system's. */
    static SshConfig read(List<Path> paths, SshEnvironment environment, Consumer<String> notices)
            throws SshConfigException {
        List<SshConfigFile> files = new ArrayList<>();
        for (Path path : paths) {
            files.add(SshConfigFile.read(path, files.isEmpty(), environment));
        }
        return new SshConfig(files, environment, notices);
    }

    /** All that applies to a host; the given port and user win over the files. */
    HostSettings resolve(String host, OptionalInt port, Optional<String> user) throws SshConfigException {
        Search search = new Search(host);
        port.ifPresent(value -> search.preset("port", Integer.toString(value)));
        user.ifPresent(value -> search.preset("user", value));
        search.readAll();
        if (search.finalPassWanted) {
            search.startFinalPass();
            search.readAll();
        }
        return search.settings();
    }

    /** One host's way through the files. */
    private final class Search {

        private final String original;
        private final Map<String, SshConfigLine> first = new HashMap<>();
        private final Map<String, SshConfigLine> identities = new LinkedHashMap<>();
        private final Map<String, SshConfigLine> certificates = new LinkedHashMap<>();
        private boolean finalPass;
        private boolean finalPassWanted;
        private @Nullable String finalHost;

        Search(String original) {
            this.original = original;
        }

        void preset(String keyword, String value) {
            first.put(keyword, new SshConfigLine(keyword, List.of(value), value, Path.of("the inventory"), 0));
        }

        void startFinalPass() throws SshConfigException {
            // As ssh does, which compares the final name in lower case.
            finalHost = hostName().toLowerCase(Locale.ROOT);
            finalPass = true;
        }

        void readAll() throws SshConfigException {
            for (SshConfigFile file : files) {
                read(file, true);
            }
        }

        private void read(SshConfigFile file, boolean reachable) throws SshConfigException {
            boolean active = reachable;
            for (SshConfigFile.Item item : file.items()) {
                switch (item) {
                    case SshConfigFile.Included included -> {
                        for (SshConfigFile inner : included.files()) {
                            read(inner, active);
                        }
                    }
                    case SshConfigFile.Setting setting -> {
                        SshConfigLine line = setting.line();
                        switch (line.keyword()) {
                            case "host" -> {
                                line.value();
                                active = Patterns.matchesList(current(), line.words()) && reachable;
                            }
                            case "match" -> active = matches(line, reachable) && reachable;
                            default -> {
                                if (active) {
                                    take(line);
                                }
                            }
                        }
                    }
                }
            }
        }

        private void take(SshConfigLine line) throws SshConfigException {
            switch (line.keyword()) {
                case "identityfile" -> identities.putIfAbsent(line.value(), line);
                case "certificatefile" -> certificates.putIfAbsent(line.value(), line);
                case "proxyjump", "proxycommand" -> {
                    line.value();
                    // The first of the two wins, whichever it is.
                    if (!first.containsKey("proxyjump") && !first.containsKey("proxycommand")) {
                        first.put(line.keyword(), line);
                    }
                }
                default -> first.putIfAbsent(line.keyword(), line);
            }
        }

        /** The name that {@code Host} lines are compared with. */
        private String current() {
            return finalHost == null ? original : finalHost;
        }

        private boolean matches(SshConfigLine line, boolean reachable) throws SshConfigException {
            boolean result = true;
            List<String> words = line.words();
            if (words.isEmpty()) {
                throw line.mistake("needs a criterion such as: host NAME");
            }
            for (int i = 0; i < words.size(); i++) {
                String word = words.get(i).toLowerCase(Locale.ROOT);
                boolean negated = word.startsWith("!");
                String criterion = negated ? word.substring(1) : word;
                String inline = null;
                int equals = criterion.indexOf('=');
                if (equals > 0) {
                    inline = words.get(i).substring(words.get(i).indexOf('=') + 1);
                    criterion = criterion.substring(0, equals);
                }
                if (criterion.equals("all")) {
                    boolean alone = words.size() == 1
                            || (i == words.size() - 1 && i == 1 && words.get(0).matches("(?i)!?(canonical|final)"));
                    if (!alone) {
                        throw line.mistake("all cannot be combined with other criteria");
                    }
                    result &= !negated;
                    continue;
                }
                if (criterion.equals("canonical") || criterion.equals("final")) {
                    if (criterion.equals("final") && reachable) {
                        finalPassWanted = true;
                    }
                    result &= finalPass != negated;
                    continue;
                }
                if (inline == null && i + 1 == words.size()) {
                    throw line.mistake("%s needs a value".formatted(criterion));
                }
                String value = inline == null ? words.get(++i) : inline;
                boolean hit = switch (criterion) {
                    case "host" -> Patterns.matchesHost(hostName(), value);
                    case "originalhost" -> Patterns.matchesHost(original, value);
                    case "user" -> Patterns.matchesList(user(), List.of(value.split(",", -1)));
                    case "localuser" -> Patterns.matchesList(environment.user(), List.of(value.split(",", -1)));
                    case "exec" -> {
                        if (reachable) {
                            notices.accept(
                                    "%s: Match exec is not supported, its commands are never run: the block is skipped"
                                            .formatted(line.where()));
                        }
                        result = false;
                        yield negated;
                    }
                    case "localnetwork", "tagged", "version", "sessiontype", "command" -> {
                        if (reachable) {
                            notices.accept("%s: Match %s is not supported: the block is skipped"
                                    .formatted(line.where(), criterion));
                        }
                        result = false;
                        yield negated;
                    }
                    default -> throw line.mistake("has an unknown criterion: " + criterion);
                };
                result &= hit != negated;
            }
            return result;
        }

        private String user() throws SshConfigException {
            SshConfigLine line = first.get("user");
            return line == null ? environment.user() : line.value();
        }

        private int port() throws SshConfigException {
            SshConfigLine line = first.get("port");
            return line == null ? 22 : number(line, 1, 65_535);
        }

        private String hostName() throws SshConfigException {
            if (finalHost != null) {
                return finalHost;
            }
            SshConfigLine line = first.get("hostname");
            if (line == null) {
                return original;
            }
            StringBuilder out = new StringBuilder();
            String value = line.value();
            for (int i = 0; i < value.length(); i++) {
                char c = value.charAt(i);
                char next = i + 1 < value.length() ? value.charAt(i + 1) : 0;
                if (c != '%') {
                    out.append(c);
                } else if (next == 'h' || next == '%') {
                    out.append(next == 'h' ? original : "%");
                    i++;
                } else {
                    throw line.mistake("knows %%h and %%%% only, not %%%s".formatted(next == 0 ? "" : next));
                }
            }
            return out.toString();
        }

        HostSettings settings() throws SshConfigException {
            String host = hostName();
            if (host.isEmpty() || host.startsWith("-") || host.chars().anyMatch(c -> c <= ' ' || c == 127)) {
                throw new SshConfigException("'%s' is not a host name".formatted(host));
            }
            int port = port();
            String user = user();
            Tokens tokens = new Tokens(host, port, user);
            List<Path> keys = tokens.paths(identities.values());
            boolean configured = !identities.isEmpty();
            if (!configured) {
                keys = DEFAULT_KEYS.stream()
                        .map(name -> environment.sshDirectory().resolve(name))
                        .filter(Files::exists)
                        .toList();
            }
            SshConfigLine jump = first.get("proxyjump");
            SshConfigLine command = first.get("proxycommand");
            return new HostSettings(
                    original,
                    host,
                    port,
                    first.containsKey("port"),
                    user,
                    keys,
                    configured,
                    flag("identitiesonly", false),
                    agent(tokens),
                    tokens.paths(certificates.values()),
                    tokens.paths(first.get("userknownhostsfile"), "~/.ssh/known_hosts", "~/.ssh/known_hosts2"),
                    tokens.paths(
                            first.get("globalknownhostsfile"), "/etc/ssh/ssh_known_hosts", "/etc/ssh/ssh_known_hosts2"),
                    optional("hostkeyalias"),
                    flag("hashknownhosts", false),
                    jump == null ? List.of() : jumps(jump),
                    command == null || isNone(command.rest()) ? Optional.empty() : Optional.of(command.where()),
                    hostKeys(),
                    seconds("connecttimeout").filter(limit -> !limit.isZero()),
                    seconds("serveraliveinterval")
                            .filter(limit -> !limit.isZero())
                            .orElse(Duration.ofSeconds(15)),
                    count("serveralivecountmax", 3),
                    list("preferredauthentications"),
                    flag("pubkeyauthentication", true),
                    optional("kexalgorithms"),
                    optional("hostkeyalgorithms"),
                    optional("ciphers"),
                    optional("macs"));
        }

        private List<String> jumps(SshConfigLine line) throws SshConfigException {
            if (isNone(line.rest())) {
                return List.of();
            }
            List<String> hops = Arrays.stream(line.value().split(",", -1))
                    .map(String::strip)
                    .toList();
            for (String hop : hops) {
                if (Hop.parse(hop).isEmpty()) {
                    throw line.mistake("'%s' is not [user@]host[:port]".formatted(hop));
                }
            }
            return hops;
        }

        private Optional<HostKeys> hostKeys() throws SshConfigException {
            SshConfigLine line = first.get("stricthostkeychecking");
            if (line == null) {
                return Optional.empty();
            }
            return switch (line.value().toLowerCase(Locale.ROOT)) {
                case "yes", "true" -> Optional.of(HostKeys.STRICT);
                case "accept-new" -> Optional.of(HostKeys.ACCEPT_NEW);
                case "ask" -> Optional.empty();
                case "no", "off", "false" -> {
                    notices.accept("%s: StrictHostKeyChecking no is not honoured: host keys are always checked"
                            .formatted(line.where()));
                    yield Optional.empty();
                }
                default -> throw line.mistake("is yes, no, ask or accept-new, not " + line.value());
            };
        }

        private Optional<Path> agent(Tokens tokens) throws SshConfigException {
            SshConfigLine line = first.get("identityagent");
            Optional<String> usual =
                    environment.variable().apply("SSH_AUTH_SOCK").filter(path -> !path.isEmpty());
            if (line == null || line.value().equals("SSH_AUTH_SOCK")) {
                return usual.map(Path::of);
            }
            if (isNone(line.value())) {
                return Optional.empty();
            }
            if (line.value().startsWith("$") && !line.value().startsWith("${")) {
                return environment
                        .variable()
                        .apply(line.value().substring(1))
                        .filter(path -> !path.isEmpty())
                        .map(Path::of);
            }
            return Optional.of(tokens.path(line.value(), line));
        }

        private Optional<String> optional(String keyword) throws SshConfigException {
            SshConfigLine line = first.get(keyword);
            return line == null ? Optional.empty() : Optional.of(line.value());
        }

        private List<String> list(String keyword) throws SshConfigException {
            return optional(keyword).map(value -> List.of(value.split(","))).orElse(List.of());
        }

        private boolean flag(String keyword, boolean otherwise) throws SshConfigException {
            SshConfigLine line = first.get(keyword);
            if (line == null) {
                return otherwise;
            }
            return switch (line.value().toLowerCase(Locale.ROOT)) {
                case "yes", "true" -> true;
                case "no", "false" -> false;
                // PubkeyAuthentication has two further values, which both mean yes.
                case "unbound", "host-bound" -> true;
                default -> throw line.mistake("is yes or no, not " + line.value());
            };
        }

        private int count(String keyword, int otherwise) throws SshConfigException {
            SshConfigLine line = first.get(keyword);
            return line == null ? otherwise : number(line, 0, 1_000_000);
        }

        private Optional<Duration> seconds(String keyword) throws SshConfigException {
            SshConfigLine line = first.get(keyword);
            if (line == null || isNone(line.value())) {
                return Optional.empty();
            }
            Matcher matcher = Pattern.compile("(\\d{1,6})([smhdw]?)", Pattern.CASE_INSENSITIVE)
                    .matcher(line.value());
            if (!matcher.matches()) {
                throw line.mistake("is a number of seconds, not " + line.value());
            }
            long unit = switch (matcher.group(2).toLowerCase(Locale.ROOT)) {
                case "m" -> 60;
                case "h" -> 3_600;
                case "d" -> 86_400;
                case "w" -> 604_800;
                default -> 1;
            };
            return Optional.of(Duration.ofSeconds(Long.parseLong(matcher.group(1)) * unit));
        }
    }

    private static int number(SshConfigLine line, int low, int high) throws SshConfigException {
        try {
            int value = Integer.parseInt(line.value());
            if (value >= low && value <= high) {
                return value;
            }
        } catch (NumberFormatException e) {
            // told below
        }
        throw line.mistake("is a number from %d to %d, not %s".formatted(low, high, line.value()));
    }

    private static boolean isNone(String value) {
        return value.equalsIgnoreCase("none");
    }

    /** Percent signs, tildes and environment variables in file names. */
    private final class Tokens {

        private final String host;
        private final int port;
        private final String user;

        Tokens(String host, int port, String user) {
            this.host = host;
            this.port = port;
            this.user = user;
        }

        /** Several settings of one file each; a lone {@code none} means no file at all. */
        List<Path> paths(Iterable<SshConfigLine> lines) throws SshConfigException {
            List<Path> paths = new ArrayList<>();
            for (SshConfigLine line : lines) {
                if (!isNone(line.value())) {
                    paths.add(path(line.value(), line));
                }
            }
            return paths;
        }

        /** One setting of several files. */
        List<Path> paths(@Nullable SshConfigLine line, String... usual) throws SshConfigException {
            if (line != null) {
                line.value();
            }
            List<Path> paths = new ArrayList<>();
            SshConfigLine source =
                    line == null ? new SshConfigLine("default", List.of(), "", Path.of("default"), 0) : line;
            for (String value : line == null ? List.of(usual) : line.words()) {
                if (!isNone(value)) {
                    paths.add(path(value, source));
                }
            }
            return paths;
        }

        Path path(String value, SshConfigLine line) throws SshConfigException {
            StringBuilder out = new StringBuilder();
            for (int i = 0; i < value.length(); i++) {
                char c = value.charAt(i);
                if (c != '%') {
                    out.append(c);
                    continue;
                }
                char token = ++i < value.length() ? value.charAt(i) : 0;
                out.append(
                        switch (token) {
                            case '%' -> "%";
                            case 'd' -> environment.home().toString();
                            case 'h' -> host;
                            case 'p' -> Integer.toString(port);
                            case 'r' -> user;
                            case 'u' -> environment.user();
                            default ->
                                throw line.mistake(
                                        "holds %%%s, which is not supported here".formatted(token == 0 ? "" : token));
                        });
            }
            Matcher matcher = ENVIRONMENT.matcher(out);
            StringBuilder expanded = new StringBuilder();
            while (matcher.find()) {
                String name = matcher.group(1);
                String text = environment
                        .variable()
                        .apply(name)
                        .orElseThrow(() ->
                                line.mistake("names the environment variable %s, which is not set".formatted(name)));
                matcher.appendReplacement(expanded, Matcher.quoteReplacement(text));
            }
            matcher.appendTail(expanded);
            String path = expanded.toString();
            if (path.equals("~") || path.startsWith("~/")) {
                return environment.home().resolve(path.substring(Math.min(2, path.length())));
            }
            return Path.of(path).toAbsolutePath();
        }
    }
}
