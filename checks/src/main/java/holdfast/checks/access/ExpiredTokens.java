package holdfast.checks.access;

import static holdfast.check.Verdict.pass;
import static holdfast.checks.access.Access.blame;
import static holdfast.checks.access.Access.culprit;
import static holdfast.checks.access.Access.day;
import static holdfast.checks.access.Access.line;

import holdfast.access.UserConfig.Token;
import holdfast.check.Check;
import holdfast.check.CheckInfo;
import holdfast.check.Member;
import holdfast.check.Severity;
import holdfast.check.Verdict;
import holdfast.checks.access.Access.Culprit;
import holdfast.policy.Policy;
import holdfast.probe.Probe;
import java.util.List;

/** An expired token does nothing, until somebody with the right to gives it another date: its secret and its entries are still there. */
@CheckInfo(
        title = "No expired API token is left",
        severity = Severity.LOW,
        tags = {"tokens", "hygiene"},
        references = {
            "Proxmox VE Administration Guide, User Management, API Tokens",
            "pve-access-control src/PVE/API2/User.pm: expire is a number of seconds since 1970"
        })
public final class ExpiredTokens implements Check.OfCluster<Access.Facts> {

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

    /** Proxmox VE 0.9, the first release, came out in 2008: nobody meant a day before it. */
    private static final long FIRST_RELEASE = 1_199_145_600L;

    private static Verdict judge(Access access) {
        List<Culprit> tokens = access.config().tokens().values().stream()
                .filter(token -> token.isExpired(access.now()))
                .map(ExpiredTokens::culpritOf)
                .toList();
        if (tokens.isEmpty()) {
            return pass("no token is expired");
        }
        return blame("expired tokens are still there", tokens).expected("tokens that can be used");
    }

    private static Culprit culpritOf(Token token) {
        boolean born = token.expires() < FIRST_RELEASE;
        String since = "token %s expired on %s".formatted(token.id(), day(token.expires()));
        return culprit(
                born ? token.id() + " (it was never of use)" : token.id(),
                line(
                        token.line(),
                        born
                                ? since + ": somebody took --expire for a length of time; it wants seconds since 1970"
                                : since),
                Pveum.removeToken(token));
    }
}
