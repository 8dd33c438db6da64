package holdfast.checks.access;

import static holdfast.check.Verdict.notApplicable;
import static holdfast.check.Verdict.pass;
import static holdfast.check.Verdict.unknown;
import static holdfast.checks.access.Access.blame;
import static holdfast.checks.access.Access.count;
import static holdfast.checks.access.Access.culprit;
import static holdfast.checks.access.Access.line;

import holdfast.access.SecondFactors;
import holdfast.access.Subject;
import holdfast.access.UserConfig.User;
import holdfast.check.Check;
import holdfast.check.CheckInfo;
import holdfast.check.Member;
import holdfast.check.Severity;
import holdfast.check.Verdict;
import holdfast.checks.access.Access.Culprit;
import holdfast.policy.Policy;
import holdfast.probe.Probe;
import holdfast.probe.Reading;
import java.util.List;
import java.util.stream.Collectors;

/** A telephone that is lost takes the second factor along: then recovery keys help, or another administrator. */
@CheckInfo(
        title = "No administrator is shut out by a lost second factor",
        severity = Severity.MEDIUM,
        tags = {"second-factor", "availability"},
        references = {
            "Proxmox VE Administration Guide, User Management, Two-Factor Authentication",
            "policy access.min_recovery_keys"
        })
public final class SecondFactorRecovery implements Check.OfCluster<Access.Facts> {

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
        return switch (access.files().factors()) {
            case Reading.Unknown<SecondFactors>(var why) ->
                unknown("who has a second factor could not be read: %s", why);
            case Reading.Known<SecondFactors>(var factors) -> judge(access, policy, factors);
        };
    }

    private static Verdict judge(Access access, Policy policy, SecondFactors factors) {
        int wanted = policy.access().minRecoveryKeys();
        List<User> administrators = access.config().users().values().stream()
                .filter(user -> access.isAdministrative(Subject.user(user.id())) && access.canLogIn(user))
                .toList();
        List<User> secured = administrators.stream()
                .filter(user -> factors.of(user.id()).active())
                .toList();
        if (secured.isEmpty()) {
            return notApplicable("no administrator has a second factor: see access.second-factor");
        }
        // Who the policy lets in without a factor helps as well.
        long helpers = administrators.stream()
                .filter(user -> secured.contains(user)
                        || policy.access().withoutSecondFactor().contains(user.id()))
                .count();
        List<Culprit> culprits = secured.stream()
                .filter(user -> helpers < 2 && factors.of(user.id()).recoveryKeysLeft() < wanted)
                .map(user -> culprit(
                        "%s (%s)"
                                .formatted(
                                        user.id(),
                                        count(
                                                factors.of(user.id()).recoveryKeysLeft(),
                                                "recovery key",
                                                "recovery keys")),
                        line(
                                user.line(),
                                "user %s: %s; %s left"
                                        .formatted(
                                                user.id(),
                                                factors.of(user.id()).factors().stream()
                                                        .filter(SecondFactors.Factor::enabled)
                                                        .map(SecondFactors.Factor::type)
                                                        .distinct()
                                                        .collect(Collectors.joining(", ")),
                                                count(
                                                        factors.of(user.id()).recoveryKeysLeft(),
                                                        "recovery key is",
                                                        "recovery keys are"))),
                        "as %s in the web interface: Datacenter, Permissions, Two Factor, Add: Recovery Keys; print them"
                                .formatted(user.id()),
                        "or a second administrator with a second factor of his own",
                        "with root's shell on a node the factors can be taken away: pveum user tfa delete %s"
                                .formatted(Pveum.word(user.id()))))
                .toList();
        if (culprits.isEmpty()) {
            return helpers > 1
                    ? pass("%d administrators can help each other", helpers)
                    : pass(
                            "%s has %d recovery keys left",
                            secured.get(0).id(), factors.of(secured.get(0).id()).recoveryKeysLeft());
        }
        return blame("the only administrator with a second factor has too few recovery keys left", culprits)
                .expected("%d recovery keys, or a second administrator with a second factor".formatted(wanted));
    }
}
