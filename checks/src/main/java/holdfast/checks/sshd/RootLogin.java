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
import holdfast.policy.Cidr;
import holdfast.policy.Policy;
import holdfast.probe.Probe;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/** Root gets over SSH no further than the policy allows, from any address, and cluster members still reach each other. */
@CheckInfo(
        title = "Root logs in over SSH only as the policy allows",
        severity = Severity.HIGH,
        proxmoxOnly = false,
        tags = {"access", "cis"},
        references = {
            "sshd_config(5) PermitRootLogin",
            "CIS Debian Linux 12 Benchmark 5.1.20",
            "HomeSecExplorer Proxmox Hardening Guide 1.1.1"
        })
public final class RootLogin implements Check.OfNode<Sshd> {

    /** sshd keeps the first value that it reads, so the name must sort before all others. */
    public static final String DROP_IN = "/etc/ssh/sshd_config.d/00-holdfast-root-login.conf";

    /**
     * The values of the template.
     *
     * @param rootLogin what root may do from anywhere
     * @param peers the members' addresses; empty on a standalone node
     * @param rootLoginFromPeers what root may do from those
     */
    public record DropIn(
            holdfast.policy.RootLogin rootLogin, List<Cidr> peers, holdfast.policy.RootLogin rootLoginFromPeers) {
        public DropIn {
            peers = List.copyOf(peers);
        }
    }

    @Override
    public Probe<Sshd> probe(Policy policy) {
        return Sshd.probe(policy);
    }

    @Override
    public Verdict judge(Sshd facts, Policy policy) {
        List<Sshd.Caller> root = facts.callers().stream()
                .filter(caller -> caller.user().equals("root"))
                .toList();
        if (root.isEmpty()) {
            return unknown("sshd was not asked about root");
        }
        List<Sshd.Caller> tooOpen = root.stream()
                .filter(caller -> caller.rootLogin().compareTo(wanted(facts, caller, policy)) > 0)
                .toList();
        if (!tooOpen.isEmpty()) {
            return tooOpen(facts, policy, tooOpen);
        }
        Optional<Sshd.Caller> cutOff = root.stream()
                .filter(caller -> caller.kind() == Sshd.Kind.PEER)
                .filter(caller -> caller.rootLogin().compareTo(policy.sshd().rootLoginFromPeers()) < 0
                        || (caller.setting("permitrootlogin").equals("forced-commands-only")
                                && policy.sshd().rootLoginFromPeers() != holdfast.policy.RootLogin.NO))
                .findFirst();
        if (cutOff.isPresent()) {
            return fail(
                            "root cannot log in from the cluster member %s: migration, replication and shells between nodes break; %s",
                            cutOff.get().address(), keptOut(facts, cutOff.get()))
                    .expected("root login from peers: "
                            + policy.sshd().rootLoginFromPeers().label())
                    .actual("PermitRootLogin " + cutOff.get().setting("permitrootlogin"))
                    .evidence(Sshd.evidence(List.of(cutOff.get())))
                    .advice("sshd -t && systemctl reload ssh")
                    .remedy(remedy(facts, policy));
        }
        if (!facts.everyPeerKnown()) {
            return unknown(
                    "the addresses of the other cluster members are not known: /etc/pve/.members could not be read");
        }
        if (facts.doubt().isPresent()) {
            return unknown("%s", facts.doubt().get());
        }
        return pass(
                "root login is at most %s%s",
                root.stream()
                        .map(Sshd.Caller::rootLogin)
                        .max(Enum::compareTo)
                        .orElseThrow()
                        .label(),
                root.stream().anyMatch(caller -> caller.kind() == Sshd.Kind.PEER)
                        ? ", and cluster members reach each other"
                        : "");
    }

    /** Why root cannot log in: PermitRootLogin is not the only line that keeps it out. */
    private static String keptOut(Sshd facts, Sshd.Caller caller) {
        if (!caller.rootIsListed()) {
            return "AllowUsers, DenyUsers, AllowGroups or DenyGroups keep root out";
        }
        return caller.setting("permitrootlogin").equals("no")
                        || caller.setting("permitrootlogin").equals("forced-commands-only")
                        || caller.setting("pubkeyauthentication").equals("yes")
                ? facts.written().explain("permitrootlogin", caller)
                : "PubkeyAuthentication is no, and members use keys";
    }

    private static Verdict tooOpen(Sshd facts, Policy policy, List<Sshd.Caller> tooOpen) {
        Sshd.Caller worst = tooOpen.stream()
                .max((one, other) -> one.rootLogin().compareTo(other.rootLogin()))
                .orElseThrow();
        boolean password = worst.rootLogin() == holdfast.policy.RootLogin.YES;
        List<Sshd.Caller> sameLevel = tooOpen.stream()
                .filter(caller -> caller.rootLogin() == worst.rootLogin())
                .toList();
        Verdict.Fail fail = fail(
                        "root may log in %s from %s: %s",
                        password ? "with a password" : "with a key",
                        describe(sameLevel),
                        facts.written().explain("permitrootlogin", worst))
                .expected("%s; from cluster peers %s"
                        .formatted(
                                policy.sshd().rootLogin().label(),
                                policy.sshd().rootLoginFromPeers().label()))
                .actual("PermitRootLogin %s%s"
                        .formatted(worst.setting("permitrootlogin"), password ? ", and passwords are accepted" : ""))
                .evidence(Sshd.evidence(tooOpen))
                .advice(
                        "make sure that another user can log in by key and become root",
                        "sshd -t && systemctl reload ssh")
                .remedy(remedy(facts, policy));
        return password ? fail : fail.severity(Severity.MEDIUM);
    }

    private static holdfast.policy.RootLogin wanted(Sshd facts, Sshd.Caller caller, Policy policy) {
        return facts.fromCluster(caller)
                ? policy.sshd().rootLoginFromPeers()
                : policy.sshd().rootLogin();
    }

    private static String describe(List<Sshd.Caller> callers) {
        boolean everywhere = callers.stream().anyMatch(caller -> caller.kind() == Sshd.Kind.OUTSIDE);
        return everywhere
                ? "anywhere"
                : callers.stream().limit(3).map(Sshd.Caller::from).collect(Collectors.joining(", "))
                        + (callers.size() > 3 ? " and %d more".formatted(callers.size() - 3) : "");
    }

    private static Remedy remedy(Sshd facts, Policy policy) {
        return Remedy.steps(new Change.WriteFile(DROP_IN, "sshd/root-login.conf", dropIn(facts, policy)));
    }

    private static DropIn dropIn(Sshd facts, Policy policy) {
        return new DropIn(
                policy.sshd().rootLogin(), peers(facts.callers()), policy.sshd().rootLoginFromPeers());
    }

    private static List<Cidr> peers(List<Sshd.Caller> callers) {
        return callers.stream()
                .filter(caller -> caller.kind() == Sshd.Kind.PEER)
                .map(Sshd.Caller::address)
                .flatMap(address -> Cidr.parse(address).stream())
                .distinct()
                .toList();
    }
}
