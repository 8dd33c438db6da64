package holdfast.checks.access;

import static holdfast.check.Verdict.pass;
import static holdfast.checks.access.Access.blame;
import static holdfast.checks.access.Access.count;
import static holdfast.checks.access.Access.culprit;
import static holdfast.checks.access.Access.day;
import static holdfast.checks.access.Access.days;
import static holdfast.checks.access.Access.line;

import holdfast.access.UserConfig.Token;
import holdfast.change.Change;
import holdfast.change.Remedy;
import holdfast.check.Check;
import holdfast.check.CheckInfo;
import holdfast.check.Member;
import holdfast.check.Severity;
import holdfast.check.Verdict;
import holdfast.checks.access.Access.Culprit;
import holdfast.policy.Policy;
import holdfast.probe.Probe;
import holdfast.text.Measurement;
import java.util.List;

/** A token that never expires outlives whoever knew what it was for. */
@CheckInfo(
        title = "Every API token expires within the policy's limit",
        severity = Severity.MEDIUM,
        tags = {"tokens"},
        references = {
            "Proxmox VE Administration Guide, User Management, API Tokens",
            "policy access.token_max_days",
            "HomeSecExplorer Proxmox Hardening Guide 2.2.4"
        })
public final class TokenExpiry implements Check.OfCluster<Access.Facts> {

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
        return Access.judge(members, access -> judge(access, policy));
    }

    private static Verdict judge(Access access, Policy policy) {
        int limit = policy.access().tokenMaxDays();
        List<Token> late = access.liveTokens().stream()
                .filter(token -> token.expires() == 0 || days(access.now(), token.expires()) > limit)
                .toList();
        List<Culprit> tokens = late.stream()
                .map(token -> culprit(
                        token.id() + (token.expires() == 0 ? "" : " (%s)".formatted(day(token.expires()))),
                        line(
                                token.line(),
                                "token %s %s"
                                        .formatted(
                                                token.id(),
                                                token.expires() == 0
                                                        ? "never expires"
                                                        : "expires on %s, in %s days"
                                                                .formatted(
                                                                        day(token.expires()),
                                                                        Measurement.of(
                                                                                days(access.now(), token.expires()))))),
                        Pveum.modifyToken(token, Pveum.expireIn(limit))))
                .toList();
        if (tokens.isEmpty()) {
            return pass(
                    "%s within %d days", count(access.liveTokens().size(), "token expires", "tokens expire"), limit);
        }
        return blame("tokens that never expire, or later than in %d days".formatted(limit), tokens)
                .expected("an expiry at most %d days ahead".formatted(limit))
                .remedy(remedy(access, late, limit));
    }

    /** On the last midnight that the policy allows. */
    private static Remedy remedy(Access access, List<Token> tokens, int limit) {
        if (limit < 1) {
            return Remedy.refused(
                    "access.token_max_days is 0: every token would end at once",
                    "say in the policy how many days a token may last",
                    "or remove the tokens by hand");
        }
        long expires = Math.floorDiv(access.now(), 86_400L) * 86_400L + limit * 86_400L;
        return PveumFix.remedy(
                access,
                PveumFix.oddTokens(tokens),
                tokens.stream()
                        .<Change>map(token -> PveumFix.expire(token, expires))
                        .toList(),
                "what uses these tokens goes on until %s and stops then, unless they are rotated before"
                        .formatted(day(expires)));
    }
}
