package holdfast.discovery;

import holdfast.node.HostKey;
import holdfast.node.HostKeyScanner;
import holdfast.text.Clean;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * A cluster that was discovered: what one member told, and what each of them presented.
 *
 * @param roster what was told
 * @param address the address of the member that told, as {@code 192.0.2.1:22}
 * @param user who logged in there
 * @param members in the roster's order
 */
public record Discovered(Roster roster, String address, String user, List<Member> members) {

    public Discovered {
        members = List.copyOf(members);
    }

    /**
     * One member after its host keys were compared.
     *
     * @param entry what the cluster says of it
     * @param host the name or address to give to ssh
     * @param endpoint where that leads; empty when nobody tells its address
     * @param check what became of its keys
     */
    public record Member(Roster.Entry entry, String host, Optional<HostKeyScanner.Endpoint> endpoint, KeyCheck check) {

        /** The name of the node. */
        public String name() {
            return entry.name();
        }

        private String line(HostKey key) {
            return "%s %s %s %s"
                    .formatted(
                            endpoint.map(HostKeyScanner.Endpoint::knownAs).orElse(name()),
                            key.type(),
                            key.base64(),
                            name());
        }
    }

    /** Contract 2: 3 when something could not be told, 1 when a key is wrong, 0 when all were verified. */
    public int exitCode() {
        boolean untold = !roster.doubts().isEmpty()
                || members.stream()
                        .anyMatch(member -> member.check().state() == KeyCheck.State.UNVERIFIED
                                || member.check().state() == KeyCheck.State.UNANSWERED);
        boolean wrong = members.stream().anyMatch(member -> member.check().state() == KeyCheck.State.MISMATCH);
        return untold ? 3 : wrong ? 1 : 0;
    }

    /** How many members are in a state. */
    public long count(KeyCheck.State state) {
        return members.stream()
                .filter(member -> member.check().state() == state)
                .count();
    }

    /** The verified keys as lines of {@code known_hosts}. */
    public List<String> keyLines() {
        return members.stream()
                .filter(member -> member.check().state() == KeyCheck.State.VERIFIED)
                .flatMap(member -> member.check().keys().stream().map(member::line))
                .distinct()
                .toList();
    }

    /** A whole {@code known_hosts} file: the verified keys, and as comments what was not written and why. */
    public String knownHosts(Instant now, String version) {
        StringBuilder text = new StringBuilder();
        text.append("# Host keys of %s, written by holdfast %s on %s.\n".formatted(title(), version, time(now)));
        text.append("# Each was known to the cluster (or to the node, as its own), and presented by the node.\n");
        for (Member member : members) {
            switch (member.check().state()) {
                case VERIFIED ->
                    member.check()
                            .keys()
                            .forEach(key -> text.append(member.line(key)).append('\n'));
                case UNANSWERED -> {
                    text.append("# %s did not answer. The cluster knows its key, but that was not checked:\n"
                            .formatted(member.name()));
                    member.check()
                            .keys()
                            .forEach(key ->
                                    text.append("# ").append(member.line(key)).append('\n'));
                }
                case MISMATCH ->
                    text.append("# %s presents a key that it should not have: none of its keys is written.\n"
                            .formatted(member.name()));
                case UNVERIFIED ->
                    text.append(
                            "# %s presents keys that nobody vouches for: none is written.\n".formatted(member.name()));
            }
        }
        return text.toString();
    }

    private String title() {
        return roster.cluster()
                .map(name -> "the cluster " + (name.isEmpty() ? "of " + roster.self() : Clean.line(name, 60)))
                .orElse("the node " + roster.self());
    }

    private static String time(Instant now) {
        return now.truncatedTo(ChronoUnit.SECONDS).toString();
    }

    // ------------------------------------------------------------------ the inventory

    /** What needs no quotes in YAML 1.1, unless it is one of the words below. */
    private static final Pattern PLAIN = Pattern.compile("[A-Za-z][A-Za-z0-9_.-]*|(\\d{1,3}\\.){3}\\d{1,3}");

    private static final Set<String> NO_TEXT = Set.of("y", "n", "yes", "no", "true", "false", "on", "off", "null");

    /**
     * The inventory in Ansible's YAML.
     *
     * @param become whether the login becomes root with sudo
     * @param keysIn where the verified keys are written; empty when nowhere
     */
    public String inventory(Instant now, String version, boolean become, Optional<String> keysIn) {
        StringBuilder text = new StringBuilder();
        comment(
                text,
                "",
                "%s as %s knows it: %d %s."
                        .formatted(
                                capital(title()),
                                roster.self(),
                                members.size(),
                                members.size() == 1 ? "member" : "members"));
        comment(
                text,
                "",
                "Written by holdfast %s on %s, read from %s as %s."
                        .formatted(version, time(now), Clean.line(address, 100), Clean.line(user, 64)));
        roster.authority().ifPresent(id -> comment(text, "", "SHA-256 of its CA certificate: " + id));
        comment(
                text,
                "",
                "Host keys: %d of %d verified%s."
                        .formatted(
                                count(KeyCheck.State.VERIFIED),
                                members.size(),
                                keysIn.map(file -> ", in " + Clean.line(file, 300))
                                        .orElse(", not written")));
        roster.doubts().forEach(doubt -> comment(text, "", "Not sure: " + doubt));
        text.append("all:\n");
        if (roster.cluster().isEmpty()) {
            // Variables of all would hold for other files of the same inventory, too.
            text.append("  hosts:\n");
            members.forEach(member -> host(text, member, "    ", 22, true, become));
            return text.toString();
        }
        int port = commonPort();
        text.append("  children:\n    ").append(scalar(group())).append(":\n      vars:\n");
        text.append("        ansible_user: ").append(scalar(user)).append('\n');
        if (port != 22) {
            text.append("        ansible_port: ").append(port).append('\n');
        }
        if (become) {
            text.append("        ansible_become: true\n");
        }
        text.append("      hosts:\n");
        members.forEach(member -> host(text, member, "        ", port, false, become));
        return text.toString();
    }

    /** What most members have stands once, in the group's variables. */
    private int commonPort() {
        Map<Integer, Long> counts = members.stream()
                .flatMap(member -> member.endpoint().stream())
                .collect(Collectors.groupingBy(
                        HostKeyScanner.Endpoint::port, LinkedHashMap::new, Collectors.counting()));
        return counts.entrySet().stream()
                .filter(entry -> 2 * entry.getValue() > members.size())
                .findFirst()
                .map(Map.Entry::getKey)
                .orElse(22);
    }

    /** @param common the port that the group's variables name already */
    private void host(StringBuilder text, Member member, String indent, int common, boolean login, boolean become) {
        KeyCheck check = member.check();
        String keys = check.keys().stream().map(HostKey::toString).collect(Collectors.joining(", "));
        comment(
                text,
                indent,
                switch (check.state()) {
                    case VERIFIED -> "verified: " + keys;
                    case MISMATCH -> "WRONG HOST KEY, do not log in before you know why:";
                    case UNVERIFIED -> "host key not verified:";
                    case UNANSWERED ->
                        keys.isEmpty()
                                ? "did not answer:"
                                : "did not answer, and was not checked; the cluster knows " + keys;
                });
        check.remarks().forEach(remark -> comment(text, indent, "  " + remark));
        text.append(indent).append(scalar(member.name())).append(":\n");
        String deeper = indent + "  ";
        text.append(deeper)
                .append("ansible_host: ")
                .append(scalar(member.host()))
                .append('\n');
        int port = member.endpoint().map(HostKeyScanner.Endpoint::port).orElse(common);
        if (port != common) {
            text.append(deeper).append("ansible_port: ").append(port).append('\n');
        }
        if (login) {
            text.append(deeper).append("ansible_user: ").append(scalar(user)).append('\n');
            if (become) {
                text.append(deeper).append("ansible_become: true\n");
            }
        }
        for (int ring = 0; ring < member.entry().rings().size(); ring++) {
            String address = member.entry().rings().get(ring);
            if (!address.isEmpty()) {
                text.append(deeper)
                        .append("ring%d_addr: ".formatted(ring))
                        .append(scalar(address))
                        .append('\n');
            }
        }
    }

    /**
     * A name for the group that Ansible takes without a warning: letters, digits and underscores, no digit first, not
     * the name of a host, and none that Ansible keeps for itself.
     */
    String group() {
        String name = roster.cluster().orElse("").replaceAll("[^A-Za-z0-9_]", "_");
        name = name.substring(0, Math.min(60, name.length()));
        if (name.isEmpty()) {
            name = "cluster";
        }
        if (!name.matches("[A-Za-z_].*") || Set.of("all", "ungrouped").contains(name.toLowerCase(Locale.ROOT))) {
            name = "cluster_" + name;
        }
        String free = name;
        return members.stream().anyMatch(member -> member.name().equals(free)) ? name + "_cluster" : name;
    }

    private static void comment(StringBuilder text, String indent, String line) {
        text.append(indent).append("# ").append(Clean.line(line, 900)).append('\n');
    }

    /** Text that every YAML parser takes for text. */
    private static String scalar(String value) {
        return PLAIN.matcher(value).matches() && !NO_TEXT.contains(value.toLowerCase(Locale.ROOT))
                ? value
                : "'" + value.replace("'", "''") + "'";
    }

    private static String capital(String text) {
        return Character.toUpperCase(text.charAt(0)) + text.substring(1);
    }
}
