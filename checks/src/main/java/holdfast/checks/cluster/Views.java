package holdfast.checks.cluster;

import holdfast.change.Remedy;
import holdfast.check.Member;
import holdfast.check.Verdict;
import holdfast.probe.Probe;
import holdfast.probe.Reading;
import holdfast.proxmox.Membership;
import holdfast.proxmox.Quorum;
import holdfast.proxmox.RunningCorosync;
import holdfast.quorum.ClusterState;
import holdfast.quorum.MemberState;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * The members' views as {@code holdfast quorum} compares them. A room probes only the parts that it judges by, so that
 * a hung {@code /etc/pve} does not hide what corosync says.
 */
final class Views {

    private static final String NOT_ASKED = "it was not asked";

    /** The count. */
    static final Probe<MemberState> COUNT = Probe.both(
            Membership.OF_COROSYNC,
            Probe.attempt(Quorum.PROBE),
            (membership, count) -> state(membership, count, Reading.unknown(NOT_ASKED)));

    /** The count, and pmxcfs's word on it. */
    static final Probe<MemberState> COUNT_AND_FILES = Probe.both(
            Membership.PROBE,
            Probe.attempt(Quorum.PROBE),
            (membership, count) -> state(membership, count, Reading.unknown(NOT_ASKED)));

    /** What corosync runs with. */
    static final Probe<MemberState> RUNNING = Probe.both(
            Membership.OF_COROSYNC,
            Probe.attempt(RunningCorosync.PROBE),
            (membership, corosync) -> state(membership, Reading.unknown(NOT_ASKED), corosync));

    /** Both. */
    static final Probe<MemberState> COUNT_AND_RUNNING = Probe.both(
            COUNT,
            Probe.attempt(RunningCorosync.PROBE),
            (counted, corosync) -> state(counted.membership(), counted.count(), corosync));

    private Views() {}

    private static MemberState state(Membership membership, Reading<Quorum> count, Reading<RunningCorosync> corosync) {
        return new MemberState(membership, count, corosync, Reading.unknown(NOT_ASKED), Reading.unknown(NOT_ASKED));
    }

    static ClusterState of(List<Member<MemberState>> members) {
        return new ClusterState(members.stream()
                .map(member -> new ClusterState.MemberView(member.node(), member.reading()))
                .toList());
    }

    /** What each member said, a line each, in inventory order. */
    static List<String> evidence(ClusterState cluster) {
        List<String> lines = new ArrayList<>();
        for (ClusterState.MemberView view : cluster.asked()) {
            lines.add("%s: %s"
                    .formatted(
                            view.node(),
                            switch (view.state()) {
                                case Reading.Unknown<MemberState>(var why) -> "could not be asked: " + why;
                                case Reading.Known<MemberState>(var state) ->
                                    switch (state.count()) {
                                        case Reading.Unknown<Quorum>(var why) -> why;
                                        case Reading.Known<Quorum>(var count) -> words(count);
                                    };
                            }));
        }
        return lines;
    }

    private static String words(Quorum count) {
        return "%s, %s, ring %s, sees %s"
                .formatted(
                        count.quorate() ? "quorate" : "not quorate",
                        votes(count),
                        count.ringId(),
                        count.members().stream()
                                .filter(row -> row.id() != 0)
                                .map(Quorum.Voter::name)
                                .collect(Collectors.joining(", ")));
    }

    static String votes(Quorum count) {
        return "%d of %d votes, %d needed%s"
                .formatted(count.total(), count.expected(), count.needed(), count.device() ? ", QDevice included" : "");
    }

    static String names(List<ClusterState.Voice> voices) {
        return voices.stream().map(ClusterState.Voice::node).collect(Collectors.joining(", "));
    }

    /** Unknown where nobody told a count. */
    static Optional<Verdict> nobody(ClusterState cluster) {
        return cluster.voices().isEmpty()
                ? Optional.of(Verdict.unknown("no member could tell: %s", String.join("; ", evidence(cluster))))
                : Optional.empty();
    }

    /** Nothing is wrong as far as is known, but a member told no count, and may see it otherwise. */
    static Optional<Verdict> silent(ClusterState cluster) {
        List<ClusterState.Silent> silent = cluster.silent();
        return silent.isEmpty()
                ? Optional.empty()
                : Optional.of(Verdict.unknown(
                        "nothing is wrong for the others, but %s",
                        silent.stream()
                                .map(one -> "%s could not be asked (%s)".formatted(one.node(), one.why()))
                                .collect(Collectors.joining("; "))));
    }

    /** The same where a member did not tell what its corosync runs with. */
    static Optional<Verdict> unsettled(ClusterState cluster) {
        String why = cluster.asked().stream()
                .flatMap(view -> view.state().then(MemberState::settings)
                                instanceof Reading.Unknown<RunningCorosync.Settings>(var reason)
                        ? java.util.stream.Stream.of("%s (%s)".formatted(view.node(), reason))
                        : java.util.stream.Stream.<String>empty())
                .collect(Collectors.joining("; "));
        return why.isEmpty()
                ? Optional.empty()
                : Optional.of(Verdict.unknown("what corosync runs with could not be read of %s", why));
    }

    /** Votes come from members; a number that is lowered by hand makes two clusters of one. */
    static Remedy refused(String missing, String... instead) {
        return Remedy.refused("quorum is never made by force, and 'pvecm expected' is not a fix: " + missing, instead);
    }
}
