package holdfast.report;

import holdfast.check.Severity;
import holdfast.drift.Drift;
import holdfast.node.Phase;
import holdfast.policy.Waiver;
import holdfast.proxmox.NodeFacts;
import holdfast.run.ClusterResult;
import holdfast.run.Counts;
import holdfast.run.Finding;
import holdfast.run.NodeResult;
import holdfast.run.Run;
import holdfast.run.WaiverReview;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/** Runs as reports get them, made by hand: the same in every test run, with no clock and no chance in them. */
public final class ReportSamples {

    /** When the samples' last run began. */
    public static final Instant AT = Instant.parse("2026-11-20T04:00:12.250Z");

    private static final Duration WEEK = Duration.ofDays(7);

    private ReportSamples() {}

    // ------------------------------------------------------------------ checks

    /** Twelve checks of seven areas, by id, in the catalogue's order; three of them are about a cluster. */
    public static Map<String, CheckPage> checks() {
        Map<String, CheckPage> pages = new LinkedHashMap<>();
        Stream.of(
                        page(
                                "sshd.root-login",
                                "Root logs in over SSH only as the policy allows",
                                Severity.HIGH,
                                false,
                                "sshd_config(5) PermitRootLogin",
                                "CIS Debian Linux 12 Benchmark 5.1.20",
                                "HomeSecExplorer Proxmox Hardening Guide 1.1.1"),
                        page(
                                "sshd.password-authentication",
                                "Nobody logs in over SSH with a password",
                                Severity.HIGH,
                                false,
                                "sshd_config(5) PasswordAuthentication, KbdInteractiveAuthentication",
                                "HomeSecExplorer Proxmox Hardening Guide 1.1.1"),
                        page(
                                "time.synchronized",
                                "The clock is kept by a time service",
                                Severity.MEDIUM,
                                false,
                                "CIS Debian Linux 12 Benchmark 2.3",
                                "chronyc(1), timedatectl(1), ntpq(1), ntpctl(8)"),
                        page(
                                "time.offset",
                                "The clock is right",
                                Severity.LOW,
                                false,
                                "Ceph mon_clock_drift_allowed, 0.05 s"),
                        page(
                                "pveproxy.listening",
                                "The web interface listens where it should",
                                Severity.MEDIUM,
                                false,
                                "Proxmox VE Administration Guide, pveproxy - Proxmox VE API Proxy Daemon"),
                        page(
                                "firewall.enabled",
                                "The firewall is on and loaded",
                                Severity.CRITICAL,
                                false,
                                "Proxmox VE Administration Guide, Firewall",
                                "HomeSecExplorer Proxmox Hardening Guide 3.1"),
                        page(
                                "certificate.expiry",
                                "No certificate is about to expire",
                                Severity.HIGH,
                                false,
                                "Proxmox VE Administration Guide, Certificate Management"),
                        page(
                                "certificate.served",
                                "The web interface serves the node's own certificate",
                                Severity.MEDIUM,
                                false,
                                "ss(8), openssl-s_client(1)"),
                        page(
                                "access.token-expiry",
                                "Every API token expires",
                                Severity.MEDIUM,
                                false,
                                "Proxmox VE Administration Guide, User Management, API Tokens",
                                "policy access.token_max_days"),
                        page(
                                "cluster.quorum",
                                "The cluster has quorum",
                                Severity.CRITICAL,
                                true,
                                "Proxmox VE Administration Guide, Cluster Manager, Quorum",
                                "votequorum(5)"),
                        page(
                                "cluster.links",
                                "The cluster has as many links as the policy wants",
                                Severity.MEDIUM,
                                true,
                                "Proxmox VE Administration Guide, Cluster Manager, Corosync Redundancy",
                                "corosync-cfgtool(8), corosync.conf(5)"),
                        page(
                                "time.skew",
                                "The members' clocks agree",
                                Severity.HIGH,
                                true,
                                "pve-ha-manager: time stamps more than 2 s ahead count as drift"))
                .forEach(page -> pages.put(page.id(), page));
        return pages;
    }

    private static CheckPage page(String id, String title, Severity severity, boolean cluster, String... references) {
        return new CheckPage(
                id, title, severity, cluster, List.of("sample"), List.of(references), """
                ## Why

                What **%s** asks matters: `%s` is what an attacker tries first, and what an
                upgrade puts back.

                - a first reason
                - a second one, with `code`

                ## What mends it

                1. Write the file.
                2. Reload the service, and ask again:
                   it has to pass.

                ## When not to

                Not before another login works.
                """.formatted(id, id));
    }

    private static String area(String id) {
        return id.substring(0, id.indexOf('.'));
    }

    // ------------------------------------------------------------------ findings

    /** A finding with all that one of its status has. */
    public static Finding finding(CheckPage page, Finding.Status status, String message, Optional<Waiver> waiver) {
        boolean failing = status == Finding.Status.FAIL || status == Finding.Status.WAIVED;
        boolean fixable = failing && page.severity() != Severity.LOW;
        return new Finding(
                page.id(),
                page.title(),
                page.severity(),
                status,
                message,
                failing ? "what the policy wants of " + page.id() : "",
                failing ? "what the node does about " + page.id() : "",
                status == Finding.Status.SKIP
                        ? List.of()
                        : List.of("/etc/holdfast/" + page.id() + ":12: Setting yes", "systemctl is-active: active"),
                failing ? List.of("write the drop-in", "sshd -t && systemctl reload ssh") : List.of(),
                fixable
                        ? Optional.of(new Finding.RenderedFile(
                                "/etc/ssh/sshd_config.d/00-holdfast-%s.conf"
                                        .formatted(page.id().replace('.', '-')),
                                "# Written by holdfast for the check %s.\nPermitRootLogin no\n".formatted(page.id())))
                        : Optional.empty(),
                Optional.empty(),
                waiver,
                fixable,
                Finding.fingerprint(status, page.severity(), message));
    }

    private static Finding finding(String check, Finding.Status status, String message) {
        return finding(known(check), status, message, Optional.empty());
    }

    private static CheckPage known(String check) {
        CheckPage page = checks().get(check);
        if (page == null) {
            throw new IllegalArgumentException("no sample check " + check);
        }
        return page;
    }

    // ------------------------------------------------------------------ a small fleet

    private static Waiver waiver(String check, String node, String reason, String owner, String expires) {
        return new Waiver(check, List.of(node), reason, owner, LocalDate.parse(expires));
    }

    private static final Waiver USED = waiver(
            "time.synchronized",
            "pve2",
            "the GPS clock is repaired in January",
            "Kim Berg <kim@example.com>",
            "2027-01-31");
    private static final Waiver EXPIRED = waiver(
            "certificate.expiry",
            "pve1",
            "the new CA comes in October",
            "Noor Haddad <noor@example.com>",
            "2026-10-31");

    /** What became of five waivers, one in each state. */
    public static List<WaiverReview> waivers() {
        return List.of(
                new WaiverReview(
                        EXPIRED,
                        WaiverReview.State.EXPIRED,
                        1,
                        "expired after 2026-10-31; 1 of what it accepted still fails: mend it, or have %s renew it"
                                .formatted(EXPIRED.owner())),
                new WaiverReview(USED, WaiverReview.State.USED, 1, "accepts 1 failure until 2027-01-31"),
                new WaiverReview(
                        waiver("pveproxy.*", "pve*", "behind the reverse proxy", "Kim Berg", "2027-03-01"),
                        WaiverReview.State.UNNEEDED,
                        0,
                        "matches no failure: what it accepted does not fail (any more)"),
                new WaiverReview(
                        waiver("sshd.root-logon", "pve1", "the backup needs root", "Noor Haddad", "2027-03-01"),
                        WaiverReview.State.UNMATCHED,
                        0,
                        "matches nothing: there is no check 'sshd.root-logon'"),
                new WaiverReview(
                        waiver("time.offset", "pve3", "no network to the time servers", "Kim Berg", "2027-03-01"),
                        WaiverReview.State.UNTOLD,
                        0,
                        "what it accepts was not asked, or could not be told"));
    }

    /**
     * Three members of a cluster, of which one cannot be reached, and a node that stands alone: failures of every
     * severity, two waivers at work of which one has expired, a check that cannot be told, one that does not apply.
     */
    public static Run run() {
        String root = "root may log in with a password from 10.0.0.0/24: PermitRootLogin yes,"
                + " /etc/ssh/sshd_config:33 (Proxmox writes it on join); no drop-in overrides it";
        List<NodeResult> nodes = List.of(
                node(
                        "pve1",
                        Optional.of("lab"),
                        Map.of(
                                "sshd.root-login", finding("sshd.root-login", Finding.Status.FAIL, root),
                                "firewall.enabled",
                                        finding(
                                                "firewall.enabled",
                                                Finding.Status.FAIL,
                                                "the firewall is off: enable is 0"),
                                "certificate.expiry",
                                        finding(
                                                known("certificate.expiry"),
                                                Finding.Status.FAIL,
                                                "pveproxy-ssl.pem expires in 3 days",
                                                Optional.of(EXPIRED)))),
                node(
                        "pve2",
                        Optional.of("lab"),
                        Map.of(
                                "sshd.root-login", finding("sshd.root-login", Finding.Status.FAIL, root),
                                "time.synchronized",
                                        finding(
                                                known("time.synchronized"),
                                                Finding.Status.WAIVED,
                                                "no time service runs",
                                                Optional.of(USED)),
                                "time.offset", finding("time.offset", Finding.Status.FAIL, "the clock is 212 ms ahead"),
                                "certificate.served",
                                        finding(
                                                "certificate.served",
                                                Finding.Status.UNKNOWN,
                                                "port 8006 did not answer within 10 s"))),
                silent("pve3", Optional.of("lab")),
                node(
                        "backup1",
                        Optional.empty(),
                        Map.of(
                                "access.token-expiry",
                                finding(
                                        "access.token-expiry",
                                        Finding.Status.FAIL,
                                        "2 tokens never expire: monitor@pve!grafana, backup@pbs!nightly"))));
        List<ClusterResult> clusters = List.of(new ClusterResult(
                "lab",
                Optional.of("9f".repeat(32)),
                List.of("pve1", "pve2", "pve3"),
                Optional.of(new ClusterResult.Count(true, 2, 3, 2, 0)),
                List.of(
                        finding("cluster.quorum", Finding.Status.PASS, "quorate with 2 of 3 votes"),
                        finding("cluster.links", Finding.Status.FAIL, "one link; the policy wants 2"),
                        finding("time.skew", Finding.Status.UNKNOWN, "pve3 does not tell its time")),
                List.of()));
        return run("20261120T040012Z-7b1e", AT, nodes, clusters).withWaivers(waivers());
    }

    /** A week before {@link #run()}: other failures, another node, and pve3 answered. */
    public static Run before() {
        List<NodeResult> nodes = List.of(
                node(
                        "pve1",
                        Optional.of("lab"),
                        Map.of(
                                "sshd.password-authentication",
                                        finding(
                                                "sshd.password-authentication",
                                                Finding.Status.FAIL,
                                                "passwords are accepted from everywhere"),
                                "certificate.expiry",
                                        finding(
                                                known("certificate.expiry"),
                                                Finding.Status.WAIVED,
                                                "pveproxy-ssl.pem expires in 10 days",
                                                Optional.of(EXPIRED)))),
                node(
                        "pve2",
                        Optional.of("lab"),
                        Map.of(
                                "sshd.root-login",
                                        finding("sshd.root-login", Finding.Status.FAIL, "root may log in with a key"),
                                "time.synchronized",
                                        finding("time.synchronized", Finding.Status.FAIL, "no time service runs"))),
                node("pve3", Optional.of("lab"), Map.of()),
                node("old1", Optional.empty(), Map.of()));
        List<ClusterResult> clusters = List.of(new ClusterResult(
                "lab",
                Optional.of("9f".repeat(32)),
                List.of("pve1", "pve2", "pve3"),
                Optional.of(new ClusterResult.Count(true, 3, 3, 2, 1)),
                List.of(
                        finding("cluster.quorum", Finding.Status.PASS, "quorate with 3 of 3 votes"),
                        finding("cluster.links", Finding.Status.FAIL, "one link; the policy wants 2"),
                        finding("time.skew", Finding.Status.PASS, "the clocks agree within 4 ms")),
                List.of()));
        return run("20261113T040009Z-51c0", AT.minus(WEEK), nodes, clusters);
    }

    private static Run run(String id, Instant at, List<NodeResult> nodes, List<ClusterResult> clusters) {
        return new Run(
                id,
                "scan",
                at,
                at.plusMillis(3_400),
                new Run.Context(
                        "0.1.0",
                        "ops",
                        "admin.example.com",
                        List.of("inventories/lab.yml"),
                        "c0ffee".repeat(10) + "c0ff",
                        "",
                        "lab"),
                List.copyOf(checks().keySet()),
                nodes,
                clusters);
    }

    /** A node that answered; what is not said of its checks passes, and one area does not apply. */
    private static NodeResult node(String name, Optional<String> cluster, Map<String, Finding> told) {
        List<Finding> findings = new ArrayList<>();
        checks().values().stream().filter(page -> !page.cluster()).forEach(page -> {
            Finding finding = told.get(page.id());
            if (finding == null) {
                finding = name.equals("backup1") && area(page.id()).equals("sshd")
                        ? finding(page.id(), Finding.Status.SKIP, "no sshd runs here")
                        : finding(page.id(), Finding.Status.PASS, "as the policy wants it");
            }
            findings.add(finding);
        });
        return new NodeResult(
                name,
                "10.0.0." + (10 + name.length()),
                cluster,
                NodeResult.State.OK,
                Optional.empty(),
                Optional.of(new NodeFacts(
                        name, "Debian GNU/Linux 12 (bookworm)", "6.8.12-11-pve", Map.of("pve-manager", "8.4.21"))),
                812,
                findings,
                List.of());
    }

    /** A node that did not answer: all of its checks are unknown. */
    private static NodeResult silent(String name, Optional<String> cluster) {
        String why = "no route to host (10.0.0.13:22)";
        return new NodeResult(
                name,
                "10.0.0.13",
                cluster,
                NodeResult.State.UNREACHABLE,
                Optional.of(new NodeResult.Trouble(Phase.CONNECT, why)),
                Optional.empty(),
                5_000,
                checks().values().stream()
                        .filter(page -> !page.cluster())
                        .map(page -> finding(page, Finding.Status.UNKNOWN, why, Optional.empty()))
                        .toList(),
                List.of());
    }

    /** {@link #run()} with what is different from a week before, and a trend of twelve weeks. */
    public static Reported reported() {
        Run run = run();
        return new Reported(run, Optional.of(Drift.between(before(), run, "the approved run")), trend(run), checks());
    }

    /** {@link #run()} alone: nothing to compare with, and the first of its series. */
    public static Reported first() {
        Run run = run();
        return new Reported(run, Optional.empty(), List.of(new TrendPoint(run.id(), AT, run.counts())), checks());
    }

    /** A run in which everything is as the policy wants it, the same as the run before. */
    public static Reported clean() {
        Run run = run("20261120T040012Z-7b1e", AT, List.of(node("pve1", Optional.empty(), Map.of())), List.of());
        Run earlier = run(
                "20261113T040009Z-51c0", AT.minus(WEEK), List.of(node("pve1", Optional.empty(), Map.of())), List.of());
        return new Reported(
                run,
                Optional.of(Drift.between(earlier, run, "")),
                List.of(
                        new TrendPoint(earlier.id(), earlier.startedAt(), earlier.counts()),
                        new TrendPoint(run.id(), AT, run.counts())),
                checks());
    }

    /** Twelve weekly runs, the last of which is this one. */
    private static List<TrendPoint> trend(Run last) {
        List<TrendPoint> points = new ArrayList<>();
        int[] failures = {14, 14, 12, 9, 9, 11, 8, 6, 6, 7, 4};
        for (int i = 0; i < failures.length; i++) {
            Instant at = AT.minus(WEEK.multipliedBy(failures.length - i));
            Map<Finding.Status, Integer> byStatus = new EnumMap<>(Finding.Status.class);
            byStatus.put(Finding.Status.FAIL, failures[i]);
            byStatus.put(Finding.Status.WAIVED, i % 3);
            byStatus.put(Finding.Status.PASS, 39 - failures[i] - i % 3);
            Map<Severity, Integer> bySeverity = new EnumMap<>(Severity.class);
            bySeverity.put(Severity.HIGH, failures[i] / 2);
            bySeverity.put(Severity.LOW, failures[i] - failures[i] / 2);
            points.add(new TrendPoint(
                    "%tY%<tm%<tdT040000Z-%04x".formatted(at.atZone(java.time.ZoneOffset.UTC), i),
                    at,
                    new Counts(4, i % 4 == 3 ? 1 : 0, byStatus, bySeverity, 0)));
        }
        points.add(new TrendPoint(last.id(), last.startedAt(), last.counts()));
        return points;
    }

    // ------------------------------------------------------------------ fleets of any size

    /**
     * A fleet in clusters of sixteen: about one finding in twelve fails, in one of a few ways, often with a measurement
     * of its own; one node in fifty does not answer.
     *
     * @param nodes how many
     * @param checks how many, of twelve areas
     */
    public static Reported fleet(int nodes, int checks) {
        Map<String, CheckPage> pages = new LinkedHashMap<>();
        for (int i = 0; i < checks; i++) {
            String area = List.of(
                            "access",
                            "certificate",
                            "cluster",
                            "disk",
                            "firewall",
                            "guest",
                            "kernel",
                            "package",
                            "pveproxy",
                            "sshd",
                            "storage",
                            "time")
                    .get(i * 12 / checks);
            boolean cluster = area.equals("cluster");
            String id = "%s.subject-%02d".formatted(area, i);
            pages.put(
                    id,
                    page(
                            id,
                            "What the policy wants of %s, part %d".formatted(area, i),
                            List.of(Severity.values()).get((i * 7 + i / 4) % 4),
                            cluster,
                            "CIS Debian Linux 12 Benchmark %d.%d".formatted(1 + i / 10, i % 10),
                            "Proxmox VE Administration Guide, Chapter %d".formatted(i % 9)));
        }
        Run later = fleet(pages, nodes, 0);
        Run earlier = fleet(pages, nodes, 1);
        List<TrendPoint> trend = List.of(
                new TrendPoint(earlier.id(), earlier.startedAt(), earlier.counts()),
                new TrendPoint(later.id(), later.startedAt(), later.counts()));
        return new Reported(later, Optional.of(Drift.between(earlier, later, "the last run")), trend, pages);
    }

    private static Run fleet(Map<String, CheckPage> pages, int count, int weeksAgo) {
        List<NodeResult> nodes = new ArrayList<>();
        Map<String, List<String>> members = new LinkedHashMap<>();
        for (int i = 0; i < count; i++) {
            String name = "pve%04d.example.com".formatted(i + 1);
            String cluster = "rack%02d".formatted(i / 16 + 1);
            members.computeIfAbsent(cluster, unused -> new ArrayList<>()).add(name);
            boolean silent = i % 50 == 17;
            List<Finding> findings = new ArrayList<>();
            int at = 0;
            for (CheckPage page : pages.values()) {
                at++;
                if (page.cluster()) {
                    continue;
                }
                findings.add(
                        silent
                                ? finding(page, Finding.Status.UNKNOWN, "no route to host", Optional.empty())
                                : chance(page, mix(i * 1_009L + at), mix(i * 131L + at * 17L + weeksAgo)));
            }
            nodes.add(new NodeResult(
                    name,
                    "10.%d.%d.%d".formatted(i / 62_500, i / 250 % 250, i % 250 + 1),
                    Optional.of(cluster),
                    silent ? NodeResult.State.UNREACHABLE : NodeResult.State.OK,
                    silent ? Optional.of(new NodeResult.Trouble(Phase.CONNECT, "no route to host")) : Optional.empty(),
                    silent
                            ? Optional.empty()
                            : Optional.of(new NodeFacts(
                                    name, "Debian GNU/Linux 12", "6.8.12-11-pve", Map.of("pve-manager", "8.4.21"))),
                    800 + i % 400,
                    findings,
                    List.of()));
        }
        List<ClusterResult> clusters = new ArrayList<>();
        members.forEach((name, names) -> {
            List<Finding> findings = new ArrayList<>();
            pages.values().stream()
                    .filter(CheckPage::cluster)
                    .forEach(page -> findings.add(chance(
                            page, mix(name.hashCode() * 31L + page.id().hashCode()), mix(name.hashCode() + weeksAgo))));
            clusters.add(new ClusterResult(
                    name,
                    Optional.empty(),
                    names,
                    Optional.of(new ClusterResult.Count(true, names.size(), names.size(), names.size() / 2 + 1, 1)),
                    findings,
                    List.of()));
        });
        Instant at = AT.minus(WEEK.multipliedBy(weeksAgo));
        return new Run(
                "2026%s-%04x".formatted(weeksAgo, weeksAgo),
                "scan",
                at,
                at.plusSeconds(70),
                new Run.Context(
                        "0.1.0", "ops", "admin", List.of("inventories/fleet.yml"), "ab".repeat(32), "", "fleet"),
                List.copyOf(pages.keySet()),
                nodes,
                clusters);
    }

    /** @param steady decides in most cases, {@code changing} in one of fifty: what is different from week to week */
    private static Finding chance(CheckPage page, long steady, long changing) {
        long dice = Math.floorMod(changing, 50) == 0 ? changing : steady;
        int side = (int) Math.floorMod(dice / 64, 100L);
        if (side < 8) {
            String message = side % 2 == 0
                    ? "the setting of %s is yes; the policy wants no".formatted(page.id())
                    : "%d of what %s counts is too much".formatted(Math.floorMod(dice / 8_192, 9), page.id());
            return finding(page, Finding.Status.FAIL, message, Optional.empty());
        }
        if (side < 9) {
            return finding(
                    page,
                    Finding.Status.WAIVED,
                    "the setting of %s is yes; the policy wants no".formatted(page.id()),
                    Optional.of(USED));
        }
        if (side < 10) {
            return finding(page, Finding.Status.UNKNOWN, "the probe took longer than 8 s", Optional.empty());
        }
        return side < 14
                ? finding(page, Finding.Status.SKIP, "does not apply here", Optional.empty())
                : finding(page, Finding.Status.PASS, "as the policy wants it", Optional.empty());
    }

    /** SplitMix64's finalizer (Steele, Lea, Flood 2014): an even spread without chance. */
    private static long mix(long value) {
        long z = value + 0x9e3779b97f4a7c15L;
        z = (z ^ (z >>> 30)) * 0xbf58476d1ce4e5b9L;
        z = (z ^ (z >>> 27)) * 0x94d049bb133111ebL;
        return z ^ (z >>> 31);
    }

    // ------------------------------------------------------------------ hostile ones

    /** {@link #reported()}, but the nodes, the inventory and the people say {@code evil} wherever they say anything. */
    public static Reported saying(String evil) {
        Waiver waiver = new Waiver(evil, List.of(evil, evil), evil, evil, LocalDate.parse("2026-10-31"));
        CheckPage page = new CheckPage(
                evil,
                evil,
                Severity.HIGH,
                false,
                List.of(evil),
                List.of(evil, "CIS " + evil),
                "## " + evil + "\n\n- " + evil + "\n\n`" + evil + "` **" + evil + "** " + evil);
        List<Finding> findings = new ArrayList<>();
        for (Finding.Status status : Finding.Status.values()) {
            findings.add(new Finding(
                    status == Finding.Status.FAIL ? evil : evil + status.label(),
                    evil,
                    Severity.HIGH,
                    status,
                    evil,
                    evil,
                    evil,
                    List.of(evil, evil),
                    List.of(evil, evil),
                    Optional.of(new Finding.RenderedFile(evil, evil)),
                    Optional.empty(),
                    status == Finding.Status.FAIL || status == Finding.Status.WAIVED
                            ? Optional.of(waiver)
                            : Optional.empty(),
                    true,
                    evil));
        }
        List<Finding> earlier = findings.stream()
                .map(finding -> finding(
                        page(finding.check(), evil, Severity.LOW, false), Finding.Status.PASS, evil, Optional.empty()))
                .toList();
        Run before = said(evil, AT.minus(WEEK), earlier);
        Run after = said(evil, AT, findings)
                .withWaivers(List.of(new WaiverReview(waiver, WaiverReview.State.EXPIRED, 1, evil)));
        Map<String, CheckPage> pages = new LinkedHashMap<>();
        pages.put(evil, page);
        return new Reported(
                after,
                Optional.of(Drift.between(before, after, evil)),
                List.of(
                        new TrendPoint(evil, before.startedAt(), before.counts()),
                        new TrendPoint(evil, AT, after.counts())),
                pages);
    }

    private static Run said(String evil, Instant at, List<Finding> findings) {
        NodeResult node = new NodeResult(
                evil,
                evil,
                Optional.of(evil),
                NodeResult.State.OK,
                Optional.empty(),
                Optional.of(new NodeFacts(evil, evil, evil, Map.of("pve-manager", evil))),
                1,
                findings,
                List.of());
        NodeResult silent = new NodeResult(
                evil + "2",
                evil,
                Optional.empty(),
                NodeResult.State.ERROR,
                Optional.of(new NodeResult.Trouble(Phase.PROBE, evil)),
                Optional.empty(),
                1,
                List.of(),
                List.of());
        return new Run(
                evil,
                "scan",
                at,
                at,
                new Run.Context(evil, evil, evil, List.of(evil, evil), evil, evil, evil),
                findings.stream().map(Finding::check).toList(),
                List.of(node, silent),
                List.of(new ClusterResult(
                        evil, Optional.of(evil), List.of(evil), Optional.empty(), findings, List.of())));
    }
}
