package holdfast.checks.access;

import static holdfast.check.Verdict.pass;
import static holdfast.checks.access.Access.blame;
import static holdfast.checks.access.Access.count;
import static holdfast.checks.access.Access.line;

import holdfast.access.Privileges;
import holdfast.access.Subject;
import holdfast.access.UserConfig;
import holdfast.access.UserConfig.Grant;
import holdfast.access.UserConfig.Token;
import holdfast.check.Check;
import holdfast.check.CheckInfo;
import holdfast.check.Member;
import holdfast.check.Severity;
import holdfast.check.Verdict;
import holdfast.checks.access.Access.Culprit;
import holdfast.policy.Policy;
import holdfast.probe.Probe;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/** Without privilege separation a token may whatever its user may, now and later. */
@CheckInfo(
        title = "Every API token has privilege separation",
        severity = Severity.HIGH,
        tags = {"tokens"},
        references = {
            "Proxmox VE Administration Guide, User Management, API Tokens",
            "pve-access-control src/PVE/RPCEnvironment.pm, permissions()"
        })
public final class TokenPrivilegeSeparation implements Check.OfCluster<Access.Facts> {

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
                .filter(token -> !token.separated())
                .map(token -> culpritOf(access, token))
                .toList();
        if (tokens.isEmpty()) {
            return pass(
                    "each of %s has privilege separation",
                    count(access.liveTokens().size(), "token", "tokens"));
        }
        return blame("tokens without privilege separation may all that their users may", tokens)
                .expected("privsep 1, and ACL entries for the token itself");
    }

    private static Culprit culpritOf(Access access, Token token) {
        Subject user = Subject.user(token.user());
        boolean administrative = access.isAdministrative(user);
        List<String> steps = new ArrayList<>();
        List<Grant> grants = access.config().grants().stream()
                .filter(grant -> grant.subject().equals(user)
                        || (grant.subject().kind() == Subject.Kind.GROUP
                                && access.permissions()
                                        .usersBehind(grant.subject())
                                        .contains(user.id())))
                .filter(grant -> !grant.role().equals(Privileges.NO_ACCESS))
                .toList();
        grants.forEach(grant ->
                steps.add(Pveum.addAcl(grant.path(), Subject.token(token.id()), grant.role(), grant.propagate())));
        if (grants.isEmpty()) {
            steps.add(
                    "give the token what it needs, on the narrowest path: pveum acl modify PATH --tokens %s --roles ROLE"
                            .formatted(Pveum.word(token.id())));
        }
        steps.add(Pveum.modifyToken(token, "--privsep 1"));
        return new Culprit(
                token.id() + (administrative ? " (its user is an administrator)" : ""),
                line(
                        token.line(),
                        "token %s, privsep 0; %s"
                                .formatted(
                                        token.id(),
                                        grants.isEmpty()
                                                ? user.id().equals(UserConfig.ROOT)
                                                        ? "root@pam may everything"
                                                        : token.user() + " has no ACL entry"
                                                : "its user has "
                                                        + grants.stream()
                                                                .limit(5)
                                                                .map(grant -> "%s (line %d)"
                                                                        .formatted(grant.words(), grant.line()))
                                                                .collect(Collectors.joining("; ")))),
                steps,
                Optional.of(administrative ? Severity.CRITICAL : Severity.HIGH));
    }
}
