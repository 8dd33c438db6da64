package holdfast.checks.access;

import static holdfast.check.Verdict.notApplicable;
import static holdfast.check.Verdict.pass;
import static holdfast.checks.access.Access.blame;
import static holdfast.checks.access.Access.names;

import holdfast.access.Realm;
import holdfast.access.SecondFactors;
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
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/** What a realm demands, nobody in it can leave out. */
@CheckInfo(
        title = "The policy's realms demand a second factor",
        severity = Severity.MEDIUM,
        tags = {"second-factor", "realms"},
        references = {
            "Proxmox VE Administration Guide, User Management, Two-Factor Authentication",
            "policy access.enforced_realms",
            "pve-access-control src/PVE/AccessControl.pm: a realm with tfa takes TOTP or recovery keys alone, or Yubico's",
            "HomeSecExplorer Proxmox Hardening Guide 2.1.3"
        })
public final class RealmSecondFactor implements Check.OfCluster<Access.Facts> {

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
        List<String> wanted = policy.access().enforcedRealms();
        List<Realm> realms = wanted.stream()
                .flatMap(name -> access.files().realm(name).stream())
                .filter(realm -> !realm.type().equals("openid"))
                .toList();
        if (wanted.isEmpty()) {
            return notApplicable("the policy names no realm that must demand a second factor (access.enforced_realms)");
        }
        if (realms.isEmpty()) {
            return notApplicable(
                    "there is no realm %s whose logins Proxmox VE checks by itself", String.join(" or ", wanted));
        }
        List<Realm> open = realms.stream()
                .filter(realm -> realm.requiredFactor().isEmpty())
                .toList();
        if (open.isEmpty()) {
            return pass(
                    "%s",
                    realms.stream()
                            .map(realm -> "%s demands %s"
                                    .formatted(
                                            realm.name(), realm.requiredFactor().orElseThrow()))
                            .collect(Collectors.joining(", ")));
        }
        return blame(
                        "realms that demand no second factor (once they do, WebAuthn is refused there, and who has no TOTP is locked out)",
                        open.stream().map(realm -> culpritOf(access, realm)).toList())
                .expected("tfa type=oath in %s".formatted(String.join(", ", wanted)));
    }

    private static Culprit culpritOf(Access access, Realm realm) {
        List<String> advice = new ArrayList<>();
        String locked = switch (access.files().factors()) {
            case Reading.Unknown<SecondFactors>(var why) -> "who has TOTP could not be read: " + why;
            case Reading.Known<SecondFactors>(var factors) -> {
                List<String> without = access.config().users().values().stream()
                        .filter(user -> user.realm().equals(realm.name()) && access.canLogIn(user))
                        .filter(user -> !factors.of(user.id()).has("totp"))
                        .map(User::id)
                        .toList();
                if (!without.isEmpty()) {
                    advice.add("first each of these sets up TOTP: " + names(without));
                }
                yield without.isEmpty()
                        ? "each of its users has TOTP"
                        : "without TOTP, and locked out once it demands it: " + names(without);
            }
        };
        advice.add("pveum realm modify %s --tfa type=oath".formatted(Pveum.word(realm.name())));
        advice.add(
                "to take it back, on a node: pveum realm modify %s --delete tfa".formatted(Pveum.word(realm.name())));
        return new Culprit(
                realm.name(),
                "domains.cfg: realm %s has no tfa; %s".formatted(realm.name(), locked),
                advice,
                Optional.empty());
    }
}
