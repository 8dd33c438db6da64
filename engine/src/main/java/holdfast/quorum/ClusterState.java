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
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;

/** One cluster as all of its members that were asked see it. What it is asked for again and again is found out once. */
public final class ClusterState {

    private final List<MemberView> asked;
    private final List<Voice> voices;
    private final Map<Integer, String> names;
    private final Map<String, Set<String>> addresses;

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

        /** The configuration where it is, as its corosync runs; its own file where that is not known. */
        public Optional<CorosyncConf> conf() {
            return state.settings() instanceof Reading.Known<RunningCorosync.Settings>(var settings)
                    ? Optional.of(settings.conf())
                    : state.membership().corosync();
        }

        /** The votes that are configured where it is. */
        public OptionalInt configured() {
            return conf().map(conf -> OptionalInt.of(conf.votes())).orElseGet(OptionalInt::empty);
        }

        /**
         * The fewest votes that corosync expects unless somebody lowers it. The QDevice's are not among them: after a
         * start it expects the members' alone, until so many are there at once (votequorum_readconfig,
         * recalculate_quorum).
         */
        private OptionalInt leastExpected() {
            return conf().map(conf -> OptionalInt.of(conf.expectedVotes()
                            .orElse(conf.nodes().stream()
                                    .mapToInt(CorosyncConf.ConfNode::votes)
                                    .sum())))
                    .orElseGet(OptionalInt::empty);
        }

        /** The names of the configured members that it does not see. */
        public List<String> absent() {
            return conf().stream()
                    .flatMap(conf -> conf.nodes().stream())
                    .filter(node -> !sees().contains(node.id()))
                    .map(CorosyncConf.ConfNode::name)
                    .toList();
        }

        /** Whether a QDevice with votes is configured and this member does not get them: each counts for itself. */
        public boolean lacksDevice() {
            return conf().flatMap(CorosyncConf::device)
                            .filter(device -> device.votes() > 0)
                            .isPresent()
                    && count.members().stream().noneMatch(row -> row.id() == 0 && row.votes() > 0);
        }

        /** The votes that should be there: as many as are configured, or as corosync expects if that is more. */
        public int wanted() {
            return Math.max(configured().orElse(0), count.expected());
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
     * Which corosync.conf a member has.
     *
     * @param node the member
     * @param running what its corosync runs with
     * @param local {@code /etc/corosync/corosync.conf}, which corosync would start with; empty when it does not exist
     * @param shared {@code /etc/pve/corosync.conf}; empty when it does not exist
     */
    public record ConfigView(
            String node,
            Reading<CorosyncConf> running,
            Reading<Optional<Copy>> local,
            Reading<Optional<Copy>> shared) {}

    /** A file, understood, and its text. */
    public record Copy(CorosyncConf conf, String text) {

        private boolean sameAs(Copy other) {
            return text.strip().equals(other.text.strip());
        }
    }

    /**
     * A way between two members that is down on one link.
     *
     * @param from the member that says so
     * @param to the member that it does not reach
     * @param link 0 to 7
     */
    public record DeadLink(String from, String to, int link) {

        /** Both members, in the same order whichever of them says so. */
        public String between() {
            return from.compareTo(to) < 0 ? from + " and " + to : to + " and " + from;
        }
    }

    /** @param asked in inventory order; those that did not answer, too */
    public ClusterState(List<MemberView> asked) {
        this.asked = List.copyOf(asked);
        this.voices = List.copyOf(voices(this.asked));
        List<MemberState> states = states().toList();
        this.names = Collections.unmodifiableMap(names(states));
        this.addresses = Collections.unmodifiableMap(addresses(states));
    }

    /** The members that were asked, in inventory order; those that did not answer, too. */
    public List<MemberView> asked() {
        return asked;
    }

    /** The members whose corosync told its count. */
    public List<Voice> voices() {
        return voices;
    }

    private static List<Voice> voices(List<MemberView> asked) {
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
        Comparator<Voice> weight = Comparator.comparingInt(
                        (Voice voice) -> voice.count().quorate() ? 1 : 0)
                .thenComparingInt(voice -> voice.count().total())
                .thenComparingInt(voice -> voice.state().settings() instanceof Reading.Known<?> ? 1 : 0);
        // The first of several equals.
        return voices.stream().reduce((best, next) -> weight.compare(next, best) > 0 ? next : best);
    }

    /**
     * The votes of the spokesman's partition, as the member counts that needs the most of them: members that came back
     * after a change by hand may need more than the others until the next change of membership.
     */
    public Reading<Votes> votes() {
        return spokesman()
                .<Reading<Voice>>map(Reading::known)
                .orElseGet(() -> Reading.unknown("no member told corosync's count"))
                .then(voice -> {
                    List<Quorum> counts = voices().stream()
                            .map(Voice::count)
                            .filter(count -> count.quorate() == voice.count().quorate()
                                    && count.ringId().equals(voice.count().ringId()))
                            .toList();
                    int needed = counts.stream().mapToInt(Quorum::needed).max().orElse(0);
                    int expected =
                            counts.stream().mapToInt(Quorum::expected).max().orElse(0);
                    boolean agreed =
                            counts.stream().allMatch(count -> count.needed() == needed && count.expected() == expected);
                    return voice.state()
                            .votes()
                            .then(votes -> Reading.known(agreed ? votes : votes.disputed(expected, needed)));
                });
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

    /** What the members of a partition see, in words. */
    public String words(Partition partition) {
        return "%s %s %s (ring %s)"
                .formatted(
                        partition.voices().stream().map(Voice::node).collect(Collectors.joining(", ")),
                        partition.voices().size() == 1 ? "sees" : "see",
                        partition.ids().stream()
                                .map(id -> names.getOrDefault(id, "node " + id))
                                .collect(Collectors.joining(", ")),
                        partition.ringId());
    }

    /** The members whose corosync expects fewer votes than it would by itself: somebody told it to. */
    public List<Voice> lowered() {
        return voices().stream()
                .filter(voice -> voice.leastExpected().isPresent()
                        && voice.count().expected() < voice.leastExpected().getAsInt())
                // last_man_standing and allow_downscale lower it by themselves, and raise it again.
                .filter(voice -> !voice.count().flags().contains("LastManStanding")
                        && !voice.count().flags().contains("AllowDownscale"))
                .toList();
    }

    /** Every configured member's name by id, as those who answered know them. */
    public Map<Integer, String> names() {
        return names;
    }

    private static Map<Integer, String> names(List<MemberState> states) {
        Map<Integer, String> names = new LinkedHashMap<>();
        states.forEach(state -> {
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
        return addresses;
    }

    private static Map<String, Set<String>> addresses(List<MemberState> states) {
        Map<String, Set<String>> addresses = new LinkedHashMap<>();
        states.forEach(state -> {
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

    /**
     * The id of the member of that name, its own or the inventory's, with a domain or without, or of that address; the
     * inventory's name outranks.
     */
    public OptionalInt idOf(String name) {
        String own = asked.stream()
                .filter(view -> view.node().equals(name))
                .flatMap(view -> view.name().stream())
                .findFirst()
                .orElse(name);
        Map<Integer, String> names = names();
        OptionalInt byName = only(names, member -> member.equalsIgnoreCase(own));
        if (byName.isPresent() || (!own.contains(".") && !own.contains(":"))) {
            return byName;
        }
        Map<String, Set<String>> addresses = addresses();
        OptionalInt byAddress = only(
                names,
                member -> addresses
                        .getOrDefault(member.toLowerCase(Locale.ROOT), Set.of())
                        .contains(own));
        // The first label of an address is no name.
        return byAddress.isPresent() || own.matches("[0-9.]+")
                ? byAddress
                : only(names, member -> member.equalsIgnoreCase(own.replaceFirst("\\..*", "")));
    }

    private static OptionalInt only(Map<Integer, String> names, java.util.function.Predicate<String> wanted) {
        int[] ids = names.entrySet().stream()
                .filter(entry -> wanted.test(entry.getValue()))
                .mapToInt(Map.Entry::getKey)
                .toArray();
        return ids.length == 1 ? OptionalInt.of(ids[0]) : OptionalInt.empty();
    }

    /** What each member that answered has for a corosync.conf. */
    public List<ConfigView> configs() {
        List<ConfigView> views = new ArrayList<>();
        for (MemberView view : asked) {
            if (view.state() instanceof Reading.Known<MemberState>(var state)) {
                views.add(new ConfigView(
                        view.node(),
                        state.settings().then(settings -> Reading.known(settings.conf())),
                        Reading.known(state.membership()
                                .corosync()
                                .flatMap(conf ->
                                        state.membership().corosyncText().map(text -> new Copy(conf, text)))),
                        state.files().then(ClusterFiles::corosyncConf).then(ClusterState::copy)));
            }
        }
        return views;
    }

    private static Reading<Optional<Copy>> copy(Optional<String> text) {
        try {
            return Reading.known(text.map(known -> new Copy(CorosyncConf.parse(known), known)));
        } catch (IllegalArgumentException e) {
            return new Reading.Unknown<>("/etc/pve/corosync.conf: " + e.getMessage());
        }
    }

    /**
     * Where members run with, or would come back with, different configurations: a sentence for each. Empty when what
     * could be read agrees.
     *
     * @param without ids of members that are left out
     */
    public List<String> divergences(Set<Integer> without) {
        List<ConfigView> views = configs().stream()
                .filter(view -> idOf(view.node()).stream().noneMatch(without::contains))
                .toList();
        List<String> sentences = new ArrayList<>();
        Map<Long, List<String>> running = new TreeMap<>();
        views.forEach(view -> {
            if (view.running() instanceof Reading.Known<CorosyncConf>(var conf)) {
                running.computeIfAbsent(conf.configVersion(), version -> new ArrayList<>())
                        .add(view.node());
            }
        });
        if (running.size() > 1) {
            sentences.add("corosync runs with different versions of its configuration: "
                    + running.entrySet().stream()
                            .map(entry -> "%s with %d".formatted(String.join(", ", entry.getValue()), entry.getKey()))
                            .collect(Collectors.joining("; ")));
        }
        views.forEach(view -> divergence(view).ifPresent(why -> sentences.add(view.node() + ": " + why)));
        Map<String, List<String>> texts = new LinkedHashMap<>();
        views.forEach(view -> {
            if (view.local() instanceof Reading.Known<Optional<Copy>>(var local)) {
                local.ifPresent(copy -> texts.computeIfAbsent(copy.text().strip(), text -> new ArrayList<>())
                        .add(view.node()));
            }
        });
        // Whatever was said already explains it.
        if (sentences.isEmpty() && texts.size() > 1) {
            sentences.add("the members' /etc/corosync/corosync.conf differ: "
                    + texts.values().stream()
                            .map(nodes -> String.join(", ", nodes))
                            .collect(Collectors.joining(" against ")));
        }
        return sentences;
    }

    private static Optional<String> divergence(ConfigView view) {
        Optional<CorosyncConf> running = value(view.running());
        Optional<Optional<Copy>> read = value(view.local());
        Optional<Optional<Copy>> sharedRead = value(view.shared());
        if (read.isEmpty()) {
            return Optional.empty();
        }
        if (read.get().isEmpty()) {
            return running.map(conf ->
                    "corosync runs with version %d of its configuration, and /etc/corosync/corosync.conf does not exist: it would not come back"
                            .formatted(conf.configVersion()));
        }
        Copy local = read.get().get();
        if (running.isPresent() && running.get().configVersion() != local.conf().configVersion()) {
            return Optional.of(
                    "corosync runs with version %d of its configuration, /etc/corosync/corosync.conf is version %d: it would come back with another one"
                            .formatted(
                                    running.get().configVersion(), local.conf().configVersion()));
        }
        if (running.isPresent() && !running.get().equals(local.conf())) {
            return Optional.of(
                    "/etc/corosync/corosync.conf is version %d, which corosync runs with, and says something else: it was edited without a new version, or has what only a restart loads"
                            .formatted(local.conf().configVersion()));
        }
        if (sharedRead.isPresent() && sharedRead.get().isEmpty()) {
            return Optional.of("/etc/pve/corosync.conf does not exist");
        }
        return sharedRead
                .flatMap(shared -> shared)
                .filter(shared -> !shared.sameAs(local))
                .map(shared ->
                        "/etc/corosync/corosync.conf (version %d) differs from /etc/pve/corosync.conf (version %d): it would come back with another configuration"
                                .formatted(
                                        local.conf().configVersion(),
                                        shared.conf().configVersion()));
    }

    private static <T> Optional<T> value(Reading<T> reading) {
        return reading instanceof Reading.Known<T>(var known) ? Optional.of(known) : Optional.empty();
    }

    /**
     * How many more votes may go by the count of the most careful member: of those that are quorate if this one is,
     * else of those that are not.
     *
     * @param without ids of members whose word does not count
     */
    public int margin(Voice voice, Set<Integer> without) {
        return voices().stream()
                .filter(other -> other.count().quorate() == voice.count().quorate()
                        && idOf(other.node()).stream().noneMatch(without::contains))
                .mapToInt(other -> other.count().margin())
                .min()
                .orElse(voice.count().margin());
    }

    /** The members whose corosync counts fewer votes than are configured, or than it expects. */
    public List<Voice> incomplete() {
        return voices().stream()
                .filter(voice -> voice.count().total() < voice.wanted())
                .toList();
    }

    /** The names of the configured members that nobody who answered sees: down, or a partition of their own. */
    public List<String> unseen() {
        Set<Integer> seen = new TreeSet<>();
        voices().forEach(voice -> seen.addAll(voice.sees()));
        return names().entrySet().stream()
                .filter(entry -> !seen.contains(entry.getKey()))
                .map(Map.Entry::getValue)
                .toList();
    }

    /** The links that members report down, towards members that corosync counts as present. */
    public List<DeadLink> deadLinks() {
        Map<Integer, String> names = names();
        List<DeadLink> dead = new ArrayList<>();
        for (Voice voice : voices()) {
            if (voice.state().corosync().then(RunningCorosync::links) instanceof Reading.Known<Links>(var links)) {
                Set<Integer> seen = voice.sees();
                for (Links.Link link : links.links()) {
                    link.peers().keySet().stream()
                            .filter(id -> !link.reaches(id) && seen.contains(id))
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
