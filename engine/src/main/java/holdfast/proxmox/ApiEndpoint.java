package holdfast.proxmox;

import holdfast.probe.Probe;
import holdfast.probe.Sections;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What answers on the API's port, asked from the node itself: through the SSH connection, so that no firewall
 * has to be opened for it.
 *
 * @param listeners who holds the port
 * @param asked the address that the request went to; empty when nothing listens
 * @param connected whether the TCP connection was made
 * @param chain the certificates that were served, leaf first; empty when TLS did not finish
 * @param status the HTTP status line of {@code GET /api2/json/version}; empty when none came
 * @param complaint what the client said, for the person who has to find out
 * @param settings the lines of {@code /etc/default/pveproxy} that decide who may connect and where it listens
 */
public record ApiEndpoint(
        List<Listener> listeners,
        Optional<String> asked,
        boolean connected,
        List<Certificates.Certificate> chain,
        Optional<String> status,
        String complaint,
        List<String> settings) {

    private static final Pattern USER = Pattern.compile("\\(\"([^\"]*)\",pid=(\\d+)");
    private static final Pattern STATUS = Pattern.compile("(?m)^HTTP/1\\.[01] (\\d{3}[^\\r\\n]{0,80})");

    /** timeout(1): 124 for TERM, 137 when KILL was needed. */
    private static final Pattern TIMED_OUT = Pattern.compile("(?m)^status (124|137)$");

    private static final String LISTENERS = """
            command -v ss >/dev/null || { echo 'ss is not installed (package iproute2)' >&2; exit 127; }
            listeners=$(ss -ltnpH 'sport = :@PORT@') || exit 1
            """;

    private static final String CHOOSE = """
            # The local address without its port; the interface that ss may append is part of a link-local one.
            ask=$(printf '%s\\n' "$listeners" | awk 'NR == 1 { sub(/:[0-9]+$/, "", $4); if ($4 ~ /^\\[fe80:.*\\]%/) { sub(/\\]%/, "%", $4); $4 = $4 "]" } else if ($4 !~ /^\\[fe80:/) sub(/%[^\\]]*/, "", $4); print $4 }')
            case $ask in
                '*' | 0.0.0.0) ask=127.0.0.1 ;;
                '[::]') ask='[::1]' ;;
            esac
            """;

    /**
     * Shell text that sets {@code listeners} to what holds the port, and {@code ask} to the address to speak to.
     *
     * @param port the API's port, 1 to 65535
     */
    public static String address(int port) {
        return (LISTENERS + CHOOSE).replace("@PORT@", Integer.toString(port));
    }

    public ApiEndpoint {
        listeners = List.copyOf(listeners);
        chain = List.copyOf(chain);
        settings = List.copyOf(settings);
    }

    /**
     * One listening socket.
     *
     * @param address without the port, as ss(8) prints it: {@code *}, {@code 0.0.0.0}, {@code [::]}, {@code 192.0.2.1}
     * @param processes the kernel's 15-byte names of the processes that hold it
     * @param holders the same with their numbers, such as {@code nginx (pid 77)}
     */
    public record Listener(String address, List<String> processes, List<String> holders) {
        public Listener {
            processes = List.copyOf(processes);
            holders = List.copyOf(holders);
        }
    }

    /**
     * A request without credentials is answered with 401 after three seconds, on purpose (pve-http-server); the
     * limit leaves room for that.
     *
     * @param port the API's port, 1 to 65535
     */
    public static Probe<ApiEndpoint> probe(int port) {
        return Probe.command(
                "proxmox.api-endpoint",
                Sections.SHELL + (LISTENERS + """
                        section listeners printf '%s\\n' "$listeners"
                        printf '#: settings\\n'
                        if [ -e /etc/default/pveproxy ]; then
                            grep -E '^[[:space:]]*(export[[:space:]]+)?(LISTEN_IP|ALLOW_FROM|DENY_FROM|POLICY)=' /etc/default/pveproxy
                        fi
                        printf '\\n#= 0\\n'
                        [ -n "$listeners" ] || exit 0
                        """ + CHOOSE + """
                        section asked echo "$ask"
                        command -v openssl >/dev/null || { echo 'openssl is not installed' >&2; exit 127; }
                        printf '#: tls\\n'
                        printf 'GET /api2/json/version HTTP/1.1\\r\\nHost: localhost\\r\\nConnection: close\\r\\n\\r\\n' |
                            { timeout -k 1 9 openssl s_client -ign_eof -showcerts -connect "$ask:@PORT@" 2>&1; printf '\\nstatus %s\\n' "$?"; } | head -c 65536
                        printf '\\n#= 0\\n'
                        """).replace("@PORT@", Integer.toString(port)),
                Duration.ofSeconds(14),
                output -> parse(Sections.parse(output.stdout())));
    }

    static ApiEndpoint parse(Sections sections) {
        List<Listener> listeners = sections.section("listeners").stream()
                .flatMap(section -> section.text().lines())
                .map(String::strip)
                .filter(line -> !line.isEmpty())
                .map(ApiEndpoint::listener)
                .toList();
        String tls = sections.section("tls").map(Sections.Section::text).orElse("");
        Matcher status = STATUS.matcher(tls);
        return new ApiEndpoint(
                listeners,
                sections.section("asked").map(Sections.Section::text),
                connected(tls),
                Certificates.parse(tls),
                status.find() ? Optional.of(status.group(1).strip()) : Optional.empty(),
                tls.lines()
                        .filter(line -> line.contains("error") || line.contains("errno") || line.contains("refused"))
                        .findFirst()
                        .orElse(""),
                sections.section("settings").stream()
                        .flatMap(section -> section.text().lines())
                        .map(String::strip)
                        .filter(line -> !line.isEmpty())
                        .toList());
    }

    /**
     * s_client says so, but keeps the line in its buffer when it is ended by the deadline; a refused connection
     * ends at once, with a complaint.
     */
    private static boolean connected(String tls) {
        return tls.contains("CONNECTED(") || (TIMED_OUT.matcher(tls).find() && !tls.contains("errno="));
    }

    private static Listener listener(String line) {
        String[] columns = line.split("\\s+");
        if (columns.length < 5) {
            throw new IllegalArgumentException("ss printed: " + line);
        }
        Matcher user = USER.matcher(line);
        return new Listener(
                columns[3].replaceFirst(":\\d+$", ""),
                user.results().map(match -> match.group(1)).distinct().toList(),
                user.reset()
                        .results()
                        .map(match -> "%s (pid %s)".formatted(match.group(1), match.group(2)))
                        .distinct()
                        .toList());
    }
}
