package holdfast.token;

import holdfast.probe.Probe;
import holdfast.probe.Reading;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * What the daemons wrote of failed authentications in the last day (pve-http-server and pve-access-control; lines of
 * tokens since pve-manager 8.4.17 and 9.1.5, and without the token's id or address). Failures of users stay on the node:
 * people type passwords where their names belong.
 *
 * @param wrongSecrets {@code invalid token value!}
 * @param expired the names of tokens that had expired, without their users
 */
public record AuthenticationLog(int wrongSecrets, List<String> expired) {

    /** The journal of the last day only, and only these lines of it. */
    public static final Probe<AuthenticationLog> PROBE = Probe.any(
            "token.authentication-log",
            """
            journal=$(journalctl -q -u pveproxy -u pvedaemon --since=-24h -o cat --no-pager) || exit 1
            printf '%s\\n' "$journal" | grep -a -e 'authentication failure: invalid token value' -e "authentication failure: token '[^']*' access expired" | tail -n 300 | cut -c1-300 || [ $? = 1 ]
            echo end
            """,
            Duration.ofSeconds(15),
            output -> output.ok() ? parse(output.stdout()) : Reading.unknown("journalctl: %s", output.complaint()));

    public AuthenticationLog {
        expired = List.copyOf(expired);
    }

    static Reading<AuthenticationLog> parse(String text) {
        int wrong = 0;
        List<String> expired = new ArrayList<>();
        boolean ended = false;
        for (String line : text.split("\n", -1)) {
            int start = line.indexOf("token '");
            int end = line.indexOf("' access expired");
            if (line.equals("end")) {
                ended = true;
            } else if (line.contains("invalid token value")) {
                wrong++;
            } else if (start >= 0 && end > start) {
                expired.add(line.substring(start + 7, end));
            }
        }
        return ended
                ? Reading.known(new AuthenticationLog(wrong, expired))
                : Reading.unknown("the journal was cut off");
    }
}
