package holdfast.checks.firewall;

import static holdfast.check.Verdict.fail;
import static holdfast.check.Verdict.pass;
import static holdfast.check.Verdict.unknown;

import holdfast.check.Check;
import holdfast.check.CheckInfo;
import holdfast.check.Severity;
import holdfast.check.Verdict;
import holdfast.policy.InputPolicy;
import holdfast.policy.Policy;
import holdfast.probe.Probe;
import holdfast.probe.Reading;
import holdfast.probe.Sections;
import holdfast.proxmox.Membership;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;

/** The firewall is switched on for the datacenter and the node, its service runs, and the kernel has its rules. */
@CheckInfo(
        title = "The firewall is on and its rules are loaded",
        severity = Severity.HIGH,
        tags = {"network"},
        references = {
            "Proxmox VE Administration Guide, Firewall",
            "pve-firewall PVE/Firewall.pm: parse_clusterfw_option, an epoch in enable counts for 60 s",
            "HomeSecExplorer Proxmox Hardening Guide 1.2.4"
        })
public final class Enabled implements Check.OfNode<Enabled.Facts> {

    /** {@code enable: EPOCH} is Proxmox's own trial: on for this many seconds after that moment. */
    private static final long TRIAL_SECONDS = 60;

    /**
     * @param clusterText cluster.fw; empty when there is none, which means all defaults
     * @param hostText host.fw, likewise
     * @param pveFirewall the ActiveState of pve-firewall.service
     * @param proxmoxFirewall the ActiveState of proxmox-firewall.service, the nftables back end
     * @param ipv4 the iptables rules
     * @param ipv6 the ip6tables rules; empty where the node has no IPv6 address that others can reach
     * @param nftables whether the table inet proxmox-firewall hooks into input
     * @param now the node's own time, which its trial is measured by
     * @param around what a fix has to know; a failure is one without it too
     * @param membership likewise
     */
    record Facts(
            Optional<String> clusterText,
            Optional<String> hostText,
            String pveFirewall,
            String proxmoxFirewall,
            Reading<Kernel> ipv4,
            Optional<Reading<Kernel>> ipv6,
            Reading<Boolean> nftables,
            Instant now,
            Reading<Surroundings> around,
            Reading<Membership> membership) {

        Optional<FirewallFile> cluster() {
            return clusterText.map(text -> FirewallFile.parse(FirewallLines.Kind.CLUSTER, text));
        }

        Optional<FirewallFile> host() {
            return hostText.map(text -> FirewallFile.parse(FirewallLines.Kind.HOST, text));
        }

        Facts with(Reading<Membership> read) {
            return new Facts(
                    clusterText, hostText, pveFirewall, proxmoxFirewall, ipv4, ipv6, nftables, now, around, read);
        }

        /** What cluster.fw says: 0, 1, or the beginning of a trial. */
        long enable() {
            return cluster().flatMap(file -> file.number("enable")).orElse(0L);
        }

        /** Whether it is on for good. */
        boolean clusterOn() {
            return enable() == 1;
        }

        /** Whether what is written to cluster.fw takes effect at once, if only for a trial's minute. */
        boolean clusterLive() {
            return enable() == 1 || (enable() > 1 && enable() + TRIAL_SECONDS >= now.getEpochSecond());
        }

        /** The input policy that cluster.fw names. */
        InputPolicy configured() {
            return cluster()
                    .flatMap(file -> Optional.ofNullable(file.options().get("policy_in")))
                    .map(value -> InputPolicy.valueOf(value.toUpperCase(Locale.ROOT)))
                    .orElse(InputPolicy.DROP);
        }
    }

    private static final Probe<Facts> STATE = Probe.any(
            "firewall.state",
            Sections.SHELL + """
                    [ -e /etc/pve/local ] || { echo '/etc/pve is not mounted: pve-cluster does not run' >&2; exit 45; }
                    contents cluster.fw /etc/pve/firewall/cluster.fw
                    contents host.fw /etc/pve/local/host.fw
                    section now date +%s
                    section units systemctl show -p Id,ActiveState,UnitFileState pve-firewall.service proxmox-firewall.service
                    # Only what is loaded already is listed: asking for a table that is not there would load its module.
                    rules() {
                        printf '#: %s\\n' "$1"
                        if [ -r "$2" ] && grep -qx filter "$2"; then
                            tool=$3-legacy-save
                            command -v "$tool" >/dev/null || tool=$3-save
                        elif [ -d /sys/module/nf_tables ]; then
                            tool=$3-nft-save
                        else
                            printf '#= 0\\n'
                            return
                        fi
                        if command -v "$tool" >/dev/null; then
                            listed=$("$tool" -t filter 2>&1)
                            status=$?
                            [ "$status" = 0 ] || printf '%s\\n' "$listed"
                            printf '%s\\n' "$listed" | grep -E '^-A (INPUT|PVEFW-INPUT|PVEFW-HOST-IN) '
                            printf '\\n#= %s\\n' "$status"
                        else
                            printf '%s is not installed\\n#= 127\\n' "$tool"
                        fi
                    }
                    rules iptables /proc/net/ip_tables_names iptables
                    # Scope 00 is global: an address that others can reach.
                    if [ -r /proc/net/if_inet6 ] && awk '$4 == "00" && $6 != "lo" { found = 1 } END { exit !found }' /proc/net/if_inet6; then
                        rules ip6tables /proc/net/ip6_tables_names ip6tables
                    fi
                    if command -v nft >/dev/null && grep -qiE '^[[:space:]]*nftables:[[:space:]]*1' /etc/pve/local/host.fw; then section nft nft list chain inet proxmox-firewall input; fi
                    """ + Surroundings.SHELL + """
                    section finished true
                    """,
            Duration.ofSeconds(10),
            output -> output.ok()
                    ? Reading.known(parse(Sections.parse(output.stdout())))
                    : Reading.unknown("%s", output.complaint()));

    /** Whoever is a member must not be shut out. */
    private static final Probe<Facts> PROBE =
            Probe.both(STATE, Probe.attempt(Membership.PROBE), (facts, membership) -> facts.with(membership));

    @Override
    public Probe<Facts> probe(Policy policy) {
        return policy.firewall().enabled() ? PROBE : STATE;
    }

    static Facts parse(Sections sections) {
        if (sections.section("finished").isEmpty()) {
            throw new IllegalArgumentException("the answers about the firewall are not complete");
        }
        return new Facts(
                file(sections, "cluster.fw"),
                file(sections, "host.fw"),
                unit(sections, "pve-firewall.service"),
                unit(sections, "proxmox-firewall.service"),
                Kernel.read(sections.text("iptables")),
                sections.section("ip6tables").map(section -> Kernel.read(sections.text("ip6tables"))),
                nftables(sections),
                Instant.ofEpochSecond(sections.section("now")
                        .map(section -> Long.parseLong(section.text().strip()))
                        .orElseThrow(() -> new IllegalArgumentException("the node's time is missing"))),
                Surroundings.parse(sections),
                Reading.unknown("they were not asked for"));
    }

    private static Optional<String> file(Sections sections, String name) {
        return switch (sections.file(name)) {
            case Reading.Known<Optional<String>>(var text) -> text;
            case Reading.Unknown<Optional<String>>(var why) -> throw new IllegalArgumentException(why);
        };
    }

    private static String unit(Sections sections, String id) {
        for (String block :
                sections.section("units").map(Sections.Section::text).orElse("").split("\n\n")) {
            if (block.lines().anyMatch(("Id=" + id)::equals)) {
                return block.lines()
                        .filter(line -> line.startsWith("ActiveState="))
                        .map(line -> line.substring("ActiveState=".length()))
                        .findFirst()
                        .orElse("");
            }
        }
        throw new IllegalArgumentException("systemd says nothing of " + id);
    }

    private static Reading<Boolean> nftables(Sections sections) {
        return sections.section("nft")
                .map(section -> section.ok()
                        ? Reading.known(section.text().contains("hook input"))
                        : section.text().contains("No such file or directory")
                                ? Reading.known(false)
                                : Reading.<Boolean>unknown(
                                        "nft: %s",
                                        section.text().lines().findFirst().orElse("no output")))
                .orElse(Reading.unknown("nft is not installed"));
    }

    @Override
    public Verdict judge(Facts facts, Policy policy) {
        if (!policy.firewall().enabled()) {
            return pass("the policy does not ask for the firewall");
        }
        List<String> evidence = evidence(facts);
        return switchedOff(facts, evidence)
                .or(() -> notLoaded(facts, evidence))
                .or(() -> inputPolicy(facts, policy, evidence))
                .map(verdict ->
                        verdict instanceof Verdict.Fail fail ? fail.remedy(SwitchOn.remedy(facts, policy)) : verdict)
                .or(() -> members(facts))
                .orElseGet(() -> pass(
                        "on for the datacenter and this node, %s rules loaded, input policy %s",
                        usesNftables(facts) ? "nftables" : "iptables", facts.configured()));
    }

    /** The kernel's own words are worth a pass only from a node that answered whole: /etc/pve hangs as a whole too. */
    private static Optional<Verdict> members(Facts facts) {
        return switch (facts.membership().then(Membership::members)) {
            case Reading.Known<Membership.Members>(var members) -> Optional.empty();
            case Reading.Unknown<Membership.Members>(var why) ->
                Optional.of(unknown("the firewall is on, but who the node's cluster is could not be read: %s", why));
        };
    }

    /** REJECT tells the sender, DROP does not; both keep it out. */
    static boolean weaker(InputPolicy is, InputPolicy wanted) {
        return is.compareTo(wanted) < 0 && !(is == InputPolicy.REJECT && wanted == InputPolicy.DROP);
    }

    private static boolean usesNftables(Facts facts) {
        return facts.host().flatMap(file -> file.number("nftables")).orElse(0L) == 1;
    }

    private static Optional<Verdict> switchedOff(Facts facts, List<String> evidence) {
        long enable = facts.enable();
        if (enable > 1) {
            long left = enable + TRIAL_SECONDS - facts.now().getEpochSecond();
            return Optional.of(fail(
                            left > 0
                                    ? "the firewall is on for a trial only, for %d more seconds"
                                    : "the firewall is off: its trial ended %d seconds ago",
                            Math.abs(left))
                    .expected("enable: 1 in cluster.fw")
                    .actual("enable: " + enable)
                    .evidence(evidence)
                    .advice("when access is proved: pvesh set /cluster/firewall/options --enable 1"));
        }
        if (enable == 0) {
            List<String> ignored = facts.cluster().map(FirewallFile::ignored).orElse(List.of()).stream()
                    .filter(line -> line.toLowerCase(Locale.ROOT).contains("enable"))
                    .toList();
            String why = facts.cluster().isEmpty()
                    ? "there is no cluster.fw"
                    : !ignored.isEmpty()
                            ? "Proxmox ignores %s of cluster.fw: only 0 and 1 mean something".formatted(ignored.get(0))
                            : "cluster.fw does not say enable: 1";
            return Optional.of(fail("the firewall is off for the whole datacenter: %s", why)
                    .expected("enable: 1 in cluster.fw")
                    .actual(facts.cluster().isEmpty() ? "no cluster.fw" : "off")
                    .evidence(evidence)
                    .advice(
                            "first put every network that must reach 22 and 8006 into the IP set 'management'",
                            "then try it for a minute: pvesh set /cluster/firewall/options --enable 2",
                            "and keep it: pvesh set /cluster/firewall/options --enable 1"));
        }
        if (facts.host().flatMap(file -> file.number("enable")).orElse(1L) == 0) {
            return Optional.of(fail("the firewall is off on this node: host.fw says enable: 0")
                    .expected("enable: 1, or no such line in host.fw")
                    .actual("enable: 0")
                    .evidence(evidence)
                    .advice("pvesh set /nodes/localhost/firewall/options --enable 1"));
        }
        return Optional.empty();
    }

    private static Optional<Verdict> notLoaded(Facts facts, List<String> evidence) {
        if (usesNftables(facts)) {
            if (!facts.proxmoxFirewall().equals("active")) {
                return Optional.of(stopped("proxmox-firewall", facts.proxmoxFirewall(), evidence));
            }
            return switch (facts.nftables()) {
                case Reading.Unknown<Boolean>(var why) ->
                    Optional.of(unknown("the nftables rules could not be read: %s", why));
                case Reading.Known<Boolean>(var there) ->
                    there
                            ? Optional.empty()
                            : Optional.of(fail("switched on, but the kernel has no table inet proxmox-firewall")
                                    .expected("the table in the kernel")
                                    .actual("no such table")
                                    .evidence(evidence)
                                    .advice(
                                            "journalctl -u proxmox-firewall -n 50",
                                            "systemctl restart proxmox-firewall"));
            };
        }
        if (!facts.pveFirewall().equals("active")) {
            return Optional.of(stopped("pve-firewall", facts.pveFirewall(), evidence));
        }
        return family("IPv4", facts.ipv4(), evidence)
                .or(() -> facts.ipv6().flatMap(ipv6 -> family("IPv6", ipv6, evidence)));
    }

    private static Verdict stopped(String unit, String state, List<String> evidence) {
        return fail("switched on, but %s is %s: no rules are in force", unit, state.isEmpty() ? "not there" : state)
                .expected(unit + " active")
                .actual(state)
                .evidence(evidence)
                .advice("systemctl enable --now " + unit, "journalctl -u %s -n 50".formatted(unit));
    }

    private static Optional<Verdict> family(String family, Reading<Kernel> reading, List<String> evidence) {
        return switch (reading) {
            case Reading.Unknown<Kernel>(var why) ->
                Optional.of(unknown("the %s rules could not be read: %s", family, why));
            case Reading.Known<Kernel>(var kernel) -> {
                if (kernel.hooked() && kernel.bypass().isPresent()) {
                    yield Optional.of(fail(
                                    "a rule before Proxmox's own lets all %s packets in: %s",
                                    family, kernel.bypass().get())
                            .expected("INPUT begins with PVEFW-INPUT")
                            .actual(kernel.bypass().get())
                            .evidence(evidence)
                            .advice("find out who adds it: iptables-legacy -S INPUT"));
                }
                if (!kernel.hooked() || !kernel.hostChain()) {
                    yield Optional.of(fail(
                                    "switched on, but the kernel has no %s rules of it (%s)",
                                    family,
                                    kernel.hooked()
                                            ? "PVEFW-HOST-IN is not reached"
                                            : "INPUT does not lead to PVEFW-INPUT")
                            .expected("PVEFW-INPUT and PVEFW-HOST-IN in the kernel")
                            .actual("not there")
                            .evidence(evidence)
                            .advice("journalctl -u pve-firewall -n 50", "systemctl restart pve-firewall"));
                }
                yield Optional.empty();
            }
        };
    }

    private static Optional<Verdict> inputPolicy(Facts facts, Policy policy, List<String> evidence) {
        InputPolicy inForce = facts.configured();
        if (!usesNftables(facts)) {
            for (Reading<Kernel> reading : Stream.concat(Stream.of(facts.ipv4()), facts.ipv6().stream())
                    .toList()) {
                if (!(reading instanceof Reading.Known<Kernel>(var kernel))
                        || kernel.policy().isEmpty()) {
                    return Optional.of(
                            unknown(
                                    "the last rule of PVEFW-HOST-IN is not understood: what happens to packets that no rule names is not known"));
                }
                if (kernel.policy().get() == InputPolicy.ACCEPT) {
                    inForce = InputPolicy.ACCEPT;
                }
            }
        }
        if (weaker(inForce, policy.firewall().inputPolicy())) {
            return Optional.of(fail("what no rule names is let in: the input policy is %s", inForce)
                    .expected(policy.firewall().inputPolicy().toString())
                    .actual(inForce.toString())
                    .evidence(evidence)
                    .advice("when access is proved: pvesh set /cluster/firewall/options --policy_in DROP"));
        }
        return Optional.empty();
    }

    private static List<String> evidence(Facts facts) {
        List<String> lines = new ArrayList<>();
        lines.add("cluster.fw: " + facts.cluster().map(Enabled::words).orElse("none"));
        lines.add("host.fw: " + facts.host().map(Enabled::words).orElse("none"));
        lines.add("pve-firewall: %s, proxmox-firewall: %s".formatted(facts.pveFirewall(), facts.proxmoxFirewall()));
        lines.add("IPv4 in the kernel: " + words(facts.ipv4()));
        facts.ipv6().ifPresent(ipv6 -> lines.add("IPv6 in the kernel: " + words(ipv6)));
        return lines;
    }

    private static String words(FirewallFile file) {
        List<String> options = file.options().entrySet().stream()
                .filter(option -> List.of("enable", "policy_in", "nftables").contains(option.getKey()))
                .map(option -> option.getKey() + ": " + option.getValue())
                .sorted()
                .toList();
        return (options.isEmpty() ? "nothing about it" : String.join(", ", options))
                + (file.ignored().isEmpty() ? "" : "; ignored " + String.join("; ", file.ignored()));
    }

    private static String words(Reading<Kernel> reading) {
        return switch (reading) {
            case Reading.Unknown<Kernel>(var why) -> why;
            case Reading.Known<Kernel>(var kernel) ->
                "INPUT leads to PVEFW-INPUT: %s, on to PVEFW-HOST-IN: %s, then %s"
                        .formatted(
                                kernel.hooked() ? "yes" : "no",
                                kernel.hostChain() ? "yes" : "no",
                                kernel.policy().map(InputPolicy::toString).orElse("not told"));
        };
    }
}
