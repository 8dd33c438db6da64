package holdfast.quorum;

import holdfast.probe.Reading;
import holdfast.proxmox.ClusterFiles;
import holdfast.proxmox.CorosyncConf;
import holdfast.proxmox.Guest;
import holdfast.proxmox.HighAvailability;
import holdfast.proxmox.Links;
import holdfast.proxmox.Membership;
import holdfast.proxmox.Quorum;
import holdfast.proxmox.RunningCorosync;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeSet;

/**
 * One cluster as all of its members that were asked see it.
 *
 * @param asked in inventory order; those that did not answer, too
 */
public record ClusterState(List<MemberView> asked) {

    /**
     * @param node its name in the inventory
     * @param name its name in the cluster; empty where neither its answer nor its address told it
     * @param state what it said, or why it said nothing
     */
    public record MemberView(String node, Optional<String> name, Reading<MemberState> state) {

        /** One that is known by its answer. */
        public MemberView(String node, Reading<MemberState> state) {
            this(
                    node,
                    state instanceof Reading.Known<MemberState>(var known)
                            ? Optional.of(known.name())
                            : Optional.empty(),
                    state);
        }
    }

    /** A member whose corosync told its count. */
    public record Voice(String node, MemberState state, Quorum count) {

        /** The node ids that it sees in its partition. */
        public Set<Integer> sees() {
            Set<Integer> ids = new TreeSet<>();
            count.members().stream().map(Quorum.Voter::id).filter(id -> id != 0).forEach(ids::add);
            return ids;
        }

        /** The votes that are configured where it is, as its corosync runs; its own file where that is not known. */
        public OptionalInt configured() {
            return state.settings() instanceof Reading.Known<RunningCorosync.Settings>(var settings)
                    ? OptionalInt.of(settings.conf().votes())
                    : state.membership()
                            .corosync()
                            .map(conf -> OptionalInt.of(conf.votes()))
                            .orElseGet(OptionalInt::empty);
        }
    }

    /** A member that has nothing to say of quorum, and why. */
    public record Silent(String node, String why) {}

    /** Members that see the same membership. */
    public record Partition(String ringId, Set<Integer> ids, List<Voice> voices) {
        public Partition {
            voices = List.copyOf(voices);
        }
    }

    /**
     * Which version of corosync.conf a member has.
     *
     * @param node the member
     * @param running the version that its corosync runs with
     * @param local that of {@code /etc/corosync/corosync.conf}
     * @param shared that of {@code /etc/pve/corosync.conf}
     * @param alike whether both files have the same text
     */
    public record ConfigView(
            String node, Reading<Long> running, Reading<Long> local, Reading<Long> shared, Reading<Boolean> alike) {}

    /**
     * A way between two members that is down on one link.
     *
     * @param from the member that says so
     * @param to the member that it does not reach
     * @param link 0 to 7
     */
    public record DeadLink(String from, String to, int link) {}

    public ClusterState {
        asked = List.copyOf(asked);
    }

    /** The members whose corosync told its count. */
    public List<Voice> voices() {
        List<Voice> voices = new ArrayList<>();
        for (MemberView view : asked) {
            if (view.state() instanceof Reading.Known<MemberState>(var state)
                    && state.count() instanceof Reading.Known<Quorum>(var count)) {
                voices.add(new Voice(view.node(), state, count));
            }
        }
        return voices;
    }

    /** The members that were asked and whose corosync told nothing. */
    public List<Silent> silent() {
        List<Silent> silent = new ArrayList<>();
        for (MemberView view : asked) {
            switch (view.state()) {
                case Reading.Unknown<MemberState>(var why) -> silent.add(new Silent(view.node(), why));
                case Reading.Known<MemberState>(var state) -> {
                    if (state.count() instanceof Reading.Unknown<Quorum>(var why)) {
                        silent.add(new Silent(view.node(), why));
                    }
                }
            }
        }
        return silent;
    }

    /** The member whose word counts for the cluster: a quorate one before others, the bigger partition first. */
    public Optional<Voice> spokesman() {
        List<Voice> voices = voices();
        return voices.stream()
                .max(Comparator.comparingInt((Voice voice) -> voice.count().quorate() ? 1 : 0)
                        .thenComparingInt(voice -> voice.count().total())
                        .thenComparingInt(voice -> voice.state().settings() instanceof Reading.Known<?> ? 1 : 0)
                        // The first of several equals.
                        .thenComparingInt(voice -> -voices.indexOf(voice)));
    }

    /** The partitions among the members that answered; one in a healthy cluster. */
    public List<Partition> partitions() {
        Map<String, List<Voice>> byMembership = new LinkedHashMap<>();
        for (Voice voice : voices()) {
            byMembership
                    .computeIfAbsent(voice.count().ringId() + " " + voice.sees(), key -> new ArrayList<>())
                    .add(voice);
        }
        return byMembership.values().stream()
                .map(voices -> new Partition(
                        voices.get(0).count().ringId(), voices.get(0).sees(), voices))
                .toList();
    }

    /** The members whose corosync expects fewer votes than are configured. */
    public List<Voice> lowered() {
        return voices().stream()
                .filter(voice -> voice.configured().isPresent()
                        && voice.count().expected() < voice.configured().getAsInt())
                // last_man_standing and allow_downscale lower it by themselves, and raise it again.
                .filter(voice -> !voice.count().flags().contains("LastManStanding")
                        && !voice.count().flags().contains("AllowDownscale"))
                .toList();
    }

    /** The cluster's name, as the first member that knows it tells. */
    public String name() {
        return states().flatMap(state -> state.membership().clusterName().stream())
                .findFirst()
                .orElse("");
    }

    /** Every configured member's name by id, as those who answered know them. */
    public Map<Integer, String> names() {
        Map<Integer, String> names = new LinkedHashMap<>();
        states().forEach(state -> {
            if (state.settings() instanceof Reading.Known<RunningCorosync.Settings>(var settings)) {
                settings.conf().nodes().forEach(node -> names.putIfAbsent(node.id(), node.name()));
            }
            state.membership()
                    .corosync()
                    .ifPresent(conf -> conf.nodes().forEach(node -> names.putIfAbsent(node.id(), node.name())));
        });
        return names;
    }

    /** The addresses of every configured member, by its name in lower case. */
    public Map<String, Set<String>> addresses() {
        Map<String, Set<String>> addresses = new LinkedHashMap<>();
        states().forEach(state -> {
            state.membership()
                    .corosync()
                    .ifPresent(conf -> conf.nodes()
                            .forEach(node -> addresses
                                    .computeIfAbsent(node.name().toLowerCase(Locale.ROOT), key -> new LinkedHashSet<>())
                                    .addAll(node.addresses())));
            if (state.membership().members() instanceof Reading.Known<Membership.Members>(var members)) {
                members.nodes()
                        .forEach((name, node) -> addresses
                                .computeIfAbsent(name.toLowerCase(Locale.ROOT), key -> new LinkedHashSet<>())
                                .addAll(node.ip().stream().toList()));
            }
        });
        return addresses;
    }

    /** The member with that id, where it was asked. */
    public Optional<MemberView> asked(int id) {
        String name = names().getOrDefault(id, "");
        return asked.stream()
                .filter(view -> view.name().orElse(view.node()).equalsIgnoreCase(name))
                .findFirst();
    }

    /** The id of the member of that name, its own or the inventory's; the inventory's outranks. */
    public OptionalInt idOf(String name) {
        String own = asked.stream()
                .filter(view -> view.node().equals(name))
                .flatMap(view -> view.name().stream())
                .findFirst()
                .orElse(name);
        return names().entrySet().stream()
                .filter(entry -> entry.getValue().equalsIgnoreCase(own))
                .mapToInt(Map.Entry::getKey)
                .findFirst();
    }

    /** What each member that answered has for a corosync.conf. */
    public List<ConfigView> configs() {
        List<ConfigView> views = new ArrayList<>();
        for (MemberView view : asked) {
            if (view.state() instanceof Reading.Known<MemberState>(var state)) {
                Reading<String> shared = state.files()
                        .then(ClusterFiles::corosyncConf)
                        .then(text -> text.<Reading<String>>map(Reading::known)
                                .orElseGet(() -> Reading.unknown("/etc/pve/corosync.conf does not exist")));
                Reading<String> local = state.membership()
                        .corosyncText()
                        .<Reading<String>>map(Reading::known)
                        .orElseGet(() -> Reading.unknown("/etc/corosync/corosync.conf does not exist"));
                views.add(new ConfigView(
                        view.node(),
                        state.settings()
                                .then(settings -> Reading.known(settings.conf().configVersion())),
                        state.membership()
                                .corosync()
                                .<Reading<Long>>map(conf -> Reading.known(conf.configVersion()))
                                .orElseGet(() -> Reading.unknown("/etc/corosync/corosync.conf does not exist")),
                        shared.then(text -> {
                            try {
                                return Reading.known(CorosyncConf.parse(text).configVersion());
                            } catch (IllegalArgumentException e) {
                                return new Reading.Unknown<>("/etc/pve/corosync.conf: " + e.getMessage());
                            }
                        }),
                        shared.then(text ->
                                local.then(other -> Reading.known(text.strip().equals(other.strip()))))));
            }
        }
        return views;
    }

    /** The links that members report down, towards members that corosync counts as present. */
    public List<DeadLink> deadLinks() {
        Map<Integer, String> names = names();
        List<DeadLink> dead = new ArrayList<>();
        for (Voice voice : voices()) {
            if (voice.state().corosync().then(RunningCorosync::links) instanceof Reading.Known<Links>(var links)) {
                for (Links.Link link : links.links()) {
                    link.peers().keySet().stream()
                            .filter(id -> !link.reaches(id) && voice.sees().contains(id))
                            .forEach(id -> dead.add(new DeadLink(
                                    voice.state().name(), names.getOrDefault(id, "node " + id), link.number())));
                }
            }
        }
        return dead;
    }

    /** The guests of the whole cluster, as the first member that can tell has them. */
    public Reading<List<Guest>> guests() {
        return first(files -> files.guests());
    }

    /** The HA stack's word, as the first member that can tell has it. */
    public Reading<HighAvailability> highAvailability() {
        return first(files -> files.highAvailability());
    }

    /** The fingerprint of the cluster's CA. */
    public Optional<String> authority() {
        return first(files -> files.authority()) instanceof Reading.Known<String>(var known)
                ? Optional.of(known)
                : Optional.empty();
    }

    /** A quorate member's files are the cluster's; those of a member that was cut off are old. */
    private <T> Reading<T> first(java.util.function.Function<ClusterFiles, Reading<T>> part) {
        Reading<T> last = Reading.unknown("no member could be asked");
        List<MemberState> order = new ArrayList<>();
        spokesman().ifPresent(voice -> order.add(voice.state()));
        voices().stream().filter(voice -> voice.count().quorate()).forEach(voice -> order.add(voice.state()));
        states().forEach(order::add);
        for (MemberState state : order) {
            last = state.files().then(part);
            if (last instanceof Reading.Known<T>) {
                return last;
            }
        }
        return last;
    }

    private java.util.stream.Stream<MemberState> states() {
        return asked.stream()
                .flatMap(view -> view.state() instanceof Reading.Known<MemberState>(var state)
                        ? java.util.stream.Stream.of(state)
                        : java.util.stream.Stream.empty());
    }
}
