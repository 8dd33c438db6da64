package holdfast.checks.sshd;

import static holdfast.check.Verdict.fail;
import static holdfast.check.Verdict.pass;
import static holdfast.check.Verdict.unknown;

import holdfast.change.Change;
import holdfast.change.Remedy;
import holdfast.check.Check;
import holdfast.check.CheckInfo;
import holdfast.check.Severity;
import holdfast.check.Verdict;
import holdfast.policy.Policy;
import holdfast.probe.Probe;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Nobody logs in over SSH with a password, not even through PAM's keyboard-interactive. */
@CheckInfo(
        title = "SSH accepts no passwords",
        severity = Severity.HIGH,
        proxmoxOnly = false,
        tags = {"access"},
        references = {
            "sshd_config(5) PasswordAuthentication, KbdInteractiveAuthentication, AuthenticationMethods",
            "HomeSecExplorer Proxmox Hardening Guide 1.1.1"
        })
public final class PasswordAuthentication implements Check.OfNode<Sshd> {

    /** sshd keeps the first value that it reads, so the name must sort before all others. */
    public static final String DROP_IN = "/etc/ssh/sshd_config.d/00-holdfast-password-authentication.conf";

    /** @param overrulesLaterBlocks whether a Match block of a later file is to lose its effect on passwords */
    public record DropIn(boolean overrulesLaterBlocks) {}

    @Override
    public Probe<Sshd> probe(Policy policy) {
        return Sshd.probe(policy);
    }

    @Override
    public Verdict judge(Sshd facts, Policy policy) {
        if (policy.sshd().passwordAuthentication()) {
            return pass("the policy allows passwords");
        }
        // Root's password is of use only where PermitRootLogin is yes; sshd.root-login speaks of that.
        List<Sshd.Caller> open = facts.callers().stream()
                .filter(Sshd.Caller::passwordOpens)
                .filter(caller -> !caller.user().equals("root")
                        || caller.setting("permitrootlogin").equals("yes"))
                .toList();
        if (open.isEmpty()) {
            return facts.doubt().isPresent()
                    ? unknown("%s", facts.doubt().get())
                    : pass(
                            "no password opens SSH, from any of %d addresses",
                            addresses(facts).size());
        }
        Sshd.Caller first = open.get(0);
        boolean everywhere = addresses(facts).stream()
                .allMatch(address ->
                        open.stream().anyMatch(caller -> caller.address().equals(address)));
        return fail(
                        "%s may log in with a password from %s: %s",
                        who(open),
                        everywhere
                                ? "anywhere"
                                : open.stream()
                                        .map(Sshd.Caller::from)
                                        .distinct()
                                        .limit(3)
                                        .collect(Collectors.joining(", ")),
                        facts.written().explain(first.passwordSetting(), first))
                .expected("password_authentication: no")
                .actual(
                        first.passwordSetting().equals("passwordauthentication")
                                ? "PasswordAuthentication yes"
                                : "KbdInteractiveAuthentication yes with UsePAM yes")
                .evidence(Sshd.evidence(open))
                .advice("make sure that everybody who must get in has a key", "sshd -t && systemctl reload ssh")
                .remedy(remedy(facts, open));
    }

    private static Remedy remedy(Sshd facts, List<Sshd.Caller> open) {
        if (!facts.login().byKey()) {
            return Remedy.refused(
                    "this run logs in with a password, and would lock itself out",
                    "put a key of this machine into %s's authorized_keys, and leave -k away"
                            .formatted(facts.login().user()));
        }
        List<Placement.Blame> blames = open.stream()
                .map(caller -> new Placement.Blame(caller.passwordSetting(), caller))
                .toList();
        Optional<Written.Line> laterMatch = Placement.laterMatch(facts, DROP_IN, blames);
        return Placement.hindrance(facts, DROP_IN, blames)
                .or(() -> secondFactor(facts))
                .orElseGet(() -> {
                    Remedy.Steps steps = Placement.steps(
                            facts,
                            new Change.WriteFile(
                                    DROP_IN, "sshd/password-authentication.conf", new DropIn(laterMatch.isPresent())),
                            List.of(
                                    "passwordauthentication",
                                    "kbdinteractiveauthentication",
                                    "challengeresponseauthentication"));
                    return laterMatch
                            .map(line -> steps.noting(
                                    "the block 'Match %s' in %s no longer lets passwords in",
                                    line.match(), line.place()))
                            .orElse(steps)
                            .noting(
                                    "whoever logs in with a password today needs a key from now on; 'pvecm add --use_ssh' and 'pvecm qdevice setup' ask for one once");
                });
    }

    /** Whoever needs a key and something typed would be left without any way in. */
    private static Optional<Remedy> secondFactor(Sshd facts) {
        return facts.callers().stream()
                .filter(caller -> !caller.settings()
                        .getOrDefault("authenticationmethods", "any")
                        .equals("any"))
                .filter(caller -> Stream.of(caller.settings()
                                .getOrDefault("authenticationmethods", "any")
                                .split("\\s+"))
                        .allMatch(list -> list.contains("password") || list.contains("keyboard-interactive")))
                .findFirst()
                .map(
                        caller -> Remedy.refused(
                                "AuthenticationMethods %s asks %s for something typed beside a key, and without it nobody of them would get in any more"
                                        .formatted(
                                                caller.settings().get("authenticationmethods"),
                                                caller.user().equals("nobody") ? "users" : caller.user()),
                                "set PasswordAuthentication no by hand, and KbdInteractiveAuthentication no for those who need no second factor"));
    }

    private static Set<String> addresses(Sshd facts) {
        return facts.callers().stream().map(Sshd.Caller::address).collect(Collectors.toSet());
    }

    /** "nobody" stands for every user that no Match block names. */
    private static String who(List<Sshd.Caller> open) {
        List<String> users =
                open.stream().map(Sshd.Caller::user).distinct().sorted().toList();
        return users.contains("nobody")
                ? "any user"
                : users.stream().limit(3).collect(Collectors.joining(", "))
                        + (users.size() > 3 ? " and %d more".formatted(users.size() - 3) : "");
    }
}
