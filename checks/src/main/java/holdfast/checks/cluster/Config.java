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
import holdfast.proxmox.ClusterFiles;
import holdfast.proxmox.CorosyncConf;
import holdfast.quorum.ClusterState;
import holdfast.quorum.MemberState;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Every member's corosync runs with the configuration that it would start with, and that is the cluster's. */
@CheckInfo(
        title = "All members run with the same corosync.conf",
        severity = Severity.HIGH,
        tags = {"change-gate"},
        references = {
            "corosync.conf(5), cmap_keys(7)",
            "Proxmox VE Administration Guide, Cluster Manager, Corosync Configuration"
        })
public final class Config implements Check.OfCluster<MemberState> {

    @Override
    public Probe<MemberState> probe(Policy policy) {
        return Probe.both(
                Views.RUNNING,
                Probe.attempt(ClusterFiles.PROBE),
                (state, files) ->
                        new MemberState(state.membership(), state.count(), state.corosync(), files, state.clock()));
    }

    @Override
    public Verdict judge(List<Member<MemberState>> members, Policy policy) {
        ClusterState cluster = Views.of(members);
        List<String> divergences = cluster.divergences(Set.of());
        if (!divergences.isEmpty()) {
            return fail("%s", String.join("; ", divergences))
                    .expected("one version and one text, in use and in both files of every member")
                    .actual("%d differences".formatted(divergences.size()))
                    .evidence(evidence(cluster))
                    .advice(
                            "scan again in some seconds: pmxcfs copies the shared file to each quorate member",
                            "if it stays so, compare /etc/pve/corosync.conf and /etc/corosync/corosync.conf with 'corosync-cmapctl totem.config_version' on each member",
                            "mend the shared file with a higher config_version, and restart corosync on one member at a time")
                    .remedy(
                            Remedy.refused(
                                    "which of the configurations is the right one, only a person can tell; a wrong one stops corosync on all members at once",
                                    "scan again in some seconds",
                                    "edit a copy of /etc/pve/corosync.conf, raise config_version, and move it over the file, as the Administration Guide tells"));
        }
        List<String> unread = new ArrayList<>();
        for (ClusterState.MemberView view : cluster.asked()) {
            if (view.state() instanceof Reading.Unknown<MemberState>(var why)) {
                unread.add("%s could not be asked (%s)".formatted(view.node(), why));
            }
        }
        Optional<Long> version = Optional.empty();
        for (ClusterState.ConfigView view : cluster.configs()) {
            if (view.running() instanceof Reading.Unknown<CorosyncConf>(var why)) {
                unread.add("what corosync on %s runs with is not known (%s)".formatted(view.node(), why));
            }
            if (view.local() instanceof Reading.Known<Optional<ClusterState.Copy>>(var local)) {
                if (local.isEmpty()) {
                    unread.add("%s has no /etc/corosync/corosync.conf".formatted(view.node()));
                }
                version = version.or(() -> local.map(copy -> copy.conf().configVersion()));
            }
            if (view.shared() instanceof Reading.Unknown<Optional<ClusterState.Copy>>(var why)) {
                unread.add("/etc/pve/corosync.conf of %s could not be read (%s)".formatted(view.node(), why));
            }
        }
        return unread.isEmpty() && version.isPresent()
                ? pass("version %d is in use and in both files on every member that was asked", version.get())
                : unknown("%s", String.join("; ", unread));
    }

    private static List<String> evidence(ClusterState cluster) {
        return cluster.configs().stream()
                .map(view -> "%s: running %s, /etc/corosync %s, /etc/pve %s"
                        .formatted(
                                view.node(),
                                switch (view.running()) {
                                    case Reading.Known<CorosyncConf>(var conf) -> conf.configVersion();
                                    case Reading.Unknown<CorosyncConf>(var why) -> "unknown (%s)".formatted(why);
                                },
                                version(view.local()),
                                version(view.shared())))
                .toList();
    }

    private static String version(Reading<Optional<ClusterState.Copy>> file) {
        return switch (file) {
            case Reading.Unknown<Optional<ClusterState.Copy>>(var why) -> "unknown (%s)".formatted(why);
            case Reading.Known<Optional<ClusterState.Copy>>(var copy) ->
                copy.map(there -> Long.toString(there.conf().configVersion())).orElse("no file");
        };
    }
}
