package holdfast.checks.access;

import static holdfast.check.Verdict.pass;
import static holdfast.checks.access.Access.blame;
import static holdfast.checks.access.Access.count;
import static holdfast.checks.access.Access.culprit;
import static holdfast.checks.access.Access.day;
import static holdfast.checks.access.Access.days;
import static holdfast.checks.access.Access.line;

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

/** What uses the token stops on that day, without a word from Proxmox VE before. */
@CheckInfo(
        title = "No API token is about to expire",
        severity = Severity.LOW,
        tags = {"tokens", "availability"},
        references = {"Proxmox VE Administration Guide, User Management, API Tokens", "policy access.token_warn_days"})
public final class ExpiringTokens implements Check.OfCluster<Access.Facts> {

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
        int warn = policy.access().tokenWarnDays();
        List<Culprit> tokens = access.liveTokens().stream()
                .filter(token -> token.expires() != 0 && days(access.now(), token.expires()) < warn)
                .map(token -> culprit(
                        "%s on %s".formatted(token.id(), day(token.expires())),
                        line(
                                token.line(),
                                "token %s expires on %s, in %s"
                                        .formatted(
                                                token.id(),
                                                day(token.expires()),
                                                Measurement.text(
                                                        count(days(access.now(), token.expires()), "day", "days")))),
                        "where it is still needed, give what uses it a new token with the same ACL entries (pveum user token add), then: "
                                + Pveum.removeToken(token),
                        "to let it live on with the secret that it has: "
                                + Pveum.modifyToken(
                                        token, Pveum.expireIn(policy.access().tokenMaxDays()))))
                .toList();
        if (tokens.isEmpty()) {
            return pass("no token expires within %d days", warn);
        }
        return blame("tokens expire soon", tokens)
                .expected("more than %d days left, or a successor that is in use".formatted(warn));
    }
}
