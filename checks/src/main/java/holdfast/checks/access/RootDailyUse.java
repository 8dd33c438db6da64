package holdfast.checks.access;

import static holdfast.check.Verdict.pass;
import static holdfast.checks.access.Access.count;
import static holdfast.checks.access.Access.names;

import holdfast.access.AccessLog;
import holdfast.access.UserConfig;
import holdfast.check.Check;
import holdfast.check.CheckInfo;
import holdfast.check.Member;
import holdfast.check.Severity;
import holdfast.check.Verdict;
import holdfast.policy.Policy;
import holdfast.probe.Probe;
import holdfast.probe.Reading;
import holdfast.text.Measurement;
import java.time.LocalDate;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/** What root@pam does is nobody's: a name of one's own tells who it was. */
@CheckInfo(
        title = "root@pam is not used for daily work",
        severity = Severity.LOW,
        tags = {"accounts"},
        references = {
            "pve-http-server src/PVE/APIServer/AnyEvent.pm: /var/log/pveproxy/access.log",
            "policy access.root_days"
        })
public final class RootDailyUse implements Check.OfCluster<Access.Facts> {

    @Override
    public Probe<Access.Facts> probe(Policy policy) {
        return Access.FILES_AND_LOG;
    }

    @Override
    public boolean asksStandalone() {
        return true;
    }

    @Override
    public Verdict judge(List<Member<Access.Facts>> members, Policy policy) {
        return Access.judge(members, access -> judge(access, policy));
    }

    private static Verdict judge(Access access, Policy policy) {
        int allowed = policy.access().rootDays();
        Map<LocalDate, Set<String>> days = new TreeMap<>();
        Set<String> addresses = new TreeSet<>();
        for (AccessLog.Use use : access.readLogs().by(UserConfig.ROOT)) {
            if (use.calls() > use.refused()) {
                days.computeIfAbsent(use.day(), day -> new TreeSet<>()).add(use.address());
                addresses.add(use.address());
            }
        }
        if (days.size() > allowed) {
            return Verdict.fail(
                            "root@pam was used on %s of the access log, from %s",
                            Measurement.of(
                                    "%d of %d days",
                                    days.size(), access.readLogs().days().size()),
                            names(List.copyOf(addresses)))
                    .expected("at most %s".formatted(count(allowed, "day", "days")))
                    .actual(Measurement.text(count(days.size(), "day", "days")))
                    .evidence(days.entrySet().stream()
                            .map(day -> Measurement.of(
                                    "%s: root@pam from %s", day.getKey(), names(List.copyOf(day.getValue()))))
                            .toList())
                    .comparedBy(List.copyOf(addresses))
                    .advice(
                            "give each administrator a user of his own: pveum user add NAME@pve; pveum acl modify / --users NAME@pve --roles Administrator; and name it in the policy's access.administrators",
                            "keep root@pam for emergencies, with a password that lies in a safe place");
        }
        return switch (access.log()) {
            case Reading.Unknown<AccessLog>(var why) -> access.untold(why);
            case Reading.Known<AccessLog>(var log) ->
                pass(
                        "root@pam was used on %s of the access log",
                        Measurement.of("%d of %d days", days.size(), log.days().size()));
        };
    }
}
