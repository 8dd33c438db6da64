package holdfast.checks.access;

import static holdfast.check.Verdict.pass;
import static holdfast.checks.access.Access.blame;
import static holdfast.checks.access.Access.culprit;
import static holdfast.checks.access.Access.line;
import static holdfast.checks.access.Access.names;

import holdfast.access.AccessLog;
import holdfast.access.UserConfig;
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
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;

/** With a shared password nobody can say who it was, and nobody can be taken out alone. */
@CheckInfo(
        title = "No account looks as if several people shared it",
        severity = Severity.LOW,
        tags = {"accounts"},
        references = {
            "Proxmox VE Administration Guide, User Management, Users",
            "pve-http-server src/PVE/APIServer/AnyEvent.pm: /var/log/pveproxy/access.log"
        })
public final class SharedAccounts implements Check.OfCluster<Access.Facts> {

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
        return Access.judge(members, access -> judge(access));
    }

    /** Words for several people; one in a name is enough. */
    private static final Set<String> SEVERAL = Set.of(
            "common",
            "everybody",
            "everyone",
            "generic",
            "helpdesk",
            "operators",
            "shared",
            "staff",
            "students",
            "support",
            "team",
            "users");

    /** Words that name a role or nobody; a person's name may have one at its end, so they have to stand alone. */
    private static final Set<String> NOBODY = Set.of(
            "admin",
            "administrator",
            "admins",
            "all",
            "demo",
            "general",
            "guest",
            "intern",
            "noc",
            "office",
            "operator",
            "student",
            "temp",
            "test",
            "tester",
            "user");

    /** Desk, meeting room, telephone, home: one person seldom has more in a day. */
    private static final int ADDRESSES = 5;

    private static Verdict judge(Access access) {
        Set<String> own = new TreeSet<>(Set.of("127.0.0.1", "::1"));
        access.facts()
                .values()
                .forEach(facts -> facts.membership().peerAddresses().values().forEach(own::addAll));
        List<Culprit> culprits = new ArrayList<>();
        for (User user : access.config().users().values()) {
            if (user.id().equals(UserConfig.ROOT) || !access.canLogIn(user)) {
                continue;
            }
            List<String> why = new ArrayList<>();
            if (isWord(user.id().substring(0, user.id().lastIndexOf('@')))) {
                why.add("its name is not a person's");
            }
            busiestDay(access, user, own)
                    .ifPresent(day -> why.add(Measurement.of(
                            "%d addresses on %s: %s",
                            day.getValue().size(), day.getKey(), names(List.copyOf(day.getValue())))));
            if (!why.isEmpty()) {
                culprits.add(culprit(
                        user.id(),
                        line(user.line(), "user %s: %s".formatted(user.id(), String.join("; ", why))),
                        "if several people use it, give each a user of his own in the same groups: pveum user add NAME@REALM --groups GROUP; then: "
                                + Pveum.modifyUser(user.id(), "--enable 0"),
                        "if one person or one program uses it, accept the finding with a waiver and its owner"));
            }
        }
        if (!culprits.isEmpty()) {
            return blame("may be shared by several people", culprits).expected("an account for each person");
        }
        return switch (access.log()) {
            case Reading.Unknown<AccessLog>(var why) -> access.untold("no name looks shared, but " + why);
            case Reading.Known<AccessLog>(var log) ->
                pass("no name, and no day of the access log, looks as if people shared an account");
        };
    }

    /** {@code support}, {@code shared-ops}, {@code test2}; not {@code anna.admin}. */
    private static boolean isWord(String name) {
        List<String> words = Stream.of(name.toLowerCase(Locale.ROOT).split("[^\\p{L}]+"))
                .filter(word -> !word.isEmpty())
                .toList();
        return words.stream().anyMatch(SEVERAL::contains) || (!words.isEmpty() && NOBODY.containsAll(words));
    }

    private static Optional<Map.Entry<LocalDate, Set<String>>> busiestDay(Access access, User user, Set<String> own) {
        Map<LocalDate, Set<String>> days = new TreeMap<>();
        for (AccessLog.Use use : access.readLogs().by(user.id())) {
            if (use.calls() > use.refused() && !own.contains(use.address())) {
                days.computeIfAbsent(use.day(), day -> new TreeSet<>()).add(use.address());
            }
        }
        return days.entrySet().stream()
                .filter(day -> day.getValue().size() >= ADDRESSES)
                .max(Comparator.comparingInt(day -> day.getValue().size()));
    }
}
