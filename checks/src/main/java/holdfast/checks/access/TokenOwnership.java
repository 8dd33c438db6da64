package holdfast.checks.access;

import static holdfast.check.Verdict.pass;
import static holdfast.check.Verdict.unknown;
import static holdfast.checks.access.Access.blame;
import static holdfast.checks.access.Access.count;
import static holdfast.checks.access.Access.culprit;
import static holdfast.checks.access.Access.line;

import holdfast.access.AccessList;
import holdfast.access.AccessList.TokenEntry;
import holdfast.access.TokenNote;
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
import holdfast.text.Clean;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** A token of which nobody knows what it is for is never revoked. */
@CheckInfo(
        title = "Every API token has an owner and a purpose",
        severity = Severity.LOW,
        tags = {"tokens"},
        references = {
            "Proxmox VE Administration Guide, User Management, API Tokens",
            "policy access.lists, and owner= and purpose= in a token's comment"
        })
public final class TokenOwnership implements Check.OfCluster<Access.Facts> {

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
            case Reading.Known<Optional<AccessList>>(var list) -> judge(access, list);
        };
    }

    private static Verdict judge(Access access, Optional<AccessList> list) {
        List<Culprit> tokens = new ArrayList<>();
        for (Token token : access.liveTokens()) {
            Optional<TokenEntry> entry = list.flatMap(known -> known.token(token.id()));
            TokenNote note = token.note();
            boolean owned =
                    note.owner().isPresent() || entry.flatMap(TokenEntry::owner).isPresent();
            boolean meant = note.purpose().isPresent()
                    || entry.flatMap(TokenEntry::purpose).isPresent();
            if (!owned || !meant) {
                tokens.add(culpritOf(token, owned, meant));
            }
        }
        if (tokens.isEmpty()) {
            return pass(
                    "%s",
                    count(
                            access.liveTokens().size(),
                            "token has an owner and a purpose",
                            "tokens have an owner and a purpose"));
        }
        return blame("tokens without a known owner or purpose", tokens)
                .expected("owner and purpose of each token, in the access list or in its comment");
    }

    private static Culprit culpritOf(Token token, boolean owned, boolean meant) {
        String missing = owned ? "purpose" : meant ? "owner" : "owner and purpose";
        String words = (owned ? "" : " owner=NAME") + (meant ? "" : " purpose=\"WHAT FOR\"");
        return culprit(
                token.id(),
                line(
                        token.line(),
                        "token %s has no %s; its comment is '%s'"
                                .formatted(token.id(), missing, Clean.line(token.comment(), 100))),
                "LC_ALL=C.UTF-8 "
                        + Pveum.modifyToken(token, "--comment " + Pveum.word((token.comment() + words).strip())));
    }
}
