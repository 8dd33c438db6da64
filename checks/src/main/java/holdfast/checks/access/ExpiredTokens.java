package holdfast.checks.access;

import static holdfast.check.Verdict.pass;
import static holdfast.checks.access.Access.blame;
import static holdfast.checks.access.Access.culprit;
import static holdfast.checks.access.Access.day;
import static holdfast.checks.access.Access.line;
import static holdfast.checks.access.Access.names;

import holdfast.access.AccessList;
import holdfast.access.AccessList.TokenEntry;
import holdfast.access.Subject;
import holdfast.access.UserConfig.Grant;
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
import holdfast.probe.Reading;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

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

    /** Proxmox VE 0.9, the first release, came out in 2008: nobody meant a day before it. */
    private static final long FIRST_RELEASE = 1_199_145_600L;

    private static Verdict judge(Access access, Policy policy) {
        List<Token> tokens = access.config().tokens().values().stream()
                .filter(token -> token.isExpired(access.now()))
                .toList();
        if (tokens.isEmpty()) {
            return pass("no token is expired");
        }
        return blame(
                        "expired tokens are still there",
                        tokens.stream().map(ExpiredTokens::culpritOf).toList())
                .expected("tokens that can be used")
                .remedy(remedy(access, policy, tokens));
    }

    private static Remedy remedy(Access access, Policy policy, List<Token> tokens) {
        boolean revoking = policy.access().revokeInUse();
        return switch (access.list(policy)) {
            case Reading.Unknown<Optional<AccessList>>(var why) ->
                revoking
                        ? removal(access, tokens, List.of("--revoke was given: whether one is in_use is not asked"))
                        : Remedy.refused(
                                "a token that the access list marks as in_use is not removed, and " + why,
                                "scan again, and remove what nothing uses any more by hand, as advised");
            case Reading.Known<Optional<AccessList>>(var list) -> {
                List<String> used = tokens.stream()
                        .map(Token::id)
                        .filter(id -> list.flatMap(known -> known.token(id))
                                .filter(TokenEntry::inUse)
                                .isPresent())
                        .toList();
                if (!used.isEmpty() && !revoking) {
                    yield Remedy.refused(
                            "the access list marks %s as in_use".formatted(names(used)),
                            "give what uses it a token that lasts, or this one a later expiry: pveum user token modify USER NAME --expire SECONDS",
                            "then take in_use out of the access list, and scan again",
                            "or remove it all the same: holdfast fix --checks access.expired-tokens --revoke");
                }
                yield removal(
                        access,
                        tokens,
                        used.isEmpty()
                                ? List.of()
                                : List.of("--revoke was given: %s goes, though the access list marks it as in_use"
                                        .formatted(names(used))));
            }
        };
    }

    private static Remedy removal(Access access, List<Token> tokens, List<String> notes) {
        List<String> all = new ArrayList<>(notes);
        all.add(
                "an undo makes the tokens again, expired, with their entries and comments; their secrets are lost, which an expired token does not need");
        return PveumFix.remedy(
                access,
                PveumFix.oddTokens(tokens),
                tokens.stream()
                        .<Change>map(token -> PveumFix.removeToken(token, entries(access, token)))
                        .toList(),
                all.toArray(String[]::new));
    }

    private static List<Grant> entries(Access access, Token token) {
        return access.config().grants().stream()
                .filter(grant -> grant.subject().equals(Subject.token(token.id())))
                .toList();
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
