package holdfast.checks.time;

import static holdfast.check.Verdict.fail;
import static holdfast.check.Verdict.notApplicable;
import static holdfast.check.Verdict.pass;
import static holdfast.check.Verdict.unknown;

import holdfast.change.Remedy;
import holdfast.check.Check;
import holdfast.check.CheckInfo;
import holdfast.check.Member;
import holdfast.check.Severity;
import holdfast.check.Verdict;
import holdfast.policy.Policy;
import holdfast.probe.ClockOffset;
import holdfast.probe.Probe;
import holdfast.probe.Reading;
import holdfast.text.Measurement;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.DoubleSummaryStatistics;
import java.util.List;

/** The members of a cluster agree on the time, measured against one clock: the controller's. */
@CheckInfo(
        title = "The members' clocks agree",
        severity = Severity.HIGH,
        tags = {"cluster"},
        references = {
            "Proxmox VE Administration Guide, Cluster Manager, Requirements",
            "pve-ha-manager: time stamps more than 2 s ahead count as drift",
            "Ceph mon_clock_drift_allowed, 0.05 s"
        })
public final class Skew implements Check.OfCluster<ClockOffset> {

    private record Measured(String node, ClockOffset clock) {

        double earliest() {
            return clock.millis() - clock.uncertaintyMillis();
        }

        double latest() {
            return clock.millis() + clock.uncertaintyMillis();
        }
    }

    @Override
    public Probe<ClockOffset> probe(Policy policy) {
        return new Probe.Clock();
    }

    @Override
    public Verdict judge(List<Member<ClockOffset>> members, Policy policy) {
        List<Measured> measured = new ArrayList<>();
        List<String> unread = new ArrayList<>();
        for (Member<ClockOffset> member : members) {
            switch (member.reading()) {
                case Reading.Known<ClockOffset>(var clock) -> measured.add(new Measured(member.node(), clock));
                case Reading.Unknown<ClockOffset> unknown -> unread.add(member.node());
            }
        }
        if (members.size() == 1) {
            return notApplicable("only one member of this cluster was scanned: there is nothing to compare with");
        }
        if (measured.size() < 2) {
            return unknown("fewer than two members' clocks could be read");
        }
        // Each clock lies within its doubt. What proves a difference is the pair whose ranges are farthest apart.
        Measured slow = measured.stream()
                .min(Comparator.comparingDouble(Measured::latest))
                .orElseThrow();
        Measured fast = measured.stream()
                .max(Comparator.comparingDouble(Measured::earliest))
                .orElseThrow();
        double most = measured.stream().mapToDouble(Measured::latest).max().orElseThrow()
                - measured.stream().mapToDouble(Measured::earliest).min().orElseThrow();
        DoubleSummaryStatistics offsets =
                measured.stream().mapToDouble(one -> one.clock().millis()).summaryStatistics();
        double skew = offsets.getMax() - offsets.getMin();
        double doubt = most - skew;
        int limit = policy.time().maxSkewMs();
        if (fast.earliest() - slow.latest() > limit) {
            double apart = fast.clock().millis() - slow.clock().millis();
            return fail(
                            "the clocks of %s and %s are %s, more than %d ms",
                            slow.node(),
                            fast.node(),
                            Measurement.of(
                                    "%.0f ms apart (measured to ±%.0f ms)",
                                    apart,
                                    slow.clock().uncertaintyMillis()
                                            + fast.clock().uncertaintyMillis()),
                            limit)
                    .expected("at most %d ms".formatted(limit))
                    .actual(Measurement.of("%.0f ms", apart))
                    .evidence(measured.stream()
                            .map(one -> "%s: %s against this machine"
                                    .formatted(
                                            one.node(),
                                            Measurement.of(
                                                    "%+.0f ms ± %.0f ms",
                                                    one.clock().millis(),
                                                    one.clock().uncertaintyMillis())))
                            .toList())
                    .advice("see time.synchronized of these nodes; let chrony slew, never step a running member")
                    .remedy(Remedy.refused(
                            "no command brings clocks together without a step, and HA and Ceph take a step for a fault",
                            "let 'holdfast fix' mend time.synchronized on %s and %s, with the same time.servers for all members"
                                    .formatted(slow.node(), fast.node()),
                            "let chrony slew, and scan again"));
        }
        if (most > limit && doubt <= limit) {
            return unknown(
                    "the clocks seem %s ms apart, but the measurement is only good to ±%s ms: the way there is slow",
                    Measurement.of("%.0f", skew), Measurement.of("%.0f", doubt));
        }
        if (doubt > limit) {
            return unknown(
                    "the way to the nodes is too slow to measure %d ms: ±%s ms", limit, Measurement.of("%.0f", doubt));
        }
        if (!unread.isEmpty()) {
            return unknown("the clock of %s could not be read; the others agree", String.join(", ", unread));
        }
        return pass("%d members agree to %s", measured.size(), Measurement.of("%.0f ms (±%.0f ms)", skew, doubt));
    }
}
