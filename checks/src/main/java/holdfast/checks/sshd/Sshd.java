package holdfast.checks.sshd;

import holdfast.policy.Cidr;
import holdfast.policy.Policy;
import holdfast.policy.RootLogin;
import holdfast.probe.Probe;
import holdfast.probe.Reading;
import holdfast.probe.Sections;
import holdfast.text.Shell;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What sshd does, in its own words ({@code sshd -T -C user=…,addr=…}), for each kind of caller, and the lines
 * of its files that say so.
 *
 * @param callers sshd's effective settings, once per user and address
 * @param written the lines that matter, in the order in which sshd reads them
 * @param everyPeerKnown whether the addresses of all cluster members could be found
 * @param peerNetworks the networks that datacenter.cfg names for migration and replication
 * @param reload why the running daemon may not have read these files yet; empty when it has
 */
record Sshd(
        List<Caller> callers,
        Written written,
        boolean everyPeerKnown,
        List<Cidr> peerNetworks,
        Optional<String> reload) {

    /** An address of nobody: documentation networks of RFC 5737 and RFC 3849. */
    private static final List<String> OUTSIDE = List.of("203.0.113.77", "2001:db8:ffff::77");

    Sshd {
        callers = List.copyOf(callers);
        peerNetworks = List.copyOf(peerNetworks);
    }

    /** Whether a caller is a member of the cluster, or comes from a network that members use. */
    boolean fromCluster(Caller caller) {
        return caller.kind() == Kind.PEER
                || caller.kind() == Kind.SELF
                || Cidr.address(caller.address())
                        .map(address -> peerNetworks.stream().anyMatch(network -> network.contains(address)))
                        .orElse(false);
    }

    /** Why an address is asked about. */
    enum Kind {
        PEER("a cluster peer"),
        SELF("the node itself"),
        CLIENT("where holdfast comes from"),
        ADMIN("an admin network"),
        MATCH("named by a Match block"),
        OUTSIDE("anywhere else");

        final String words;

        Kind(String words) {
            this.words = words;
        }
    }

    /**
     * sshd's answer for one user from one address.
     *
     * @param settings keyword in lower case to value, as {@code sshd -T} prints them
     */
    record Caller(String user, String address, Kind kind, Map<String, String> settings) {

        String setting(String keyword) {
            String value = settings.get(keyword);
            if (value == null) {
                throw new IllegalArgumentException("sshd -T says nothing of " + keyword);
            }
            return value;
        }

        /** Whether a password alone opens the door: PAM's through keyboard-interactive is one too. */
        boolean passwordOpens() {
            boolean plain = setting("passwordauthentication").equals("yes");
            boolean interactive = setting("kbdinteractiveauthentication").equals("yes")
                    && setting("usepam").equals("yes");
            String methods = settings.getOrDefault("authenticationmethods", "any");
            if (methods.equals("any")) {
                return plain || interactive;
            }
            // Each list is an alternative, and all of its methods are needed.
            return Stream.of(methods.split("\\s+"))
                    .anyMatch(list -> Stream.of(list.split(","))
                            .allMatch(method -> (method.equals("password") && plain)
                                    || (method.startsWith("keyboard-interactive") && interactive)));
        }

        /** The setting that lets a password in, for messages. */
        String passwordSetting() {
            return setting("passwordauthentication").equals("yes")
                    ? "passwordauthentication"
                    : "kbdinteractiveauthentication";
        }

        /** How far root really gets: what PermitRootLogin, the password methods and the allow lists leave. */
        RootLogin rootLogin() {
            if (!rootIsListed()) {
                return RootLogin.NO;
            }
            boolean keys = setting("pubkeyauthentication").equals("yes");
            return switch (setting("permitrootlogin")) {
                case "no" -> RootLogin.NO;
                case "yes" -> passwordOpens() ? RootLogin.YES : keys ? RootLogin.PROHIBIT_PASSWORD : RootLogin.NO;
                case "without-password", "prohibit-password", "forced-commands-only" ->
                    keys ? RootLogin.PROHIBIT_PASSWORD : RootLogin.NO;
                default ->
                    throw new IllegalArgumentException(
                            "PermitRootLogin has the unknown value " + setting("permitrootlogin"));
            };
        }

        /** Whether AllowUsers, DenyUsers and their groups let root in from here. */
        boolean rootIsListed() {
            return Allowed.root(settings, address);
        }

        String from() {
            return "%s (%s)".formatted(address, kind.words);
        }
    }

    /** Both checks ask the same, so that it is asked once. */
    static Probe<Sshd> probe(Policy policy) {
        String admins =
                policy.firewall().adminNetworks().stream().map(Cidr::sample).collect(Collectors.joining(" "));
        return Probe.any(
                "sshd.effective",
                Sections.SHELL + "admins=" + Shell.quote(admins) + "\nglass="
                        + Shell.quote(String.join(" ", policy.sshd().breakGlass())) + "\noutside="
                        + Shell.quote(String.join(" ", OUTSIDE)) + "\n" + SCRIPT,
                Duration.ofSeconds(25),
                output -> output.ok()
                        ? parse(Sections.parse(output.stdout()))
                        : Reading.unknown("sshd could not be asked: %s", output.complaint()));
    }

    /**
     * Finds out on the node who the peers are, which addresses and users the Match blocks name, and asks sshd
     * about each pair. Without any Match block one answer holds for all, and one question is asked.
     */
    private static final String SCRIPT = """
            set -f
            command -v sshd >/dev/null || { echo 'sshd is not installed' >&2; exit 127; }

            # The options that the running daemon was started with outrank its files.
            pid=$(systemctl show -p MainPID --value ssh.service 2>/dev/null)
            [ "${pid:-0}" -gt 0 ] 2>/dev/null || pid=$(cat /run/sshd.pid 2>/dev/null)
            options=
            if [ -n "$pid" ] && [ -r "/proc/$pid/cmdline" ]; then
                title=$(tr '\\000' ' ' <"/proc/$pid/cmdline")
                case $title in
                    *'/sshd '*'[listener]'*) options=${title#*/sshd }; options=${options%%\\[listener\\]*} ;;
                    */sshd\\ -*) options=${title#*/sshd } ;;
                esac
            elif [ -r /etc/default/ssh ]; then
                options=$(sed -n 's/^SSHD_OPTS=//p' /etc/default/ssh | tr -d "\\"'")
            fi
            main=/etc/ssh/sshd_config
            next=
            for word in $options; do
                [ "$next" = file ] && main=$word
                next=
                [ "$word" = -f ] && next=file
            done
            section options echo "$options"

            # The lines that matter, in the order in which sshd reads them, with the files that it includes.
            written=$(awk -v main="$main" '
                function walk(file, depth,    n, line, key, rest, count, i, parts, path, found, command, list, m, j) {
                    n = 0; m = 0
                    while ((getline line < file) > 0) {
                        n++
                        key = tolower(line); sub(/^[ \\t]+/, "", key); sub(/[ \\t=].*/, "", key)
                        if (key ~ /^(permitrootlogin|passwordauthentication|kbdinteractiveauthentication|challengeresponseauthentication|usepam|authenticationmethods|pubkeyauthentication|allowusers|allowgroups|denyusers|denygroups|match|include)$/)
                            printf "%s\\t%d\\t%s\\n", file, n, line
                        if (key == "include" && depth < 16) {
                            rest = line; sub(/^[ \\t]*[^ \\t=]+[ \\t=]+/, "", rest); gsub(/"/, "", rest)
                            count = split(rest, parts, /[ \\t]+/)
                            for (i = 1; i <= count; i++) {
                                path = parts[i]
                                if (path == "" || path !~ /^[A-Za-z0-9_.\\/*?+@-]+$/) continue
                                if (path !~ /^\\//) path = "/etc/ssh/" path
                                command = "ls -d " path " 2>/dev/null"
                                m = 0
                                while ((command | getline found) > 0) list[++m] = found
                                close(command)
                                for (j = 1; j <= m; j++) walk(list[j], depth + 1)
                            }
                        }
                    }
                    close(file)
                    printf "%s\\t0\\tend\\n", file
                }
                BEGIN { walk(main, 0) }')
            printf '#: written\\n%s\\n#= 0\\n' "$written"

            # Has the daemon read its files since they were last written?
            set +f
            section changed stat -c '%Y %n' -- "$main" /etc/ssh/sshd_config.d /etc/ssh/sshd_config.d/*.conf
            set -f
            section loaded systemctl show --timestamp=unix -p ActiveState,ExecMainStartTimestampMonotonic,ExecReload ssh.service
            section uptime cat /proc/uptime
            section now date +%s

            # Who may knock: peers, ourselves, admin networks, whoever a Match block names, and anybody.
            me=$(uname -n); me=${me%%.*}
            peers=
            networks=
            known=yes
            if [ -e /etc/corosync/corosync.conf ]; then
                peers=$(awk -v me="$me" '
                    /^[ \\t]*node[ \\t]*\\{/ { name = ""; n = 0; inside = 1; next }
                    inside && /^[ \\t]*\\}/ { for (i = 1; i <= n; i++) print (name == me ? "SELF/" : "PEER/") ring[i]; inside = 0 }
                    inside && $1 == "name:" { name = $2 }
                    inside && $1 ~ /^(ring|link)[0-7]_addr:$/ { ring[++n] = $2 }' /etc/corosync/corosync.conf)
                if members=$(timeout 4 cat /etc/pve/.members); then
                    peers="$peers $(printf '%s\\n' "$members" | awk -v me="\\"$me\\":" '
                        match($0, /"ip": *"[0-9a-fA-F.:]+"/) { ip = substr($0, RSTART, RLENGTH); gsub(/.*: *"|"/, "", ip); print ($1 == me ? "SELF/" : "PEER/") ip }')"
                    # Migration and replication reach us from the networks that datacenter.cfg names for them.
                    [ -e /etc/pve/datacenter.cfg ] && networks=$(timeout 4 sed -n 's/^\\(migration\\|replication\\):.*network=\\([0-9a-fA-F.:/]*\\).*/\\2/p' /etc/pve/datacenter.cfg)
                else
                    known=no
                fi
            fi
            section networks echo "$networks"
            section peers-known echo "$known"
            addresses=
            for peer in $peers; do
                address=${peer#*/}
                case $address in
                    *[!0-9a-fA-F.:]*) address=$(getent ahosts "$address" | awk 'NR == 1 { print $1 }'); [ -n "$address" ] || continue ;;
                esac
                addresses="$addresses ${peer%%/*}/$address"
            done
            set -- ${SSH_CONNECTION:-}
            [ $# -ge 4 ] && addresses="$addresses CLIENT/$1"
            laddr=${3:-} lport=${4:-}
            for admin in $admins; do addresses="$addresses ADMIN/$admin"; done
            matches=$(printf '%s\\n' "$written" | awk -F '\\t' 'tolower($3) ~ /^[ \\t]*match[ \\t=]/ { gsub(/=/, " ", $3); print $3 }')
            users='root nobody'
            if [ -n "$matches" ]; then
                addresses="$addresses $(printf '%s\\n' "$matches" | awk '{
                    for (i = 2; i < NF; i++) if (tolower($i) == "address" || tolower($i) == "host") {
                        count = split($(i + 1), parts, ",")
                        for (j = 1; j <= count; j++) {
                            a = parts[j]; gsub(/"/, "", a)
                            if (a ~ /^!/ || a == "*") continue
                            gsub(/\\*|\\?/, "1", a)
                            if (a ~ /\\//) { sub(/\\/.*/, "", a); if (a ~ /\\.0$/) sub(/0$/, "1", a); if (a ~ /::$/) a = a "1" }
                            if (a ~ /^[0-9.]+$/ || a ~ /^[0-9a-fA-F:.]*:[0-9a-fA-F:.]*$/) print "MATCH/" a
                        }
                    }
                }')"
                named=$(printf '%s\\n' "$matches" | awk '{
                    for (i = 2; i < NF; i++) if (tolower($i) == "user" || tolower($i) == "group") {
                        count = split($(i + 1), parts, ",")
                        for (j = 1; j <= count; j++) { u = parts[j]; gsub(/"/, "", u); if (u !~ /^!/ && u ~ /^[A-Za-z0-9_.-]+$/) print tolower($i) "/" u }
                    }
                }')
                for entry in $named; do
                    case $entry in
                        user/*) users="$users ${entry#user/}" ;;
                        group/*)
                            row=$(getent group "${entry#group/}")
                            gid=$(printf '%s' "$row" | cut -d: -f3)
                            users="$users $(printf '%s' "$row" | cut -d: -f4 | tr ',' ' ' | cut -d' ' -f1-3)"
                            [ -n "$gid" ] && users="$users $(getent passwd | awk -F: -v gid="$gid" '$4 == gid { print $1 }' | head -n 2)"
                            ;;
                    esac
                done
                users="$users $glass $(getent passwd | awk -F: '$3 >= 1000 && $3 < 60000 && $7 !~ /(nologin|false)$/ { print $1 }' | head -n 4)"
            fi
            for address in $outside; do addresses="$addresses OUTSIDE/$address"; done

            seen=' '
            list=
            for entry in $addresses; do
                case $seen in *" ${entry#*/} "*) continue ;; esac
                seen="$seen${entry#*/} "
                list="$list $entry"
            done
            section addresses echo "$list"
            section match echo "${matches:+yes}"
            wanted=' '
            for user in $users; do case $wanted in *" $user "*) ;; *) wanted="$wanted$user " ;; esac; done

            ask() {
                answer=$(sshd -T $options -C "user=$1,host=$2,addr=$2${laddr:+,laddr=$laddr}${lport:+,lport=$lport}" 2>&1) || {
                    printf '%s\\n' "$answer" >&2
                    exit 1
                }
                printf '#: ask %s %s\\n' "$1" "$2"
                printf '%s\\n' "$answer" | grep -E '^(permitrootlogin|passwordauthentication|kbdinteractiveauthentication|usepam|authenticationmethods|pubkeyauthentication|allowusers|allowgroups|denyusers|denygroups) '
                printf '#= 0\\n'
            }
            if [ -z "$matches" ]; then
                set -- $list
                ask root "${1#*/}"
            else
                asked=0
                for user in $wanted; do
                    for entry in $list; do
                        asked=$((asked + 1))
                        [ "$asked" -le 240 ] || { echo 'more than 240 pairs of users and addresses to ask about' >&2; exit 1; }
                        ask "$user" "${entry#*/}"
                    done
                done
            fi
            section finished true
            """;

    static Reading<Sshd> parse(Sections sections) {
        if (sections.section("finished").isEmpty()) {
            return Reading.unknown("the answers about sshd are not complete");
        }
        Written written = Written.parse(
                sections.section("written").map(Sections.Section::text).orElse(""));
        boolean match = sections.section("match")
                .map(section -> section.text().strip().equals("yes"))
                .orElse(true);
        Map<String, Kind> addresses = new LinkedHashMap<>();
        for (String entry : sections.section("addresses")
                .map(Sections.Section::text)
                .orElse("")
                .strip()
                .split("\\s+")) {
            String[] parts = entry.split("/", 2);
            if (parts.length == 2) {
                addresses.put(parts[1], Kind.valueOf(parts[0]));
            }
        }
        Map<String, Map<String, String>> answers = new HashMap<>();
        sections.all().forEach((name, section) -> {
            if (name.startsWith("ask ")) {
                answers.put(name.substring(4), settings(section.text()));
            }
        });
        List<Caller> callers = new ArrayList<>();
        if (!match) {
            // sshd has no Match block: what it says of one caller it says of all.
            Map<String, String> same = answers.values().stream().findFirst().orElse(Map.of());
            addresses.forEach((address, kind) -> {
                callers.add(new Caller("root", address, kind, same));
                callers.add(new Caller("nobody", address, kind, same));
            });
        } else {
            answers.keySet().stream()
                    .map(key -> key.split(" ")[0])
                    .distinct()
                    .sorted()
                    .forEach(user -> addresses.forEach((address, kind) -> {
                        Map<String, String> settings = answers.get(user + " " + address);
                        if (settings != null) {
                            callers.add(new Caller(user, address, kind, settings));
                        }
                    }));
        }
        if (callers.isEmpty()) {
            return Reading.unknown("sshd gave no answers");
        }
        return Reading.known(new Sshd(
                callers,
                written,
                sections.section("peers-known")
                        .map(section -> section.text().strip().equals("yes"))
                        .orElse(false),
                Stream.of(sections.section("networks")
                                .map(Sections.Section::text)
                                .orElse("")
                                .strip()
                                .split("\\s+"))
                        .flatMap(network -> Cidr.parse(network).stream())
                        .toList(),
                Loaded.trouble(sections)));
    }

    private static Map<String, String> settings(String text) {
        Map<String, String> settings = new HashMap<>();
        text.lines().forEach(line -> {
            String[] pair = line.strip().split(" ", 2);
            // Lists such as allowusers repeat their keyword.
            settings.merge(
                    pair[0].toLowerCase(Locale.ROOT), pair.length > 1 ? pair[1] : "", (one, more) -> one + " " + more);
        });
        return Map.copyOf(settings);
    }

    /** Evidence: the effective settings of some callers, one line each. */
    static List<String> evidence(List<Caller> callers) {
        return callers.stream()
                .limit(12)
                .map(caller ->
                        "sshd -T -C user=%s,addr=%s: permitrootlogin %s, passwordauthentication %s, kbdinteractiveauthentication %s"
                                .formatted(
                                        caller.user(),
                                        caller.address(),
                                        caller.setting("permitrootlogin"),
                                        caller.setting("passwordauthentication"),
                                        caller.setting("kbdinteractiveauthentication")))
                .toList();
    }

    /** AllowUsers, DenyUsers and their groups, as sshd_config(5) orders them, for root. */
    private static final class Allowed {

        static boolean root(Map<String, String> settings, String address) {
            return !matches(settings.get("denyusers"), "root", address)
                    && (settings.get("allowusers") == null || matches(settings.get("allowusers"), "root", address))
                    && !matches(settings.get("denygroups"), "root", "")
                    && (settings.get("allowgroups") == null || matches(settings.get("allowgroups"), "root", ""));
        }

        private static boolean matches(@Nullable String patterns, String name, String address) {
            return patterns != null
                    && Stream.of(patterns.strip().split("\\s+"))
                            .filter(pattern -> !pattern.isEmpty())
                            .anyMatch(pattern -> {
                                int at = pattern.lastIndexOf('@');
                                return at < 0
                                        ? Globs.matches(pattern, name)
                                        : Globs.matches(pattern.substring(0, at), name)
                                                && Globs.address(pattern.substring(at + 1), address);
                            });
        }
    }
}
