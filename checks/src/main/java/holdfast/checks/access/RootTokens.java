package holdfast.checks.access;

import static holdfast.check.Verdict.pass;
import static holdfast.checks.access.Access.blame;
import static holdfast.checks.access.Access.culprit;
import static holdfast.checks.access.Access.day;
import static holdfast.checks.access.Access.line;

import holdfast.access.UserConfig;
import holdfast.access.UserConfig.Token;
import holdfast.change.Remedy;
import holdfast.check.Check;
import holdfast.check.CheckInfo;
import holdfast.check.Member;
import holdfast.check.Severity;
import holdfast.check.Verdict;
import holdfast.checks.access.Access.Culprit;
import holdfast.policy.Policy;
import holdfast.probe.Probe;
import java.util.List;

/** What holds a token of {@code root@pam} without privilege separation may everything, on every node, without a second factor. */
@CheckInfo(
        title = "No API token belongs to root@pam",
        severity = Severity.CRITICAL,
        tags = {"tokens", "accounts"},
        references = {
            "Proxmox VE Administration Guide, User Management, API Tokens",
            "pve-access-control src/PVE/RPCEnvironment.pm: a token without privilege separation has the rights of its user",
            "HomeSecExplorer Proxmox Hardening Guide 2.1.5"
        })
public final class RootTokens implements Check.OfCluster<Access.Facts> {

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

    private static Verdict judge(Access access) {
        List<Culprit> tokens = access.liveTokens().stream()
                .filter(token -> token.user().equals(UserConfig.ROOT))
                .map(RootTokens::culpritOf)
                .toList();
        if (tokens.isEmpty()) {
            return pass("root@pam has no API token that can be used");
        }
        return blame("API tokens of root@pam", tokens)
                .expected("tokens of users that have no more rights than the task needs")
                .remedy(Remedy.refused(
                        "what uses a token of root@pam stops as soon as it is removed, and no file of the node tells who that is",
                        "holdfast token rotate does not help: the new token would be root@pam's as well",
                        "who uses it: holdfast token trace ID",
                        "make a user for the task, and give it the right: pveum user add NAME@pve; pveum acl modify PATH --users NAME@pve --roles ROLE",
                        "give it a token that has the same right, and hand its secret over once: holdfast token create 'NAME@pve!NAME' --role ROLE --path PATH --secret-file FILE",
                        "when what used the old token works with the new one: holdfast token revoke ID --watch 10m"));
    }

    private static Culprit culpritOf(Token token) {
        return culprit(
                        token.id() + (token.separated() ? "" : " (without privilege separation)"),
                        line(
                                token.line(),
                                "token %s, %s, %s"
                                        .formatted(
                                                token.id(),
                                                token.separated()
                                                        ? "privsep 1: it may what its own ACL entries say"
                                                        : "privsep 0: it may everything",
                                                token.expires() == 0
                                                        ? "it never expires"
                                                        : "it expires on " + day(token.expires()))),
                        "make a user for the task, with rights and a token of its own: pveum user add NAME@pve; pveum acl modify PATH --users NAME@pve --roles ROLE; pveum user token add NAME@pve NAME --privsep 1; pveum acl modify PATH --tokens 'NAME@pve!NAME' --roles ROLE",
                        "when nothing uses it any more: " + Pveum.removeToken(token))
                .as(token.separated() ? Severity.MEDIUM : Severity.CRITICAL);
    }
}
