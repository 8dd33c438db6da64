package holdfast.checks.access;

import static holdfast.check.Verdict.notApplicable;
import static holdfast.check.Verdict.pass;
import static holdfast.checks.access.Access.blame;
import static holdfast.checks.access.Access.count;
import static holdfast.checks.access.Access.culprit;
import static holdfast.checks.access.Access.line;

import holdfast.access.AccessLog;
import holdfast.access.UserConfig;
import holdfast.access.UserConfig.Token;
import holdfast.access.UserConfig.User;
import holdfast.check.Check;
import holdfast.check.CheckInfo;
import holdfast.check.Member;
import holdfast.check.Severity;
import holdfast.check.Verdict;
import holdfast.checks.access.Access.Culprit;
import holdfast.policy.Policy;
import holdfast.probe.Probe;
import holdfast.probe.Reading;
import holdfast.text.Measurement;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/** Proxmox VE does not keep a last login; the access log does, for about a week unless it is kept longer. */
@CheckInfo(
        title = "Every enabled user is used",
        severity = Severity.LOW,
        tags = {"accounts", "hygiene"},
        references = {
            "pve-http-server src/PVE/APIServer/AnyEvent.pm: /var/log/pveproxy/access.log",
            "policy access.unused_days"
        })
public final class UnusedUsers implements Check.OfCluster<Access.Facts> {

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
        int wanted = policy.access().unusedDays();
        return switch (access.log()) {
            case Reading.Unknown<AccessLog>(var why) -> access.untold(why);
            case Reading.Known<AccessLog>(var log) -> judge(access, log, wanted);
        };
    }

    private static Verdict judge(Access access, AccessLog log, int wanted) {
        long today = Math.floorDiv(access.now(), 86_400L);
        // Users log in on any member: the shortest of the logs decides how far back all of them tell.
        long reach = access.facts().values().stream()
                .mapToLong(facts -> facts.log() instanceof Reading.Known<AccessLog>(var own)
                        ? own.since().map(since -> today - since.toEpochDay()).orElse(0L)
                        : 0L)
                .min()
                .orElse(0);
        if (reach < wanted) {
            return notApplicable(
                    "the access log reaches back %s, and the policy asks for %d (access.unused_days)",
                    Measurement.text(count(reach, "day", "days")), wanted);
        }
        Map<String, LocalDate> last = log.lastUse();
        Map<User, LocalDate> used = new LinkedHashMap<>();
        List<User> unused = new ArrayList<>();
        for (User user : access.config().users().values()) {
            Optional<LocalDate> day = Stream.concat(
                            Stream.of(user.id()),
                            access.config().tokensOf(user.id()).stream().map(Token::id))
                    .flatMap(who -> Optional.ofNullable(last.get(who)).stream())
                    .max(Comparator.naturalOrder());
            day.ifPresent(known -> used.put(user, known));
            if (user.isActive(access.now())
                    && !user.id().equals(UserConfig.ROOT)
                    && day.filter(known -> today - known.toEpochDay() < wanted).isEmpty()) {
                unused.add(user);
            }
        }
        // Who was never there stands before who was not there lately.
        unused.sort(Comparator.comparing(user -> used.getOrDefault(user, LocalDate.MIN)));
        if (unused.isEmpty()) {
            return pass("every enabled user or one of its tokens was used within %d days", wanted);
        }
        return blame(
                        "enabled users that nobody used for %d days, or that are new".formatted(wanted),
                        unused.stream()
                                .map(user -> culpritOf(user, Optional.ofNullable(used.get(user)), reach))
                                .toList())
                .expected("a call of each user, or of one of its tokens, within %d days".formatted(wanted));
    }

    private static Culprit culpritOf(User user, Optional<LocalDate> used, long reach) {
        return culprit(
                user.id(),
                line(
                        user.line(),
                        "user %s: %s"
                                .formatted(
                                        user.id(),
                                        used.map(day -> "last used on " + day)
                                                .orElse("no call of it or its tokens in %s days of log"
                                                        .formatted(Measurement.of(reach))))),
                Pveum.modifyUser(user.id(), "--enable 0"),
                "or, when nobody needs it: " + Pveum.user("delete", user.id()));
    }
}
