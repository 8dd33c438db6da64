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
import java.util.stream.Stream;

/** Root gets over SSH no further than the policy allows, from any address, and cluster members still reach each other. */
@CheckInfo(
        title = "Root logs in over SSH only as the policy allows",
        severity = Severity.HIGH,
        proxmoxOnly = false,
        tags = {"access", "cis"},
        references = {
            "sshd_config(5) PermitRootLogin",
            "CIS Debian Linux 12 Benchmark 5.1.20",
            "HomeSecExplorer Proxmox Hardening Guide 1.1.1",
            "HomeSecExplorer Proxmox Hardening Guide 2.1.5"
        })
public final class RootLogin implements Check.OfNode<Sshd> {

    /** sshd keeps the first value that it reads, so the name must sort before all others. */
    public static final String DROP_IN = "/etc/ssh/sshd_config.d/00-holdfast-root-login.conf";

    /**
     * The values of the template.
     *
     * @param rootLogin what root may do from anywhere
     * @param peers the members' addresses and the networks that they migrate over; empty on a standalone node
     * @param rootLoginFromPeers what root may do from those
     * @param overrulesLaterBlocks whether a Match block of a later file is to lose its effect on root's login
     */
    public record DropIn(
            holdfast.policy.RootLogin rootLogin,
            List<Cidr> peers,
            holdfast.policy.RootLogin rootLoginFromPeers,
            boolean overrulesLaterBlocks) {
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
                    .remedy(letPeersIn(facts, policy, cutOff.get()));
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
                .remedy(remedy(facts, policy, tooOpen));
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

    /** Peers that are kept out by something else than PermitRootLogin are not let in by it. */
    private static Remedy letPeersIn(Sshd facts, Policy policy, Sshd.Caller cutOff) {
        boolean byThisKeyword = cutOff.rootIsListed()
                && (cutOff.setting("permitrootlogin").equals("no")
                        || cutOff.setting("permitrootlogin").equals("forced-commands-only"));
        return byThisKeyword
                ? remedy(facts, policy, List.of(cutOff))
                : Remedy.refused(
                        "%s, and holdfast does not undo what somebody has closed on purpose"
                                .formatted(keptOut(facts, cutOff)),
                        "let root in from %s there: Match User root Address %s"
                                .formatted(cutOff.address(), cutOff.address()));
    }

    private static Remedy remedy(Sshd facts, Policy policy, List<Sshd.Caller> failing) {
        List<Placement.Blame> blames = failing.stream()
                .map(caller -> new Placement.Blame("permitrootlogin", caller))
                .toList();
        Optional<Written.Line> laterMatch = Placement.laterMatch(facts, DROP_IN, blames);
        boolean overrule = laterMatch.isPresent();
        return Placement.hindrance(facts, DROP_IN, blames)
                .or(() -> clusterBreaks(facts, policy))
                .or(() -> ownLogin(facts, policy))
                .or(() -> laterMatch
                        // To overrule every later block with something softer than "no" could open what others close.
                        .filter(line -> policy.sshd().rootLogin() != holdfast.policy.RootLogin.NO)
                        .map(line -> Remedy.refused(
                                "%s %s in %s stands in the block 'Match %s', which a drop-in does not overrule"
                                        .formatted(line.keyword(), line.value(), line.place(), line.match()),
                                "change that line")))
                .orElseGet(() -> {
                    Remedy.Steps steps = Placement.steps(
                            facts,
                            new Change.WriteFile(DROP_IN, "sshd/root-login.conf", dropIn(facts, policy, overrule)),
                            List.of("permitrootlogin"));
                    return overrule
                            ? steps.noting(
                                    "the block 'Match %s' in %s loses its effect on root's login",
                                    laterMatch.get().match(), laterMatch.get().place())
                            : steps;
                });
    }

    /** What would break migration and replication is not done, whoever asks for it. */
    private static Optional<Remedy> clusterBreaks(Sshd facts, Policy policy) {
        boolean clustered = facts.callers().stream().anyMatch(caller -> caller.kind() == Sshd.Kind.PEER);
        if (!facts.everyPeerKnown()) {
            return Optional.of(Remedy.refused(
                    "the addresses of the other cluster members are not known, so they would be shut out: migration, replication and shells between nodes would break",
                    "bring /etc/pve back (systemctl status pve-cluster), then try again"));
        }
        return clustered && policy.sshd().rootLoginFromPeers() == holdfast.policy.RootLogin.NO
                ? Optional.of(Remedy.refused(
                        "the policy shuts root out between cluster members, and Proxmox VE needs it for migration, replication and shells",
                        "set sshd.root_login_from_peers to prohibit-password"))
                : Optional.empty();
    }

    /** The door that this run came in by. */
    private static Optional<Remedy> ownLogin(Sshd facts, Policy policy) {
        if (!facts.login().user().equals("root")) {
            return Optional.empty();
        }
        holdfast.policy.RootLogin left = facts.client()
                .map(client -> wanted(facts, client, policy))
                .orElse(policy.sshd().rootLogin());
        if (left == holdfast.policy.RootLogin.NO) {
            return Optional.of(Remedy.refused(
                    "this run logs in as root%s, and would lock itself out"
                            .formatted(facts.client()
                                    .map(client -> " from " + client.address())
                                    .orElse("")),
                    "log in as another user who may become root: -u ops -b",
                    "or allow root by key in the policy: sshd: { root_login: prohibit-password }"));
        }
        return left == holdfast.policy.RootLogin.PROHIBIT_PASSWORD
                        && !facts.login().byKey()
                ? Optional.of(Remedy.refused(
                        "this run logs in as root with a password, and would lock itself out",
                        "put a key of this machine into root's authorized_keys, and use it"))
                : Optional.empty();
    }

    private static DropIn dropIn(Sshd facts, Policy policy, boolean overrule) {
        List<Cidr> peers = peers(facts.callers());
        // Networks of migration and replication only where there is somebody to migrate to.
        List<Cidr> all = peers.isEmpty()
                ? List.of()
                : Stream.concat(peers.stream(), facts.peerNetworks().stream())
                        .distinct()
                        .toList();
        return new DropIn(policy.sshd().rootLogin(), all, policy.sshd().rootLoginFromPeers(), overrule);
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
