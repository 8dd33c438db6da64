package holdfast.checks.sshd;

import holdfast.policy.Cidr;
import holdfast.policy.Policy;
import holdfast.policy.RootLogin;
import holdfast.probe.LoginUsed;
import holdfast.probe.Probe;
import holdfast.probe.Reading;
import holdfast.probe.Sections;
import holdfast.text.Shell;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
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
 * @param login how this run got in
 * @param doubt why these answers may not be all that holds here, as a sentence; empty when they are
 */
record Sshd(
        List<Caller> callers,
        Written written,
        boolean everyPeerKnown,
        List<Cidr> peerNetworks,
        Optional<String> doubt,
        LoginUsed login) {

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
     * @param address where from; with {@code @NAME} behind it where the name makes the difference
     * @param to the address and port of ours that were knocked at, where those make a difference; else empty
     * @param settings keyword in lower case to value, as {@code sshd -T} prints them
     * @param rootGroups the groups that root is in
     */
    record Caller(
            String user, String address, String to, Kind kind, Map<String, String> settings, List<String> rootGroups) {

        Caller {
            settings = Map.copyOf(settings);
            rootGroups = List.copyOf(rootGroups);
        }

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
            boolean keys = setting("pubkeyauthentication").equals("yes")
                    || Stream.of("hostbasedauthentication", "gssapiauthentication")
                            .anyMatch(method ->
                                    settings.getOrDefault(method, "no").equals("yes"));
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
            return Allowed.root(settings, address, rootGroups);
        }

        String from() {
            return "%s (%s)%s".formatted(address, kind.words, to.isEmpty() ? "" : " at our " + to);
        }
    }

    /** Both checks ask the same, so that it is asked once. */
    static Probe<Sshd> probe(Policy policy) {
        String admins =
                policy.firewall().adminNetworks().stream().map(Cidr::sample).collect(Collectors.joining(" "));
        return Probe.both(asked(policy, admins), new Probe.Login(), Sshd::enteredBy);
    }

    private static Probe<Sshd> asked(Policy policy, String admins) {
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
            listening=$(ss -ltnpH) || { echo 'ss cannot list the listening sockets: another sshd could not be seen' >&2; exit 1; }
            sockets=$(printf '%s\\n' "$listening" | awk '{ for (i = 6; i <= NF; i++) while (match($i, /\\("(sshd|dropbear)",pid=[0-9]+/)) { pid = substr($i, RSTART, RLENGTH); sub(/.*=/, "", pid); print pid; $i = substr($i, RSTART + RLENGTH) } }' | sort -u)
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
                case $word in -f) next=file ;; -f?*) main=${word#-f} ;; esac
            done
            section options echo "$options"

            # Another server beside it obeys other files; a session that forwards a port is none.
            printf '#: others\\n'
            for other in $sockets; do
                [ "$other" = "$pid" ] && continue
                title=$(tr '\\000' ' ' <"/proc/$other/cmdline" 2>/dev/null)
                case $title in *'[listener]'* | *dropbear*) printf 'pid %s, %s\\n' "$other" "$title" ;; esac
            done
            printf '\\n#= 0\\n'

            # The lines that matter, in the order in which sshd reads them, with the files that it includes.
            written=$(awk -v main="$main" '
                # Words as sshd splits them: double quotes keep blanks together, # begins a comment.
                function words(text, out,    n, c, i, word, quoted, open) {
                    n = 0; word = ""; quoted = 0; open = 0
                    for (i = 1; i <= length(text) + 1; i++) {
                        c = i <= length(text) ? substr(text, i, 1) : " "
                        if (c == "\\"") { quoted = !quoted; open = 1; continue }
                        if (!quoted && c == "#" && !open) break
                        if ((!quoted && c ~ /[ \\t]/) || i > length(text)) { if (open) out[++n] = word; word = ""; open = 0; continue }
                        word = word c; open = 1
                    }
                    return n
                }
                function walk(file, depth,    n, line, key, count, i, parts, path, found, command, list, m, j) {
                    n = 0
                    while ((getline line < file) > 0) {
                        n++
                        gsub(/\\r/, "", line); sub(/^[ \\t]+/, "", line)
                        key = tolower(line); sub(/^"/, "", key); sub(/[ \\t="].*/, "", key)
                        if (key !~ /^(permitrootlogin|passwordauthentication|kbdinteractiveauthentication|challengeresponseauthentication|usepam|authenticationmethods|pubkeyauthentication|allowusers|allowgroups|denyusers|denygroups|match|include)$/) continue
                        sub(/^"?[A-Za-z0-9]+"?[ \\t]*=?[ \\t]*/, "", line)
                        printf "%s\\t%d\\t%s %s\\n", file, n, key, line
                        if (key == "include" && depth < 16) {
                            count = words(line, parts)
                            for (i = 1; i <= count; i++) {
                                path = parts[i]
                                if (path !~ /^\\//) path = "/etc/ssh/" path
                                # Only the wildcards keep their meaning in the shell.
                                gsub(/[^]A-Za-z0-9_.\\/*?[^!-]/, "\\\\\\\\&", path)
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

            # Has the daemon read its files since they were last written? A file that was moved or copied into
            # place may bear an old date, so the time of its last change of any kind counts.
            printf '#: changed\\n'
            printf '%s\\n/etc/ssh/sshd_config.d\\n' "$written" | cut -f1 | sort -u | while IFS= read -r file; do stat --printf '%Y %n\\n%Z %n\\n' -- "$file" 2>/dev/null; done
            printf '\\n#= 0\\n'
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
                    *[!0-9a-fA-F.:]*) address=$(getent ahosts "$address" | awk 'NR == 1 { print $1 }'); [ -n "$address" ] || { known=no; continue; } ;;
                esac
                addresses="$addresses ${peer%%/*}/$address"
            done
            set -- ${SSH_CONNECTION:-}
            [ $# -ge 4 ] && addresses="$addresses CLIENT/$1"
            laddr=${3:-} lport=${4:-}
            for admin in $admins; do addresses="$addresses ADMIN/$admin"; done
            matches=$(printf '%s\\n' "$written" | awk -F '\\t' '$3 ~ /^match / { sub(/^match /, "", $3); gsub(/=|"/, " ", $3); print $3 }')
            # Without all of -C, sshd refuses to speak where a Match block asks for what is missing.
            general=$(sshd -T $options -C "user=root,host=203.0.113.77,addr=203.0.113.77,laddr=${laddr:-127.0.0.1},lport=${lport:-22}" 2>/dev/null)
            dns=$(printf '%s\\n' "$general" | awk '$1 == "usedns" { print $2 }')
            # From each network its first and last address and their neighbours: whatever part of it another
            # pattern takes away or adds, one of these lies in each part.
            samples=$({
                printf '%s\\n' "$matches" | awk '{ for (i = 1; i < NF; i++) if (tolower($i) == "address" || tolower($i) == "host") print $(i + 1) }'
                printf '%s\\n' "$written" | awk -F '\\t' '$3 ~ /^(allow|deny)users / { print $3 }' | tr -d '"' | tr ' \\t' '\\n\\n' | sed -n 's/^[^#]*@//p'
            } | tr ',' '\\n' | sed 's/^!//' | sort -u | awk -v dns="$dns" '
                function hex(text,    n, i) { n = 0; for (i = 1; i <= length(text); i++) n = n * 16 + index("0123456789abcdef", substr(text, i, 1)) - 1; return n }
                function put4(n) { if (n >= 0 && n < 4294967296) printf "%d.%d.%d.%d\\n", int(n / 16777216), int(n / 65536) % 256, int(n / 256) % 256, n % 256 }
                function net4(text, bits,    o, n, size) {
                    split(text, o, "."); n = ((o[1] * 256 + o[2]) * 256 + o[3]) * 256 + o[4]; size = 2 ^ (32 - bits); n = int(n / size) * size
                    put4(n); if (size > 1) { put4(n + size - 1); put4(n - 1); put4(n + size) }
                }
                function put6(g, step,    i, r) {
                    for (i = 1; i <= 8; i++) r[i] = g[i]
                    for (i = 8; i >= 1 && step; i--) { r[i] += step; step = 0; if (r[i] < 0) { r[i] = 65535; step = -1 } if (r[i] > 65535) { r[i] = 0; step = 1 } }
                    if (step) return
                    printf "%x:%x:%x:%x:%x:%x:%x:%x\\n", r[1], r[2], r[3], r[4], r[5], r[6], r[7], r[8]
                }
                function net6(text, bits,    half, left, right, l, r, i, first, last, size) {
                    r = 0; split(text, half, "::"); l = split(half[1], left, ":"); if (text ~ /::/) r = split(half[2], right, ":")
                    for (i = 1; i <= 8; i++) first[i] = i <= l ? hex(left[i]) : i > 8 - r ? hex(right[i - 8 + r]) : 0
                    for (i = 1; i <= 8; i++) {
                        size = bits >= 16 * i ? 1 : bits <= 16 * (i - 1) ? 65536 : 2 ^ (16 * i - bits)
                        first[i] = int(first[i] / size) * size; last[i] = first[i] + size - 1
                    }
                    put6(first, 0); if (bits < 128) { put6(last, 0); put6(first, -1); put6(last, 1) }
                }
                {
                    text = tolower($0); bits = ""
                    if (text ~ /^[0-9.]+\\/[0-9]+$/ || text ~ /^[0-9a-f:]*:[0-9a-f:]*\\/[0-9]+$/) { bits = text; sub(/.*\\//, "", bits); sub(/\\/.*/, "", text); bits += 0 }
                    if (text ~ /^[0-9]+\\.[0-9]+\\.[0-9]+\\.[0-9]+$/) { if (bits == "" || bits <= 32) net4(text, bits == "" ? 32 : bits) }
                    else if (text ~ /^[0-9a-f:]*:[0-9a-f:]*$/) { if (bits == "" || bits <= 128) net6(text, bits == "" ? 128 : bits) }
                    else if (text ~ /^[0-9.*?]+$/ && text ~ /[0-9]/) {
                        dots = text; gsub(/[^.]/, "", dots); fill = ""
                        for (i = length(dots); i < 3; i++) fill = fill ".1"
                        if (fill != "") sub(/\\*/, "1" fill, text)
                        one = text; gsub(/[*?]/, "1", one); print one
                        gsub(/[*?]/, "2", text); print text
                    }
                    else if (text ~ /^[0-9a-f:*?]*:[0-9a-f:*?]*$/) { sub(/\\*$/, ":1", text); sub(/:::/, "::", text); gsub(/[*?]/, "1", text); print text }
                    # A name counts only where sshd looks names up.
                    else if (dns == "yes" && text ~ /^[a-z0-9.*?_-]+$/ && text ~ /[a-z]/) { gsub(/[*?]/, "x", text); print "203.0.113.77@" text }
                }')
            for address in $samples; do addresses="$addresses MATCH/$address"; done
            users='root nobody'
            locals="$laddr/$lport"
            if [ -n "$matches" ]; then
                # A port or an address of ours that a Match block asks for: all that there are.
                case $(printf '%s' "$matches" | tr 'A-Z\\n' 'a-z ') in
                    *localport* | *localaddress*)
                        ports=$(printf '%s\\n' "$general" | awk '$1 == "port" { print $2 } $1 == "listenaddress" { sub(/.*:/, "", $2); print $2 }' | sort -u)
                        ours=$laddr
                        case $(printf '%s' "$matches" | tr 'A-Z\\n' 'a-z ') in *localaddress*) ours=$(ip -o addr show | awk '$2 != "lo" { sub(/\\/.*/, "", $4); print $4 }') ;; esac
                        locals=
                        for own in $ours; do for port in ${ports:-$lport}; do locals="$locals $own/$port"; done; done
                        ;;
                esac
                named=$(printf '%s\\n' "$matches" | awk '{
                    for (i = 1; i < NF; i++) if (tolower($i) == "user" || tolower($i) == "group") {
                        count = split($(i + 1), parts, ",")
                        for (j = 1; j <= count; j++) { u = parts[j]; if (u != "*" && u !~ /^!/ && u ~ /^[A-Za-z0-9_.@$+*?\\\\-]+$/) print tolower($i) "/" u }
                    }
                }')
                people=$(getent passwd | cut -d: -f1)
                for entry in $named; do
                    case $entry in
                        user/*[*?]*)
                            pattern=${entry#user/}
                            count=0
                            for user in $people; do
                                case $user in $pattern) [ "$count" -lt 3 ] && users="$users $user"; count=$((count + 1)) ;; esac
                            done
                            [ "$count" -gt 0 ] || users="$users $(printf '%s' "$pattern" | tr '*?' 'xx')"
                            ;;
                        user/*) users="$users ${entry#user/}" ;;
                        group/*)
                            pattern=${entry#group/}
                            for group in $(getent group | cut -d: -f1) "$pattern"; do
                                case $group in $pattern) ;; *) continue ;; esac
                                row=$(getent group "$group")
                                gid=$(printf '%s' "$row" | cut -d: -f3)
                                users="$users $(printf '%s' "$row" | cut -d: -f4 | tr ',' ' ' | cut -d' ' -f1-3)"
                                [ -n "$gid" ] && users="$users $(getent passwd | awk -F: -v gid="$gid" '$4 == gid { print $1 }' | head -n 2)"
                            done
                            ;;
                    esac
                done
                users="$users $glass $(getent passwd | awk -F: '$3 >= 1000 && $3 < 60000 && $7 !~ /(nologin|false)$/ { print $1 }' | head -n 4)"
            fi
            section root-groups id -Gn root
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
                addr=${2%%@*}
                answer=$(sshd -T $options -C "user=$1,host=${2#*@},addr=$addr${3:+,laddr=$3}${4:+,lport=$4}" 2>&1) || {
                    printf '%s\\n' "$answer" >&2
                    exit 1
                }
                printf '#: ask %s %s %s/%s\\n' "$1" "$2" "$3" "$4"
                printf '%s\\n' "$answer" | grep -E '^(permitrootlogin|passwordauthentication|kbdinteractiveauthentication|usepam|authenticationmethods|pubkeyauthentication|hostbasedauthentication|gssapiauthentication|usedns|allowusers|allowgroups|denyusers|denygroups) '
                printf '#= 0\\n'
            }
            section local echo "$laddr/$lport"
            if [ -z "$matches" ]; then
                set -- $list
                ask root "${1#*/}" "$laddr" "$lport"
            else
                asked=0
                for user in $wanted; do
                    peers=0
                    for entry in $list; do
                        address=${entry#*/}
                        # Root matters from each peer; another user only where the files make a difference.
                        case $user/$entry in
                            root/*) ;;
                            */PEER/*)
                                peers=$((peers + 1))
                                case " $(printf '%s' "$samples" | tr '\\n' ' ') " in *" $address "*) ;; *) [ "$peers" -le 3 ] || continue ;; esac
                                ;;
                        esac
                        for own in $locals; do
                            asked=$((asked + 1))
                            [ "$asked" -le 800 ] || { echo 'more than 800 pairs of users and addresses to ask about' >&2; exit 1; }
                            ask "$user" "$address" "${own%%/*}" "${own##*/}"
                        done
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
        List<String> rootGroups = sections.section("root-groups")
                .filter(Sections.Section::ok)
                .map(section -> List.of(section.text().strip().split("\\s+")))
                .orElse(List.of("root"));
        String here =
                sections.section("local").map(section -> section.text().strip()).orElse("");
        List<Caller> callers = new ArrayList<>();
        sections.all().forEach((name, section) -> {
            String[] words = name.split(" ");
            if (words.length < 3 || !words[0].equals("ask")) {
                return;
            }
            Map<String, String> settings = settings(section.text());
            String to = words.length < 4 || words[3].equals(here) ? "" : words[3].replaceFirst("/(\\d+)$", " port $1");
            if (match) {
                Kind kind = addresses.get(words[2]);
                if (kind != null) {
                    callers.add(new Caller(words[1], words[2], to, kind, settings, rootGroups));
                }
            } else {
                // sshd has no Match block: what it says of one caller it says of all.
                addresses.forEach((address, kind) -> {
                    callers.add(new Caller("root", address, "", kind, settings, rootGroups));
                    callers.add(new Caller("nobody", address, "", kind, settings, rootGroups));
                });
            }
        });
        List<String> order = List.copyOf(addresses.keySet());
        callers.sort(Comparator.comparing(Caller::user)
                .thenComparingInt(caller -> order.indexOf(caller.address()))
                .thenComparing(Caller::to));
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
                        // With host bits set, Proxmox means the network around them.
                        .flatMap(network -> Cidr.enclosing(network).stream())
                        .toList(),
                sections.section("others")
                        .flatMap(section -> section.text()
                                .lines()
                                .filter(line -> !line.isBlank())
                                .findFirst())
                        .map("another SSH server runs here and was not asked: %s"::formatted)
                        .or(() -> Loaded.trouble(sections)
                                .map(
                                        "the files are right, but %s: run 'systemctl reload ssh' and scan again"
                                                ::formatted)),
                new LoginUsed("", false)));
    }

    private Sshd enteredBy(LoginUsed used) {
        return new Sshd(callers, written, everyPeerKnown, peerNetworks, doubt, used);
    }

    /** Whether the doubt is a second server, whose files a drop-in does not reach. */
    Optional<String> otherServer() {
        return doubt.filter(text -> text.startsWith("another SSH server"));
    }

    /** Where this run comes from, as sshd sees it; empty where it did not come over SSH. */
    Optional<Caller> client() {
        return callers.stream().filter(caller -> caller.kind() == Kind.CLIENT).findFirst();
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

        static boolean root(Map<String, String> settings, String address, List<String> groups) {
            // A name stands for any address where sshd looks names up: rather too open than too safe.
            boolean names = settings.getOrDefault("usedns", "no").equals("yes");
            return !user(settings.get("denyusers"), address, false)
                    && (settings.get("allowusers") == null || user(settings.get("allowusers"), address, names))
                    && !group(settings.get("denygroups"), groups)
                    && (settings.get("allowgroups") == null || group(settings.get("allowgroups"), groups));
        }

        private static boolean user(@Nullable String patterns, String address, boolean names) {
            return words(patterns).anyMatch(pattern -> {
                int at = pattern.lastIndexOf('@');
                return at < 0
                        ? Globs.matches(pattern, "root")
                        : Globs.matches(pattern.substring(0, at), "root")
                                && from(pattern.substring(at + 1), address, names);
            });
        }

        private static boolean from(String hosts, String address, boolean names) {
            return Globs.list(hosts, address.replaceFirst("@.*", ""), true)
                    || (names && Stream.of(hosts.split(",")).anyMatch(host -> host.matches("[^!].*[A-Za-z].*")));
        }

        private static boolean group(@Nullable String patterns, List<String> groups) {
            return words(patterns)
                    .anyMatch(pattern -> groups.stream().anyMatch(group -> Globs.matches(pattern, group)));
        }

        private static Stream<String> words(@Nullable String patterns) {
            return patterns == null
                    ? Stream.empty()
                    : Stream.of(patterns.strip().split("\\s+")).filter(pattern -> !pattern.isEmpty());
        }
    }
}
