package holdfast.quorum;

import holdfast.probe.ClockOffset;
import holdfast.probe.Probe;
import holdfast.probe.Reading;
import holdfast.proxmox.ClusterFiles;
import holdfast.proxmox.CorosyncConf;
import holdfast.proxmox.Membership;
import holdfast.proxmox.Quorum;
import holdfast.proxmox.RunningCorosync;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * All that one member says of its cluster.
 *
 * @param membership its own corosync.conf, and pmxcfs's view
 * @param count corosync's count, or why there is none
 * @param corosync what its corosync runs with, or why that is not known
 * @param files what {@code /etc/pve} says, or why it does not answer
 * @param clock its clock against the controller's
 */
public record MemberState(
        Membership membership,
        Reading<Quorum> count,
        Reading<RunningCorosync> corosync,
        Reading<ClusterFiles> files,
        Reading<ClockOffset> clock) {

    /** Each part on its own: a hung {@code /etc/pve} or a dead corosync hides nothing of the others. */
    public static final Probe<MemberState> PROBE = Probe.both(
            Probe.both(
                    Membership.PROBE,
                    Probe.attempt(Quorum.PROBE),
                    (membership, count) -> new MemberState(
                            membership, count, Reading.unknown(""), Reading.unknown(""), Reading.unknown(""))),
            Probe.both(
                    Probe.both(
                            Probe.attempt(RunningCorosync.PROBE),
                            Probe.attempt(ClusterFiles.PROBE),
                            (corosync, files) -> new Rest(corosync, files, Reading.unknown(""))),
                    Probe.attempt(new Probe.Clock()),
                    (rest, clock) -> new Rest(rest.corosync(), rest.files(), clock)),
            (first, rest) ->
                    new MemberState(first.membership(), first.count(), rest.corosync(), rest.files(), rest.clock()));

    private record Rest(Reading<RunningCorosync> corosync, Reading<ClusterFiles> files, Reading<ClockOffset> clock) {}

    /** The member's name in its cluster. */
    public String name() {
        return membership.nodeName();
    }

    /** Whether it is a member of a cluster: a corosync that counts votes is in one, whatever became of its files. */
    public boolean clustered() {
        return membership.clustered() || count instanceof Reading.Known<Quorum>;
    }

    /** What its corosync runs with. */
    public Reading<RunningCorosync.Settings> settings() {
        return corosync.then(RunningCorosync::settings);
    }

    /**
     * Why its {@code /etc/pve} cannot be written although corosync has quorum; empty when it can, as far as pmxcfs
     * says. It follows corosync by some seconds.
     */
    public Optional<String> filesTrouble() {
        return switch (membership.members()) {
            case Reading.Unknown<Membership.Members>(var why) ->
                Optional.of("/etc/pve does not answer (%s)".formatted(why));
            case Reading.Known<Membership.Members>(var members) ->
                members.quorate()
                        ? Optional.empty()
                        : Optional.of("/etc/pve is read-only: pmxcfs does not see the quorum that corosync has");
        };
    }

    /** The votes as this member's corosync counts them. */
    public Reading<Votes> votes() {
        return count.then(known -> settings().then(settings -> Reading.known(votes(known, settings))));
    }

    private static Votes votes(Quorum count, RunningCorosync.Settings settings) {
        CorosyncConf conf = settings.conf();
        List<Votes.Voter> voters = new ArrayList<>();
        for (CorosyncConf.ConfNode node : conf.nodes()) {
            Optional<Quorum.Voter> row = count.members().stream()
                    .filter(voter -> voter.id() == node.id())
                    .findFirst();
            voters.add(new Votes.Voter(
                    node.id(),
                    node.name(),
                    row.map(Quorum.Voter::votes).orElse(node.votes()),
                    row.isPresent(),
                    row.flatMap(Quorum.Voter::device)
                            .filter(cell -> cell.startsWith("A,V,"))
                            .isPresent(),
                    row.flatMap(Quorum.Voter::device)
                            .filter(cell -> cell.endsWith(",MW"))
                            .isPresent()));
        }
        // A member that left the node list and is still there counts, with the name that corosync has for it.
        count.members().stream()
                .filter(row -> row.id() != 0 && conf.node(row.id()).isEmpty())
                .forEach(row -> voters.add(new Votes.Voter(row.id(), row.name(), row.votes(), true, false, false)));
        return new Votes(
                voters,
                conf.device().map(device -> new Votes.Device(device.votes(), Votes.Algorithm.of(device.algorithm()))),
                count.quorate(),
                count.expected(),
                count.needed(),
                rules(count, settings, voters));
    }

    /** The flags are what corosync does; the settings say only how. */
    private static Votes.Rules rules(Quorum count, RunningCorosync.Settings settings, List<Votes.Voter> voters) {
        CorosyncConf.Rules configured = settings.conf().rules();
        return new Votes.Rules(
                count.flags().contains("2Node"),
                count.flags().contains("WaitForAll"),
                count.flags().contains("LastManStanding"),
                configured.lastManStandingWindowMillis(),
                count.flags().contains("AutoTieBreaker")
                        ? tieBreaker(configured.autoTieBreakerNode(), settings, voters)
                        : new Votes.TieBreaker.None());
    }

    private static Votes.TieBreaker tieBreaker(
            String node, RunningCorosync.Settings settings, List<Votes.Voter> voters) {
        if (node.equals("highest")) {
            return new Votes.TieBreaker.Highest(settings.highestId()
                    .orElseGet(() ->
                            present(voters).mapToInt(Votes.Voter::id).max().orElse(0)));
        }
        if (node.matches("[0-9 ]+") && node.matches("[0 ]*+[1-9].*")) {
            return new Votes.TieBreaker.Listed(Arrays.stream(node.strip().split("\\s+"))
                    .filter(id -> id.length() < 10)
                    .map(Integer::parseInt)
                    .toList());
        }
        return new Votes.TieBreaker.Lowest(settings.lowestId()
                .orElseGet(() -> present(voters).mapToInt(Votes.Voter::id).min().orElse(0)));
    }

    private static Stream<Votes.Voter> present(List<Votes.Voter> voters) {
        return voters.stream().filter(Votes.Voter::present);
    }
}
