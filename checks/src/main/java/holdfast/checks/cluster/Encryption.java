package holdfast.checks.cluster;

import static holdfast.check.Verdict.fail;
import static holdfast.check.Verdict.pass;
import static holdfast.check.Verdict.unknown;

import holdfast.change.Remedy;
import holdfast.check.Check;
import holdfast.check.CheckInfo;
import holdfast.check.Member;
import holdfast.check.Severity;
import holdfast.check.Verdict;
import holdfast.policy.Policy;
import holdfast.probe.Probe;
import holdfast.probe.Reading;
import holdfast.proxmox.CorosyncConf;
import holdfast.quorum.ClusterState;
import holdfast.quorum.MemberState;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** What members send to each other is encrypted and authenticated, by what their corosync runs with. */
@CheckInfo(
        title = "The members' traffic is encrypted",
        severity = Severity.HIGH,
        tags = {"encryption"},
        references = {
            "corosync.conf(5), totem.secauth, totem.crypto_cipher, totem.crypto_hash",
            "HomeSecExplorer Proxmox Hardening Guide 3.2"
        })
public final class Encryption implements Check.OfCluster<MemberState> {

    @Override
    public Probe<MemberState> probe(Policy policy) {
        return Views.RUNNING;
    }

    @Override
    public Verdict judge(List<Member<MemberState>> members, Policy policy) {
        ClusterState cluster = Views.of(members);
        List<String> open = new ArrayList<>();
        List<String> evidence = new ArrayList<>();
        List<String> unread = new ArrayList<>();
        List<String> found = new ArrayList<>();
        boolean onlyWritten = false;
        for (ClusterState.MemberView view : cluster.asked()) {
            if (view.state() instanceof Reading.Unknown<MemberState>(var why)) {
                unread.add("%s (%s)".formatted(view.node(), why));
            }
        }
        for (ClusterState.ConfigView view : cluster.configs()) {
            switch (view.running()) {
                case Reading.Unknown<CorosyncConf>(var why) -> unread.add("%s (%s)".formatted(view.node(), why));
                case Reading.Known<CorosyncConf>(var running) -> {
                    String words = words(running.protection());
                    found.add(words);
                    boolean written = view.local() instanceof Reading.Known<Optional<ClusterState.Copy>>(var file)
                            && file.filter(copy -> copy.conf().protection().encrypted())
                                    .isPresent();
                    if (!running.protection().encrypted()) {
                        open.add(view.node());
                        onlyWritten |= written;
                    }
                    evidence.add("%s: runs with %s; /etc/corosync/corosync.conf says %s"
                            .formatted(view.node(), words, written ? "encrypted" : "not encrypted"));
                }
            }
        }
        if (!open.isEmpty()) {
            return fail(
                            "corosync on %s does not encrypt what it sends to the other members%s",
                            String.join(", ", open),
                            onlyWritten ? ", although corosync.conf says so: it was not loaded" : "")
                    .expected("transport knet with a cipher and a hash: secauth: on")
                    .actual(String.join("; ", found.stream().distinct().toList()))
                    .evidence(evidence)
                    .advice(
                            "make a key if there is none (corosync-keygen; /etc/corosync/authkey, the same on all members), and set 'secauth: on' in the totem section of /etc/pve/corosync.conf, with a higher config_version",
                            "then, with HA at rest, restart corosync on all members")
                    .remedy(
                            Remedy.refused(
                                    "members that encrypt and members that do not cannot hear each other, so the change costs quorum while it is made",
                                    "plan a time at which the cluster may lose quorum, and let HA rest: a member without quorum is fenced",
                                    "set 'secauth: on' in /etc/pve/corosync.conf as the Administration Guide tells, and restart corosync on all members"));
        }
        return unread.isEmpty() && !found.isEmpty()
                ? pass(
                        "encrypted on every member that was asked: %s",
                        String.join("; ", found.stream().distinct().toList()))
                : unknown("what corosync runs with could not be read of %s", String.join("; ", unread));
    }

    private static String words(CorosyncConf.Protection protection) {
        return "transport %s, cipher %s, hash %s"
                .formatted(protection.transport(), protection.cipher(), protection.hash());
    }
}
