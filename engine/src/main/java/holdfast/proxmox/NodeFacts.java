package holdfast.proxmox;

import holdfast.probe.Probe;
import holdfast.probe.Sections;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * What a node is.
 *
 * @param hostname {@code uname -n}
 * @param os the operating system's name and version
 * @param kernel {@code uname -r}
 * @param packages the versions of the installed packages that were asked about
 */
public record NodeFacts(String hostname, String os, String kernel, Map<String, String> packages) {

    /** Files and dpkg's own list; {@code pveversion} would cost half a second of Perl. */
    public static final Probe<NodeFacts> PROBE = Probe.command(
            "node.facts",
            Sections.SHELL + """
                    section hostname uname -n
                    section kernel uname -r
                    contents os-release /etc/os-release
                    section packages dpkg-query -W -f '${Package} ${Version} ${db:Status-Status}\\n' pve-manager pve-cluster pve-firewall
                    """,
            Duration.ofSeconds(8),
            output -> parse(Sections.parse(output.stdout())));

    public NodeFacts {
        packages = Map.copyOf(packages);
    }

    static NodeFacts parse(Sections sections) {
        Map<String, String> packages = new HashMap<>();
        Sections.Section listed = sections.section("packages")
                .orElseThrow(() -> new IllegalArgumentException("the packages were not listed"));
        // dpkg-query exits with 1 when one of several packages is unknown; the others are listed all the same. With
        // any other status it could not read its database, which does not mean that nothing is installed.
        if (listed.exit() > 1) {
            throw new IllegalArgumentException(
                    "dpkg-query: " + listed.text().lines().findFirst().orElse("no output"));
        }
        listed.text()
                .lines()
                .map(line -> line.split(" "))
                .filter(words -> words.length == 3 && words[2].equals("installed"))
                .forEach(words -> packages.put(words[0], words[1]));
        return new NodeFacts(
                text(sections, "hostname"),
                sections.section("os-release")
                        .flatMap(section -> value(section.text(), "PRETTY_NAME"))
                        .orElse(""),
                text(sections, "kernel"),
                packages);
    }

    private static String text(Sections sections, String name) {
        return sections.section(name)
                .filter(Sections.Section::ok)
                .map(section -> section.text().strip())
                .orElse("");
    }

    private static Optional<String> value(String osRelease, String key) {
        return osRelease
                .lines()
                .filter(line -> line.startsWith(key + "="))
                .map(line -> line.substring(key.length() + 1).replaceAll("^[\"']|[\"']$", ""))
                .findFirst();
    }

    /** Whether the package pve-manager is installed: what makes a Debian machine a Proxmox VE node. */
    public boolean isProxmox() {
        return packages.containsKey("pve-manager");
    }

    /** The version of pve-manager, such as {@code 8.4.21}. */
    public Optional<String> pveVersion() {
        return Optional.ofNullable(packages.get("pve-manager"));
    }
}
