package holdfast.checks.access;

import static holdfast.check.Verdict.pass;
import static holdfast.check.Verdict.unknown;
import static holdfast.checks.access.Access.names;

import holdfast.access.ClusterAccess;
import holdfast.check.Check;
import holdfast.check.CheckInfo;
import holdfast.check.Member;
import holdfast.check.Severity;
import holdfast.check.Verdict;
import holdfast.policy.Policy;
import holdfast.probe.Probe;
import java.util.List;
import java.util.stream.Collectors;

/** pmxcfs copies every change to all quorate members; where they differ, a right that was taken away is still there. */
@CheckInfo(
        title = "All members show the same users and rights",
        severity = Severity.HIGH,
        tags = {"change-gate"},
        references = {"Proxmox VE Administration Guide, Proxmox Cluster File System (pmxcfs)"})
public final class Consistency implements Check.OfCluster<Access.Facts> {

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
        ClusterAccess cluster = access.cluster();
        if (!cluster.others().isEmpty()) {
            return Verdict.fail(
                            "%s",
                            cluster.others().entrySet().stream()
                                    .map(other -> "%s shows another %s than %s"
                                            .formatted(
                                                    other.getKey(),
                                                    String.join(", ", other.getValue()),
                                                    names(cluster.speakers())))
                                    .collect(Collectors.joining("; ")))
                    .expected("the same user.cfg, domains.cfg and datacenter.cfg on every member")
                    .actual("%d different".formatted(cluster.others().size()))
                    .evidence(access.facts().entrySet().stream()
                            .map(member -> "%s: %s"
                                    .formatted(
                                            member.getKey(),
                                            member.getValue().files().digests().entrySet().stream()
                                                    .map(file -> "%s %s"
                                                            .formatted(
                                                                    file.getKey(),
                                                                    file.getValue()
                                                                            .substring(
                                                                                    0,
                                                                                    Math.min(
                                                                                            12,
                                                                                            file.getValue()
                                                                                                    .length()))))
                                                    .collect(Collectors.joining(", "))))
                            .toList())
                    .advice(
                            "scan again in some seconds: somebody may have changed a user while the members were read",
                            "if it stays so, on each member: pvecm status; systemctl status pve-cluster; sha256sum /etc/pve/user.cfg /etc/pve/domains.cfg /etc/pve/datacenter.cfg",
                            "a member without quorum catches up when it is back: see cluster.quorum and cluster.partition");
        }
        if (!cluster.silent().isEmpty()) {
            return unknown(
                    "the others agree, but %s",
                    cluster.silent().entrySet().stream()
                            .map(silent -> "%s could not be asked (%s)".formatted(silent.getKey(), silent.getValue()))
                            .collect(Collectors.joining("; ")));
        }
        return cluster.speakers().size() == 1
                ? pass(
                        "%s is the only member that was asked",
                        cluster.speakers().get(0))
                : pass(
                        "%d members show the same user.cfg, domains.cfg and datacenter.cfg",
                        cluster.speakers().size());
    }
}
