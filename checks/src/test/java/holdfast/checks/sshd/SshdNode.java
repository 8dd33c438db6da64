package holdfast.checks.sshd;

import static holdfast.bench.Answers.section;

import holdfast.bench.FakeSource;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** What the probe of sshd prints on a node: hardened and standalone, until a test says otherwise. */
final class SshdNode {

    static final String PEER = "10.0.0.12";
    static final String CLIENT = "192.0.2.7";
    static final String OUTSIDE = "203.0.113.77";

    /** The node's time, the start of its sshd, and the time at which its files were written. */
    private static final long NOW = 1_795_400_000L;

    private static final long STARTED = NOW - 99_980;

    private final Map<String, String> everybody = new LinkedHashMap<>(Map.of(
            "permitrootlogin", "no",
            "passwordauthentication", "no",
            "kbdinteractiveauthentication", "no",
            "usepam", "yes",
            "pubkeyauthentication", "yes",
            "authenticationmethods", "any"));
    private final Map<String, Map<String, String>> special = new LinkedHashMap<>();
    private final List<String> addresses = new ArrayList<>(List.of("CLIENT/" + CLIENT));
    private final List<String> users = new ArrayList<>(List.of("root", "nobody"));
    private final List<String> written = new ArrayList<>();
    private boolean match;
    private boolean peersKnown = true;
    private long changed = STARTED - 1000;
    private long reloaded;
    private String systemdSays = "";

    /** A member of a cluster: one other member is asked about too. */
    SshdNode clustered() {
        addresses.add(0, "PEER/" + PEER);
        return this;
    }

    SshdNode peersUnknown() {
        peersKnown = false;
        return this;
    }

    SshdNode admin(String address) {
        addresses.add("ADMIN/" + address);
        return this;
    }

    /** sshd's answer for every caller. */
    SshdNode says(String keyword, String value) {
        everybody.put(keyword, value);
        return this;
    }

    SshdNode silentAbout(String keyword) {
        everybody.remove(keyword);
        return this;
    }

    /** A Match block names this address. */
    SshdNode matched(String address) {
        match = true;
        addresses.add("MATCH/" + address);
        return this;
    }

    /** A Match block names this user. */
    SshdNode matchedUser(String user) {
        match = true;
        users.add(user);
        return this;
    }

    /** sshd's answer for one caller; there is a Match block then. */
    SshdNode says(String user, String address, String keyword, String value) {
        match = true;
        special.computeIfAbsent(user + " " + address, key -> new LinkedHashMap<>())
                .put(keyword, value);
        return this;
    }

    /** A line of a file, in reading order. */
    SshdNode line(String file, int number, String text) {
        written.add("%s\t%d\t%s".formatted(file, number, text));
        return this;
    }

    SshdNode end(String file) {
        return line(file, 0, "end");
    }

    /** Files that were changed after the daemon was started. */
    SshdNode changedSecondsAfterStart(long seconds) {
        changed = STARTED + seconds;
        return this;
    }

    SshdNode reloadedSecondsAfterStart(long seconds) {
        reloaded = STARTED + seconds;
        return this;
    }

    /** systemctl fails with these words. */
    SshdNode systemdFails(String words) {
        systemdSays = words;
        return this;
    }

    FakeSource source() {
        List<String> all = new ArrayList<>(addresses);
        all.add("OUTSIDE/" + OUTSIDE);
        all.add("OUTSIDE/2001:db8:ffff::77");
        StringBuilder text = new StringBuilder();
        text.append(section("options", "-D"));
        text.append(section("written", String.join("\n", written)));
        text.append(
                section("changed", changed + " /etc/ssh/sshd_config\n" + (STARTED - 5000) + " /etc/ssh/sshd_config.d"));
        text.append(
                systemdSays.isEmpty()
                        ? section(
                                "loaded",
                                "ActiveState=active\nExecMainStartTimestampMonotonic=20000000\n"
                                        + "ExecReload={ path=/usr/sbin/sshd ; argv[]=/usr/sbin/sshd -t ; ignore_errors=no ; start_time=["
                                        + (reloaded == 0 ? "n/a" : "@" + reloaded)
                                        + "] ; stop_time=[n/a] ; pid=0 ; code=(null) ; status=0/0 }")
                        : section("loaded", systemdSays, 1));
        text.append(section("uptime", "100000.00 190000.00"));
        text.append(section("now", Long.toString(NOW)));
        text.append(section("peers-known", peersKnown ? "yes" : "no"));
        text.append(section("addresses", String.join(" ", all)));
        text.append(section("match", match ? "yes" : ""));
        if (match) {
            users.forEach(user -> all.forEach(entry -> text.append(ask(user, entry.replaceFirst(".*/", "")))));
        } else {
            text.append(ask("root", all.get(0).replaceFirst(".*/", "")));
        }
        text.append(section("finished", ""));
        return new FakeSource().answers("sshd.effective", text.toString());
    }

    private String ask(String user, String address) {
        Map<String, String> settings = new LinkedHashMap<>(everybody);
        settings.putAll(special.getOrDefault(user + " " + address, Map.of()));
        return settings.entrySet().stream()
                .sorted(Map.Entry.comparingByKey())
                // Lists repeat their keyword, one word a line.
                .flatMap(entry ->
                        entry.getKey().startsWith("allow") || entry.getKey().startsWith("deny")
                                ? List.of(entry.getValue().split(" ")).stream().map(word -> entry.getKey() + " " + word)
                                : List.of(entry.getKey() + " " + entry.getValue()).stream())
                .collect(Collectors.joining("\n", "#: ask %s %s\n".formatted(user, address), "\n#= 0\n"));
    }
}
