package holdfast.checks.access;

import static holdfast.check.Verdict.pass;
import static holdfast.check.Verdict.unknown;
import static holdfast.checks.access.Access.blame;
import static holdfast.checks.access.Access.count;
import static holdfast.checks.access.Access.culprit;
import static holdfast.checks.access.Access.line;

import holdfast.access.AccessList;
import holdfast.access.UserConfig.Token;
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
import java.util.Optional;
import java.util.stream.Stream;

/** Proxmox VE does not keep how old a secret is; the access list or the token's comment has to. */
@CheckInfo(
        title = "Every API token's secret is younger than the policy's limit",
        severity = Severity.MEDIUM,
        tags = {"tokens"},
        references = {
            "Proxmox VE Administration Guide, User Management, API Tokens",
            "policy access.token_rotation_days, access.lists, and created= and rotated= in a token's comment"
        })
public final class TokenRotation implements Check.OfCluster<Access.Facts> {

    @Override
    public Probe<Access.Facts> probe(Policy policy) {
        return Access.withList(policy);
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
        return switch (access.list(policy)) {
            case Reading.Unknown<Optional<AccessList>>(var why) -> unknown("%s", why);
            case Reading.Known<Optional<AccessList>>(var list) ->
                judge(access, list, policy.access().tokenRotationDays());
        };
    }

    private static Verdict judge(Access access, Optional<AccessList> list, int limit) {
        List<Culprit> old = new ArrayList<>();
        List<Culprit> unknown = new ArrayList<>();
        LocalDate today = LocalDate.ofEpochDay(Math.floorDiv(access.now(), 86_400L));
        for (Token token : access.liveTokens()) {
            Optional<LocalDate> since = since(token, list);
            if (since.isEmpty() || since.get().isAfter(today.plusDays(1))) {
                unknown.add(undated(token, since));
            } else if (today.toEpochDay() - since.get().toEpochDay() > limit) {
                old.add(old(token, since.get(), today));
            }
        }
        if (!old.isEmpty()) {
            List<Culprit> all = new ArrayList<>(old);
            all.addAll(unknown);
            Verdict.Fail fail = blame("tokens with secrets older than %d days".formatted(limit), old)
                    .expected("secrets of at most %d days".formatted(limit));
            return fail.evidence(all.stream().map(Culprit::evidence).toList());
        }
        if (!unknown.isEmpty()) {
            return blame("nobody knows how old the secrets of these tokens are", unknown)
                    .expected("a day for each token, in the access list or in its comment")
                    .severity(Severity.LOW);
        }
        return pass(
                "%s of at most %d days",
                count(access.liveTokens().size(), "token has a secret", "tokens have secrets"), limit);
    }

    private static Optional<LocalDate> since(Token token, Optional<AccessList> list) {
        Optional<LocalDate> listed = list.flatMap(known -> known.token(token.id()))
                .flatMap(entry -> entry.rotated().or(entry::created));
        Optional<LocalDate> noted = token.note().secretSince();
        return Stream.of(listed, noted).flatMap(Optional::stream).max(Comparator.naturalOrder());
    }

    private static Culprit old(Token token, LocalDate since, LocalDate today) {
        return culprit(
                token.id(),
                line(
                        token.line(),
                        "token %s has its secret since %s, %s days"
                                .formatted(token.id(), since, Measurement.of(today.toEpochDay() - since.toEpochDay()))),
                "make its successor: pveum user token add %s NAME --privsep 1, with the same ACL entries; when nothing uses the old one any more: %s"
                        .formatted(Pveum.word(token.user()), Pveum.removeToken(token)),
                "with libpve-access-control 9.1 and newer, in one step: " + Pveum.modifyToken(token, "--regenerate 1"));
    }

    private static Culprit undated(Token token, Optional<LocalDate> since) {
        return culprit(
                token.id(),
                line(
                        token.line(),
                        "token %s: %s"
                                .formatted(
                                        token.id(),
                                        since.map(day -> "its date %s has not come yet".formatted(day))
                                                .orElse("no date in the access list or in its comment"))),
                "write the day on which it got its secret to its comment: "
                        + "LC_ALL=C.UTF-8 "
                        + Pveum.modifyToken(
                                token, "--comment " + Pveum.word((token.comment() + " created=YYYY-MM-DD").strip())));
    }
}
