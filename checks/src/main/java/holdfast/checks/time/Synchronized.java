package holdfast.checks.time;

import static holdfast.check.Verdict.fail;
import static holdfast.check.Verdict.pass;
import static holdfast.check.Verdict.unknown;

import holdfast.check.Check;
import holdfast.check.CheckInfo;
import holdfast.check.Severity;
import holdfast.check.Verdict;
import holdfast.policy.Policy;
import holdfast.probe.Probe;
import holdfast.probe.Reading;
import holdfast.text.Measurement;
import java.util.List;

/** Exactly one time daemon runs, follows a real source, and is within the policy's offset of it. */
@CheckInfo(
        title = "The clock follows a time source",
        severity = Severity.MEDIUM,
        proxmoxOnly = false,
        tags = {"cis"},
        references = {
            "chronyc(1), timedatectl(1), ntpq(1), ntpctl(8)",
            "CIS Debian Linux 12 Benchmark 2.3",
            "Proxmox VE Administration Guide, Time Synchronization"
        })
public final class Synchronized implements Check.OfNode<TimeState> {

    @Override
    public Probe<TimeState> probe(Policy policy) {
        return TimeState.PROBE;
    }

    @Override
    public Verdict judge(TimeState facts, Policy policy) {
        List<String> evidence = facts.answers().entrySet().stream()
                .map(entry -> entry.getKey() + ": " + words(entry.getValue()))
                .sorted()
                .toList();
        String wanted = "one time daemon, synchronised within %d ms"
                .formatted(policy.time().maxOffsetMs());
        if (facts.active().isEmpty()) {
            boolean masked = facts.masked().contains("chrony");
            return fail("no time daemon runs%s", masked ? ": chrony.service is masked" : "")
                    .expected(wanted)
                    .actual("chrony, systemd-timesyncd, ntpsec and openntpd are all inactive")
                    .advice(
                            masked
                                    ? "systemctl unmask chrony && systemctl enable --now chrony"
                                    : "apt install chrony && systemctl enable --now chrony")
                    .remedy(ChronyFix.of(facts, policy));
        }
        if (facts.active().size() > 1) {
            return fail(
                            "%d time daemons run at once and pull at the same clock: %s",
                            facts.active().size(), String.join(", ", facts.active()))
                    .expected(wanted)
                    .actual(String.join(" and ", facts.active()))
                    .evidence(evidence)
                    .advice("keep chrony: systemctl disable --now "
                            + String.join(
                                    " ",
                                    facts.active().stream()
                                            .filter(daemon -> !daemon.equals("chrony"))
                                            .toList()))
                    .remedy(ChronyFix.of(facts, policy));
        }
        String daemon = facts.active().get(0);
        Reading<TimeState.Answer> reading = facts.answers().get(daemon);
        return switch (reading) {
            case null -> unknown("%s was not asked", daemon);
            case Reading.Unknown<TimeState.Answer>(var why) -> unknown("%s runs but does not answer: %s", daemon, why);
            case Reading.Known<TimeState.Answer>(var answer) -> judge(daemon, answer, facts, wanted, evidence, policy);
        };
    }

    private static String words(Reading<TimeState.Answer> reading) {
        return switch (reading) {
            case Reading.Unknown<TimeState.Answer>(var why) -> why;
            case Reading.Known<TimeState.Answer>(var answer) ->
                "%s, source %s, offset %s"
                        .formatted(
                                answer.detail(),
                                answer.source().isEmpty() ? "none" : answer.source(),
                                answer.offsetMillis().isPresent()
                                        ? Measurement.of(
                                                "%.3f ms", answer.offsetMillis().getAsDouble())
                                        : "not told");
        };
    }

    private static Verdict judge(
            String daemon,
            TimeState.Answer answer,
            TimeState facts,
            String wanted,
            List<String> evidence,
            Policy policy) {
        if (!answer.synchronised()) {
            return fail("the clock is not synchronised: %s", answer.detail())
                    .expected(wanted)
                    .actual(answer.detail())
                    .evidence(evidence)
                    .advice(
                            daemon.equals("chrony")
                                    ? "look at its sources: chronyc -n sources; is UDP 123 open to them?"
                                    : "look at journalctl -u " + daemon)
                    .remedy(ChronyFix.of(facts, policy));
        }
        if (answer.offsetMillis().isPresent()
                && answer.offsetMillis().getAsDouble() > policy.time().maxOffsetMs()) {
            return fail(
                            "the clock is %s ms from %s, more than %d ms",
                            Measurement.of("%.1f", answer.offsetMillis().getAsDouble()),
                            answer.source(),
                            policy.time().maxOffsetMs())
                    .expected(wanted)
                    .actual(Measurement.of("%.1f ms", answer.offsetMillis().getAsDouble()))
                    .evidence(evidence)
                    .advice("let it slew and scan again; on a cluster never step the clock of a running node");
        }
        return pass(
                "%s follows %s%s",
                daemon,
                answer.source(),
                answer.offsetMillis().isPresent()
                        ? ", %s ms off"
                                .formatted(Measurement.of(
                                        "%.1f", answer.offsetMillis().getAsDouble()))
                        : "; it does not tell its offset");
    }
}
