package holdfast.checks.access;

import static holdfast.check.Verdict.pass;
import static holdfast.check.Verdict.unknown;
import static holdfast.checks.access.Access.blame;
import static holdfast.checks.access.Access.culprit;
import static holdfast.checks.access.Access.line;

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
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/** Proxmox VE locks second factors after too many wrong codes, and asks for them only after the right password. */
@CheckInfo(
        title = "Nobody's second factor is locked",
        severity = Severity.MEDIUM,
        tags = {"second-factor", "incident"},
        references = {
            "Proxmox VE Administration Guide, User Management, Two-Factor Authentication",
            "pve-access-control src/PVE/API2/User.pm, unlock_tfa"
        })
public final class LockedSecondFactor implements Check.OfCluster<Access.Facts> {

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
        return switch (access.files().factors()) {
            case Reading.Unknown<SecondFactors>(var why) ->
                unknown("which second factors are locked could not be read: %s", why);
            case Reading.Known<SecondFactors>(var factors) -> judge(access, factors);
        };
    }

    private static Verdict judge(Access access, SecondFactors factors) {
        List<Culprit> locked = new ArrayList<>();
        for (User user : access.config().users().values()) {
            SecondFactors.OfUser own = factors.of(user.id());
            boolean all = own.lockedUntil() > access.now();
            if (all || own.totpLocked()) {
                locked.add(culprit(
                        user.id(),
                        line(
                                user.line(),
                                "user %s: %s"
                                        .formatted(
                                                user.id(),
                                                all
                                                        ? "every second factor is refused until %s"
                                                                .formatted(Instant.ofEpochSecond(
                                                                        Math.min(own.lockedUntil(), 253_402_300_799L)))
                                                        : "TOTP is refused until a recovery key was used")),
                        "find out from where it was tried, and change the password if it was not %s: grep %s /var/log/pveproxy/access.log; journalctl -u pvedaemon -g 'authentication failure'"
                                .formatted(user.id(), Pveum.word(user.id())),
                        "pveum user tfa unlock %s".formatted(Pveum.word(user.id()))));
            }
        }
        if (locked.isEmpty()) {
            return pass("no second factor is locked");
        }
        return blame("too many wrong codes, and somebody knew the password: second factors are locked of", locked)
                .expected("no locked second factors");
    }
}
