package holdfast.store;

import holdfast.check.Severity;
import holdfast.discovery.Comparison;
import holdfast.node.Phase;
import holdfast.policy.Waiver;
import holdfast.proxmox.NodeFacts;
import holdfast.run.AppliedChange;
import holdfast.run.ClusterResult;
import holdfast.run.Finding;
import holdfast.run.NodeResult;
import holdfast.run.Run;
import holdfast.run.WaiverReview;
import java.time.Instant;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.random.RandomGenerator;

/** Runs that were made up, the same for the same seed. */
final class SomeRuns {

    private static final Instant START = Instant.parse("2026-01-01T03:00:00.120Z");
    private static final Waiver WAIVER =
            new Waiver("sshd.*", List.of("pve1*"), "until the move", "ops", LocalDate.of(2026, 6, 30));

    private SomeRuns() {}

    /** The id of a number; ids sort as their numbers do. */
    static String id(int number) {
        return "20260101T030000Z-%06x".formatted(number);
    }

    /** A run with nothing in it. */
    static Run empty(int number, String command, String series) {
        return new Run(
                id(number),
                command,
                START.plusSeconds(86_400L * number),
                START.plusSeconds(86_400L * number + 70),
                new Run.Context("0.1.0", "ops", "desk", List.of("fleet.yml"), "ab".repeat(32), "", series),
                List.of("sshd.root-login", "time.skew"),
                List.of(),
                List.of());
    }

    private static Run with(Run run, List<NodeResult> nodes, List<ClusterResult> clusters) {
        return new Run(
                run.id(),
                run.command(),
                run.startedAt(),
                run.finishedAt(),
                run.context(),
                run.checks(),
                nodes,
                clusters);
    }

    /**
     * A healthy fleet that changes a little every day.
     *
     * @param day the number of the run
     * @param nodes how many
     * @param checks how many each; five of them, at most, measure something
     */
    static Run fleet(int day, int nodes, int checks) {
        RandomGenerator today = new Random(day * 31L + 5);
        List<NodeResult> results = new ArrayList<>();
        for (int n = 1; n <= nodes; n++) {
            String name = "pve%04d".formatted(n);
            boolean away = today.nextInt(2000) == 0;
            List<Finding> findings = new ArrayList<>();
            for (int c = 0; c < checks; c++) {
                findings.add(
                        away
                                ? unknown(check(c))
                                : c < 5
                                        ? measured(check(c), 1 + today.nextInt(60_000))
                                        : steady(check(c), n, failsOn(n, c, day)));
            }
            results.add(
                    away
                            ? new NodeResult(
                                    name,
                                    "10.0.%d.%d".formatted(n / 250, n % 250),
                                    Optional.empty(),
                                    NodeResult.State.UNREACHABLE,
                                    Optional.of(new NodeResult.Trouble(Phase.CONNECT, "no route to host")),
                                    Optional.empty(),
                                    5000 + today.nextInt(100),
                                    findings,
                                    List.of())
                            : new NodeResult(
                                    name,
                                    "10.0.%d.%d".formatted(n / 250, n % 250),
                                    Optional.of("lab" + n / 16),
                                    NodeResult.State.OK,
                                    Optional.empty(),
                                    Optional.of(facts(name, day / 30)),
                                    300 + today.nextInt(2000),
                                    findings,
                                    List.of()));
        }
        return with(empty(day, "scan", "fleet"), results, List.of());
    }

    /** Half a percent of all findings change sides each week. */
    private static boolean failsOn(int node, int check, int day) {
        boolean fails = new Random(node * 1009L + check).nextInt(12) == 0;
        int week = day / 7;
        for (int w = 1; w <= week; w++) {
            fails ^= new Random(node * 7919L + check * 104_729L + w * 1_299_709L).nextInt(200) == 0;
        }
        return fails;
    }

    static String check(int number) {
        return "%s.%s-%02d"
                .formatted(
                        List.of("sshd", "time", "cluster", "access", "firewall", "certificate")
                                .get(number % 6),
                        List.of("root-login", "synchronized", "administrators").get(number % 3),
                        number);
    }

    private static NodeFacts facts(String name, int month) {
        return new NodeFacts(
                name,
                "Debian GNU/Linux 12 (bookworm)",
                "6.8.12-%d-pve".formatted(month + 1),
                Map.of("pve-manager", "8.3." + month));
    }

    private static Finding measured(String check, int millis) {
        String shown = "%d.%03d ms".formatted(millis / 1000, millis % 1000);
        return new Finding(
                check,
                "The clock agrees with the others",
                Severity.MEDIUM,
                Finding.Status.PASS,
                "the clock is off by %s, as chrony measures it; at most 100 ms are allowed".formatted(shown),
                "",
                "",
                List.of(
                        "chronyc -c tracking: reference 192.0.2.10, stratum 3, offset " + shown
                                + ", leap status normal",
                        "systemctl is-active chrony.service: active",
                        "/etc/chrony/chrony.conf: pool 2.debian.pool.ntp.org iburst"),
                List.of(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                false,
                Finding.fingerprint(Finding.Status.PASS, Severity.MEDIUM, check + " the clock is off by …"));
    }

    private static Finding steady(String check, int node, boolean fails) {
        Finding.Status status = fails ? Finding.Status.FAIL : Finding.Status.PASS;
        // A third of the checks quote something of their own node.
        String own = check.hashCode() % 3 == 0 ? "node %d: ".formatted(node) : "";
        String message = own
                + (fails
                        ? "root may log in with a password from 10.0.0.0/24: PermitRootLogin yes"
                        : "root does not log in with a password, whatever address it comes from");
        return new Finding(
                check,
                "Root does not log in over SSH",
                Severity.HIGH,
                status,
                message,
                fails ? "PermitRootLogin no" : "",
                fails ? "PermitRootLogin yes (/etc/ssh/sshd_config:33)" : "",
                List.of(
                        own + "sshd -T -C user=root,host=other,addr=192.0.2.1: permitrootlogin "
                                + (fails ? "yes" : "no"),
                        "sshd -T -C user=root,host=peer,addr=10.0.0.12: permitrootlogin prohibit-password",
                        "/etc/ssh/sshd_config:33: PermitRootLogin yes"),
                fails
                        ? List.of("write /etc/ssh/sshd_config.d/00-holdfast-root-login.conf", "reload ssh.service")
                        : List.of(),
                fails
                        ? Optional.of(new Finding.RenderedFile(
                                "/etc/ssh/sshd_config.d/00-holdfast-root-login.conf",
                                "# Written by holdfast for the check " + check + ".\nPermitRootLogin no\n"))
                        : Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                fails,
                Finding.fingerprint(status, Severity.HIGH, message));
    }

    private static Finding unknown(String check) {
        return new Finding(
                check,
                "Root does not log in over SSH",
                Severity.HIGH,
                Finding.Status.UNKNOWN,
                "the node could not be reached: no route to host",
                "",
                "",
                List.of(),
                List.of(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                false,
                Finding.fingerprint(Finding.Status.UNKNOWN, Severity.HIGH, check));
    }

    /** Something of everything that a run can hold; hostile text included. */
    static Run anything(int number, String series, RandomGenerator chance) {
        List<NodeResult> nodes = new ArrayList<>();
        List<Integer> names = new ArrayList<>(List.of(1, 2, 3, 4, 5));
        Collections.shuffle(names, new Random(chance.nextInt(3)));
        for (int name : names.subList(0, 1 + chance.nextInt(5))) {
            boolean read = chance.nextInt(4) != 0;
            nodes.add(new NodeResult(
                    "pve" + name,
                    "10.0.0." + name,
                    chance.nextBoolean() ? Optional.of("lab") : Optional.empty(),
                    read ? NodeResult.State.OK : NodeResult.State.UNREACHABLE,
                    read
                            ? Optional.empty()
                            : Optional.of(new NodeResult.Trouble(Phase.CONNECT, "no route" + chance.nextInt(2))),
                    read ? Optional.of(facts("pve" + name, chance.nextInt(2))) : Optional.empty(),
                    chance.nextInt(3) == 0 ? 0 : chance.nextInt(100_000),
                    findings(chance),
                    changes(chance)));
        }
        List<ClusterResult> clusters = new ArrayList<>();
        for (int c = chance.nextInt(4); c > 0; c--) {
            clusters.add(new ClusterResult(
                    chance.nextBoolean() ? "lab" : "lab2",
                    chance.nextInt(3) == 0
                            ? Optional.empty()
                            : Optional.of("%02x".formatted(c).repeat(32)),
                    List.of("pve1", "pve2"),
                    chance.nextBoolean()
                            ? Optional.empty()
                            : Optional.of(new ClusterResult.Count(chance.nextBoolean(), 3, 3, 2, chance.nextInt(2))),
                    findings(chance),
                    changes(chance)));
        }
        Run run = with(empty(number, chance.nextInt(3) == 0 ? "fix" : "scan", series), nodes, clusters);
        if (chance.nextBoolean()) {
            run = run.withWaivers(List.of(new WaiverReview(
                    WAIVER, one(WaiverReview.State.values(), chance), chance.nextInt(4), "accepts some")));
        }
        return chance.nextInt(4) != 0
                ? run
                : run.withDiscovery(new Comparison(
                        1,
                        List.of(new Comparison.NotInInventory(
                                "lab", Optional.of("ab".repeat(32)), "pve9", List.of("10.0.0.9"), List.of("pve1"))),
                        List.of(new Comparison.NotInCluster(
                                "pve2", Comparison.Reason.REMOVED, "lab", "it was removed")),
                        List.of(new Comparison.Untold("pve3", "no answer"))));
    }

    private static List<Finding> findings(RandomGenerator chance) {
        List<Finding> findings = new ArrayList<>();
        for (int check = 0; check < 7; check++) {
            // Not every selection has every check.
            switch (chance.nextInt(7)) {
                case 0 -> {}
                case 1 -> findings.add(unknown(check(check)));
                case 2, 3 -> findings.add(measured(check(check), chance.nextInt(5000)));
                case 4 -> findings.add(odd(check(check), chance));
                default -> findings.add(steady(check(check), chance.nextInt(3), chance.nextBoolean()));
            }
        }
        return findings;
    }

    private static Finding odd(String check, RandomGenerator chance) {
        Finding.Status status = chance.nextBoolean() ? Finding.Status.FAIL : Finding.Status.WAIVED;
        return new Finding(
                check,
                "A title with \"quotes\", ünïcode and 日本語",
                one(Severity.values(), chance),
                status,
                "' OR 1=1; DROP TABLE entry; -- \u0000 \u001b[2J 😀 \u202e " + chance.nextInt(3),
                "",
                "x".repeat(chance.nextInt(3) * 40_000),
                List.of("", "a\nb", "\\u0000"),
                List.of(),
                Optional.empty(),
                Optional.empty(),
                Optional.of(WAIVER),
                false,
                Finding.fingerprint(status, Severity.LOW, "odd"));
    }

    private static <T> T one(T[] all, RandomGenerator chance) {
        return List.of(all).get(chance.nextInt(all.length));
    }

    private static List<AppliedChange> changes(RandomGenerator chance) {
        return chance.nextInt(5) != 0
                ? List.of()
                : List.of(new AppliedChange(
                        "sshd.root-login",
                        "/etc/ssh/x.conf",
                        "write",
                        "--- a\n+++ b\n@@ -1 +1 @@\n-x\n+y\n",
                        one(AppliedChange.State.values(), chance),
                        chance.nextBoolean() ? "" : "done"));
    }
}
