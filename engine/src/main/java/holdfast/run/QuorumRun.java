package holdfast.run;

import holdfast.probe.Reading;
import holdfast.quorum.Answer;
import holdfast.quorum.Answer.Decision;
import holdfast.quorum.ClusterState;
import holdfast.quorum.Deliberation;
import holdfast.quorum.Order;
import holdfast.quorum.Question;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeSet;

/**
 * What all clusters answered to one question.
 *
 * @param askedAt the controller's time
 * @param millis how long it took
 * @param request what was asked
 * @param clusters those that the question is about, in the order of their first members
 * @param standalone the nodes that are in no cluster
 * @param unplaced the nodes that did not answer, and that no cluster knows
 * @param complete whether every node answered that is not known to be a member of a cluster
 * @param untold why there is no answer beside what the clusters say: names that nobody knows, or that mean two members
 */
public record QuorumRun(
        Instant askedAt,
        long millis,
        Request request,
        List<Answered> clusters,
        List<String> standalone,
        List<QuorumPoll.Unplaced> unplaced,
        boolean complete,
        List<String> untold) {

    /**
     * @param without the members that are about to be lost, by their own names or the inventory's; empty for the plain
     *     question
     * @param allPresent whether every configured vote has to be there
     * @param plan whether an order for all members is wanted
     */
    public record Request(List<String> without, boolean allPresent, boolean plan) {
        public Request {
            without = List.copyOf(without);
        }
    }

    /**
     * One cluster's answer.
     *
     * @param order the order for all members; empty where it was not asked for
     */
    public record Answered(QuorumPoll.Polled cluster, Answer answer, Optional<Reading<Order>> order) {

        /** The answer, the order's included. */
        public Decision decision() {
            if (answer.decision() != Decision.GO || order.isEmpty()) {
                return answer.decision();
            }
            return switch (order.get()) {
                case Reading.Known<Order>(var known) -> known.possible() ? Decision.GO : Decision.NO_GO;
                case Reading.Unknown<Order> unknown -> Decision.CANNOT_TELL;
            };
        }
    }

    public QuorumRun {
        clusters = List.copyOf(clusters);
        standalone = List.copyOf(standalone);
        unplaced = List.copyOf(unplaced);
        untold = List.copyOf(untold);
    }

    /** The answer for all: what cannot be told outranks a NO-GO, and that a GO. */
    public Decision decision() {
        if (!untold.isEmpty()
                || !unplaced.isEmpty()
                || clusters.stream().anyMatch(one -> one.decision() == Decision.CANNOT_TELL)) {
            return Decision.CANNOT_TELL;
        }
        return clusters.stream().anyMatch(one -> one.decision() == Decision.NO_GO) ? Decision.NO_GO : Decision.GO;
    }

    /** Contract 2: 0 GO, 1 NO-GO, 3 cannot tell. */
    public int exitCode() {
        return switch (decision()) {
            case GO -> 0;
            case NO_GO -> 1;
            case CANNOT_TELL -> 3;
        };
    }

    /** Answers from what the members said. */
    public static QuorumRun of(Instant askedAt, long millis, Request request, QuorumPoll.Result polled) {
        Map<QuorumPoll.Polled, Set<Integer>> lost = new LinkedHashMap<>();
        List<String> untold = new ArrayList<>();
        List<String> standalone = new ArrayList<>();
        List<QuorumPoll.Unplaced> unplaced = new ArrayList<>();
        for (String name : request.without()) {
            if (polled.standalone().contains(name)) {
                standalone.add(name);
                continue;
            }
            Optional<QuorumPoll.Unplaced> silent = polled.unplaced().stream()
                    .filter(node -> node.node().equals(name))
                    .findFirst();
            if (silent.isPresent()) {
                unplaced.add(silent.get());
                continue;
            }
            List<QuorumPoll.Polled> fitting = fitting(name, polled.clusters());
            if (fitting.size() == 1) {
                fitting.get(0)
                        .state()
                        .idOf(name)
                        .ifPresent(id -> lost.computeIfAbsent(fitting.get(0), key -> new TreeSet<>())
                                .add(id));
            } else if (fitting.isEmpty()) {
                untold.add("no cluster that answered has a member '%s'; they have: %s"
                        .formatted(
                                name,
                                polled.clusters().isEmpty()
                                        ? "none"
                                        : String.join(
                                                ", ",
                                                polled.clusters().stream()
                                                        .flatMap(cluster -> cluster.state().names().values().stream())
                                                        .limit(40)
                                                        .toList())));
            } else {
                untold.add(
                        "'%s' is a member of more than one cluster: %s; name it as the inventory does, or use --limit"
                                .formatted(
                                        name,
                                        String.join(
                                                ", ",
                                                fitting.stream()
                                                        .map(QuorumPoll.Polled::name)
                                                        .toList())));
            }
        }
        List<Answered> answers = new ArrayList<>();
        for (QuorumPoll.Polled cluster : polled.clusters()) {
            if (request.without().isEmpty() || lost.containsKey(cluster)) {
                answers.add(answer(cluster, lost.getOrDefault(cluster, Set.of()), request));
            }
        }
        return new QuorumRun(
                askedAt,
                millis,
                request,
                answers,
                request.without().isEmpty() ? polled.standalone() : standalone,
                request.without().isEmpty() ? polled.unplaced() : unplaced,
                polled.unplaced().isEmpty(),
                untold);
    }

    /** The inventory's name means one node; a member's own name may occur in several clusters. */
    private static List<QuorumPoll.Polled> fitting(String name, List<QuorumPoll.Polled> clusters) {
        List<QuorumPoll.Polled> byInventory =
                clusters.stream().filter(cluster -> has(cluster.state(), name)).toList();
        return byInventory.isEmpty()
                ? clusters.stream()
                        .filter(cluster -> cluster.state().idOf(name).isPresent())
                        .toList()
                : byInventory;
    }

    private static boolean has(ClusterState cluster, String name) {
        OptionalInt id = cluster.idOf(name);
        return id.isPresent()
                && cluster.asked().stream().anyMatch(view -> view.node().equals(name));
    }

    private static Answered answer(QuorumPoll.Polled cluster, Set<Integer> lost, Request request) {
        return new Answered(
                cluster,
                Deliberation.on(
                        cluster.state(),
                        new Question(
                                lost,
                                request.allPresent(),
                                cluster.policy().cluster().minMargin(),
                                cluster.policy().time().maxSkewMs())),
                request.plan() ? Optional.of(Order.of(cluster.state())) : Optional.empty());
    }
}
