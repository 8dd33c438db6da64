package holdfast.checks.access;

import static holdfast.check.Verdict.notApplicable;
import static holdfast.check.Verdict.pass;
import static holdfast.check.Verdict.unknown;
import static holdfast.checks.access.Access.blame;
import static holdfast.checks.access.Access.count;
import static holdfast.checks.access.Access.culprit;
import static holdfast.checks.access.Access.line;
import static holdfast.checks.access.Access.names;

import holdfast.access.Realm;
import holdfast.access.SecondFactors;
import holdfast.access.Subject;
import holdfast.access.UserConfig;
import holdfast.access.UserConfig.User;
import holdfast.check.Check;
import holdfast.check.CheckInfo;
import holdfast.check.Member;
import holdfast.check.Severity;
import holdfast.check.Verdict;
import holdfast.checks.access.Access.Culprit;
import holdfast.policy.Policy;
import holdfast.policy.SecondFactorRule;
import holdfast.probe.Probe;
import holdfast.probe.Reading;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedSet;

/** A password alone opens what its owner may do, from wherever 8006 can be reached. */
@CheckInfo(
        title = "Who must have a second factor has one",
        severity = Severity.HIGH,
        tags = {"second-factor", "accounts"},
        references = {
            "Proxmox VE Administration Guide, User Management, Two-Factor Authentication",
            "policy access.second_factor, access.without_second_factor",
            "HomeSecExplorer Proxmox Hardening Guide 2.1.3"
        })
public final class SecondFactor implements Check.OfCluster<Access.Facts> {

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
        return Access.judgeEverywhere(members, access -> judge(access, policy));
    }

    private static Verdict judge(Access access, Policy policy) {
        SecondFactorRule rule = policy.access().secondFactor();
        if (rule == SecondFactorRule.NOBODY) {
            return notApplicable("the policy asks nobody for a second factor (access.second_factor)");
        }
        return switch (access.files().factors()) {
            case Reading.Unknown<SecondFactors>(var why) ->
                unknown("who has a second factor could not be read: %s", why);
            case Reading.Known<SecondFactors>(var factors) -> judge(access, policy, factors);
        };
    }

    private static Verdict judge(Access access, Policy policy, SecondFactors factors) {
        Elevation elevation = new Elevation(access);
        List<Culprit> culprits = new ArrayList<>();
        List<String> unsure = new ArrayList<>();
        List<String> elsewhere = new ArrayList<>();
        List<String> shutOut = new ArrayList<>();
        int secured = 0;
        for (User user : access.config().users().values()) {
            boolean administrator =
                    access.isAdministrative(Subject.user(user.id())) || elevation.isTotal(Subject.user(user.id()));
            if (!user.isActive(access.now())
                    || policy.access().withoutSecondFactor().contains(user.id())
                    || (policy.access().secondFactor() == SecondFactorRule.ADMINISTRATORS && !administrator)) {
                continue;
            }
            Optional<Realm> realm = access.files().realm(user.realm());
            if (realm.isPresent() && realm.get().type().equals("openid")) {
                elsewhere.add(user.id());
            } else if (access.canLogIn(user)) {
                boolean demanded = realm.flatMap(Realm::requiredFactor).isPresent();
                // Keys in the user's own record mean something to a realm that asks for them, and to no other
                // (pve-access-control, AccessControl.pm, add_old_keys_to_realm_tfa).
                if (factors.of(user.id()).active() || (user.oldKeys() && demanded)) {
                    secured++;
                } else if (demanded) {
                    shutOut.add(user.id());
                } else if (isSure(access, user)) {
                    culprits.add(culpritOf(user, administrator, factors));
                } else {
                    unsure.add(user.id());
                }
            }
        }
        String remark = (shutOut.isEmpty()
                        ? ""
                        : "; %s none, and cannot log in: the realm lets nobody in without"
                                .formatted(names(shutOut) + (shutOut.size() == 1 ? " has" : " have")))
                + (elsewhere.isEmpty()
                        ? ""
                        : "; %s by OpenID, where the provider has to ask for it"
                                .formatted(names(elsewhere) + (elsewhere.size() == 1 ? " logs in" : " log in")));
        if (!culprits.isEmpty()) {
            Verdict.Fail fail = blame("log in with a password alone", culprits)
                    .expected(
                            policy.access().secondFactor() == SecondFactorRule.EVERYBODY
                                    ? "a second factor of everybody who can log in"
                                    : "a second factor of every administrator");
            return remark.isEmpty() ? fail : fail.alsoEvidence(List.of(remark.substring(2)));
        }
        if (!unsure.isEmpty()) {
            return unknown("whether %s can log in with a password could not be read", names(unsure));
        }
        return pass(
                "%s%s",
                secured == 0
                        ? "nobody of whom a second factor is asked logs in without one"
                        : count(
                                secured,
                                "user of whom it is asked has a second factor",
                                "users of whom it is asked have a second factor"),
                remark);
    }

    /** In the realm pve only who has a password can log in; without the list of passwords nobody knows. */
    private static boolean isSure(Access access, User user) {
        return !user.realm().equals("pve") || access.files().passwords() instanceof Reading.Known<SortedSet<String>>;
    }

    private static Culprit culpritOf(User user, boolean administrator, SecondFactors factors) {
        boolean some = !factors.of(user.id()).factors().isEmpty();
        return culprit(
                user.id(),
                line(
                        user.line(),
                        "user %s%s: %s"
                                .formatted(
                                        user.id(),
                                        administrator ? ", an administrator" : "",
                                        some ? "its second factors are switched off or used up" : "no second factor")),
                "as %s in the web interface: Datacenter, Permissions, Two Factor, Add: TOTP, then Recovery Keys"
                        .formatted(user.id()),
                user.id().equals(UserConfig.ROOT)
                        ? "where root@pam is kept for emergencies, the policy says so: access: { without_second_factor: [root@pam] }"
                        : "an account that nobody logs in to: " + Pveum.modifyUser(user.id(), "--enable 0"));
    }
}
