package holdfast.quorum;

import holdfast.probe.Reading;
import holdfast.proxmox.Guest;
import holdfast.proxmox.HighAvailability;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * An order in which all members can be taken down, one at a time, each back before the next: the ones that carry least
 * first, the one whose CRM decides last.
 *
 * @param steps one for each configured member, in that order
 */
public record Order(List<Step> steps) {

    /**
     * @param name the member
     * @param present whether it is there now; one that is not needs no taking down
     * @param forecast what is left while it is away
     * @param guests how many guests have to go elsewhere or wait; empty where not known
     * @param services its HA resources; empty where not known
     * @param master whether its CRM decides for the cluster
     */
    public record Step(
            String name,
            boolean present,
            Forecast forecast,
            Optional<Integer> guests,
            Optional<List<HighAvailability.Service>> services,
            boolean master) {

        /** Whether quorum survives it. */
        public boolean possible() {
            return !present || forecast.quorate();
        }
    }

    public Order {
        steps = List.copyOf(steps);
    }

    /** Whether every member can have its turn. */
    public boolean possible() {
        return steps.stream().allMatch(Step::possible);
    }

    /** The order for a cluster; unknown where its votes are. */
    public static Reading<Order> of(ClusterState cluster) {
        return cluster.votes().then(votes -> Reading.known(of(votes, cluster.guests(), cluster.highAvailability())));
    }

    static Order of(Votes votes, Reading<List<Guest>> guests, Reading<HighAvailability> told) {
        Optional<HighAvailability> ha =
                told instanceof Reading.Known<HighAvailability>(var known) ? Optional.of(known) : Optional.empty();
        List<Step> steps = new ArrayList<>();
        for (Votes.Voter voter : votes.voters()) {
            steps.add(new Step(
                    voter.name(),
                    voter.present(),
                    votes.without(Set.of(voter.id())),
                    guests instanceof Reading.Known<List<Guest>>(var all)
                            ? Optional.of((int) all.stream()
                                    .filter(guest -> guest.node().equals(voter.name()))
                                    .count())
                            : Optional.empty(),
                    ha.map(services -> services.on(voter.name())),
                    ha.flatMap(HighAvailability::master)
                            .filter(voter.name()::equals)
                            .isPresent()));
        }
        // Whatever cannot be taken comes last, so that the steps before it can be done.
        steps.sort(Comparator.comparingInt((Step step) -> step.possible() ? 0 : 1)
                .thenComparingInt(step -> step.master() ? 1 : 0)
                .thenComparingInt(step -> step.services().map(List::size).orElse(0))
                .thenComparingInt(step -> step.guests().orElse(0)));
        return new Order(steps);
    }
}
