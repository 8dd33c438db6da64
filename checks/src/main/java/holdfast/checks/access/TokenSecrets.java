package holdfast.checks.access;

import static holdfast.check.Verdict.pass;
import static holdfast.check.Verdict.unknown;
import static holdfast.checks.access.Access.blame;
import static holdfast.checks.access.Access.count;
import static holdfast.checks.access.Access.culprit;
import static holdfast.checks.access.Access.line;

import holdfast.access.Subject;
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
import java.util.ArrayList;
import java.util.List;
import java.util.SortedSet;

/** A secret without a token waits for a token of that name; a token without a secret can never be used. */
@CheckInfo(
        title = "user.cfg and token.cfg have the same API tokens",
        severity = Severity.MEDIUM,
        tags = {"tokens", "hygiene"},
        references = {
            "pve-access-control src/PVE/TokenConfig.pm, src/PVE/API2/User.pm",
            "Proxmox VE Administration Guide, User Management, API Tokens"
        })
public final class TokenSecrets implements Check.OfCluster<Access.Facts> {

    @Override
    public Probe<Access.Facts> probe(Policy policy) {
        return Access.FILES;
    }

    @Override
    public boolean asksStandalone() {
        return true;
    }

    @Override
    public Verdict judge(List<Member<Access.Facts>> members, Policy policy) {
        return Access.judge(members, access -> judge(access));
    }

    /** The node tells ids of this size at most; a longer one would look as if it had no secret. */
    private static final int TOLD = 60;

    private static Verdict judge(Access access) {
        return switch (access.files().secrets()) {
            case Reading.Unknown<SortedSet<String>>(var why) ->
                unknown("which tokens have a secret could not be read: %s", why);
            case Reading.Known<SortedSet<String>>(var secrets) -> judge(access, secrets);
        };
    }

    private static Verdict judge(Access access, SortedSet<String> secrets) {
        List<Culprit> orphans = new ArrayList<>();
        for (Token token : access.config().tokens().values()) {
            if (!secrets.contains(token.id()) && isTold(token.user())) {
                orphans.add(culprit(
                        token.id() + " (no secret)",
                        line(token.line(), "token %s has no secret in token.cfg".formatted(token.id())),
                        Pveum.removeToken(token)));
            }
        }
        for (String id : secrets) {
            if (access.config().token(id).isEmpty()) {
                Subject token = Subject.token(id);
                boolean user = access.config().user(token.owner()).isPresent();
                String make = "pveum user token add %s %s >/dev/null && pveum user token remove %s %s"
                        .formatted(
                                Pveum.word(token.owner()),
                                Pveum.word(token.tokenName()),
                                Pveum.word(token.owner()),
                                Pveum.word(token.tokenName()));
                orphans.add(culprit(
                        id + " (a secret alone)",
                        "token.cfg: a secret for %s, which user.cfg does not have%s"
                                .formatted(id, user ? "" : ", nor its user"),
                        user
                                ? make
                                : "%s --enable 0 && %s && %s"
                                        .formatted(
                                                Pveum.user("add", token.owner()),
                                                make,
                                                Pveum.user("delete", token.owner()))));
            }
        }
        if (orphans.isEmpty()) {
            return pass("%s, in user.cfg and in token.cfg", count(secrets.size(), "token", "tokens"));
        }
        return blame("user.cfg and token.cfg disagree about", orphans).expected("the same tokens in both files");
    }

    private static boolean isTold(String user) {
        String name = user.substring(0, user.lastIndexOf('@'));
        int bytes = name.codePoints()
                .map(point -> point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4)
                .sum();
        return bytes <= TOLD;
    }
}
