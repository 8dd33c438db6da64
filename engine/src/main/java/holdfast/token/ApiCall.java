package holdfast.token;

import holdfast.access.Permissions;
import holdfast.access.Subject;
import holdfast.node.Secret;
import holdfast.proxmox.ApiEndpoint;
import holdfast.text.Shell;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A call of the API with a token, made on the node itself so that no firewall has to be opened for it. The secret is part
 * of the script, which goes in by its standard input: it is in no argument and no file, and only the status line of the
 * answer comes back.
 *
 * @param path below {@code /api2/json}
 * @param why what it is asked for, as a noun phrase
 */
public record ApiCall(String path, String why) {

    private static final Pattern PATH = Pattern.compile("/[A-Za-z0-9/._-]{0,200}");
    private static final Pattern STATUS = Pattern.compile("(?m)^HTTP/1\\.[01] (\\d{3})([^\\r\\n]{0,120})");
    private static final Pattern SECRET = Pattern.compile("[0-9A-Fa-f-]{8,64}");

    public ApiCall {
        if (!PATH.matcher(path).matches()) {
            throw new IllegalArgumentException("not a path of the API: " + path);
        }
    }

    /** Every token that is let in may ask for it. */
    public static final ApiCall VERSION = new ApiCall("/version", "the version, which every valid token may ask for");

    private record Guarded(String path, String privilege, String at) {}

    /**
     * A call that must be refused with 403: one whose privilege the token lacks.
     *
     * @param node the short name of the node that is asked
     * @return empty for a token that lacks none of them, which only an administrator's does
     */
    public static Optional<ApiCall> forbidden(Permissions permissions, Subject token, String node) {
        return List.of(
                        new Guarded("/cluster/status", "Sys.Audit", "/"),
                        new Guarded("/nodes/" + node + "/syslog", "Sys.Syslog", "/nodes/" + node),
                        new Guarded("/nodes/" + node + "/apt/update", "Sys.Modify", "/nodes/" + node))
                .stream()
                .filter(call -> !permissions.at(token, call.at()).has(call.privilege()))
                .findFirst()
                .map(call -> new ApiCall(
                        call.path(),
                        "%s, for which it lacks %s on %s".formatted(call.path(), call.privilege(), call.at())));
    }

    /** Whether a text can be a token's secret, which is a UUID: nothing else may come into a header. */
    public static boolean isSecret(String text) {
        return SECRET.matcher(text).matches();
    }

    /**
     * The script that makes the call.
     *
     * @param port the API's port
     */
    public String script(Subject token, Secret secret, int port) {
        if (!isSecret(secret.reveal())) {
            throw new IllegalArgumentException("not a token's secret");
        }
        return ApiEndpoint.address(port)
                + """
                [ -n "$listeners" ] || { echo 'nothing listens on port @PORT@' >&2; exit 1; }
                # The port is above 1023: with pveproxy down anybody on the node could take it, and the secret with it.
                case $listeners in *'("pveproxy'*) ;; *) echo 'port @PORT@ is not held by pveproxy' >&2; exit 1 ;; esac
                token=@TOKEN@
                printf 'GET /api2/json%s HTTP/1.1\\r\\nHost: localhost\\r\\nConnection: close\\r\\nAuthorization: PVEAPIToken=%s\\r\\n\\r\\n' @PATH@ "$token" |
                    timeout -k 1 12 openssl s_client -quiet -ign_eof -connect "$ask:@PORT@" 2>/dev/null | head -c 65536 | grep -a -m1 '^HTTP/1'
                """.replace("@PORT@", Integer.toString(port))
                        .replace("@PATH@", Shell.quote(path))
                        // Last: an id may hold anything, a placeholder too.
                        .replace("@TOKEN@", Shell.quote(token.id() + "=" + secret.reveal()));
    }

    /** The status that a script's output tells, and its words; empty when none came. */
    public static Optional<Status> status(String output) {
        Matcher matcher = STATUS.matcher(output);
        return matcher.find()
                ? Optional.of(new Status(
                        Integer.parseInt(matcher.group(1)), matcher.group(2).strip()))
                : Optional.empty();
    }

    /**
     * An answer's first line.
     *
     * @param code 200: let in and allowed; 401: not let in; 403: let in, and not allowed
     */
    public record Status(int code, String words) {
        @Override
        public String toString() {
            return words.isEmpty() ? Integer.toString(code) : code + " " + words;
        }
    }
}
