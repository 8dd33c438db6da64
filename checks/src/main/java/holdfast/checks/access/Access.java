package holdfast.checks.access;

import holdfast.access.AccessFiles;
import holdfast.access.AccessList;
import holdfast.access.AccessLog;
import holdfast.access.ClusterAccess;
import holdfast.access.Permissions;
import holdfast.access.Privileges;
import holdfast.access.Realm;
import holdfast.access.Subject;
import holdfast.access.UserConfig;
import holdfast.access.UserConfig.Token;
import holdfast.access.UserConfig.User;
import holdfast.check.Member;
import holdfast.check.Severity;
import holdfast.check.Verdict;
import holdfast.policy.Policy;
import holdfast.probe.Probe;
import holdfast.probe.Reading;
import holdfast.proxmox.Certificates;
import holdfast.proxmox.Guest;
import holdfast.proxmox.Membership;
import holdfast.text.Clean;
import holdfast.text.Measurement;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A cluster's access files, with what the rooms say alike. {@code /etc/pve} is replicated, so one quorate member's word is
 * enough; what most members say is judged where they disagree, and {@code access.consistency} tells that they do.
 */
final class Access {

    /** So many culprits stand in a sentence. */
    private static final int NAMED = 10;

    /** So many stand in the evidence: a report keeps a few lines more for what was not read. */
    private static final int SHOWN = 36;

    /** So many commands are advised. */
    private static final int COMMANDS = 12;

    /** Ten thousand users and two thousand guests: some seconds. */
    private static final long ANSWERS = 20_000_000;

    private static final long DAY = 86_400;

    /** The end of the year 9999: what lies behind it has no date that anybody could read. */
    private static final long LAST = 253_402_300_799L;

    /**
     * What one member was asked.
     *
     * @param now the time of the visit
     * @param log who used its API, where that was asked
     * @param certificates its certificates, where they were asked
     */
    record Facts(
            AccessFiles files,
            Membership membership,
            Instant now,
            Reading<AccessLog> log,
            Reading<Certificates> certificates) {}

    /** The files alone: no certificate and no log can hold up what they say. */
    static final Probe<Facts> FILES = Probe.both(
            AccessFiles.PROBE,
            Probe.both(Membership.PROBE, new Probe.Now(), Visit::new),
            (files, visit) -> new Facts(
                    files,
                    visit.membership(),
                    visit.now(),
                    Reading.unknown("the access log was not asked for"),
                    Reading.unknown("certificates were not asked for")));

    /** The files, and who used the API of each member. */
    static final Probe<Facts> FILES_AND_LOG = Probe.both(
            FILES,
            Probe.attempt(AccessLog.PROBE),
            (facts, log) -> new Facts(facts.files(), facts.membership(), facts.now(), log, facts.certificates()));

    /** The files, and what 8006 serves. */
    static final Probe<Facts> FILES_AND_CERTIFICATES = Probe.both(
            FILES,
            Probe.attempt(Certificates.PROBE),
            (facts, certificates) ->
                    new Facts(facts.files(), facts.membership(), facts.now(), facts.log(), certificates));

    private record Visit(Membership membership, Instant now) {}

    private final ClusterAccess cluster;
    private final Map<String, Facts> facts;
    private final Permissions permissions;

    private Access(ClusterAccess cluster, Map<String, Facts> facts) {
        this.cluster = cluster;
        this.facts = facts;
        this.permissions = new Permissions(cluster.files().config());
    }

    /** The files; where the policy has lists for some clusters, also what tells which cluster this is. */
    static Probe<Facts> withList(Policy policy) {
        return policy.access().lists().stream().anyMatch(list -> list.cluster().isPresent())
                ? FILES_AND_CERTIFICATES
                : FILES;
    }

    /** Asks the question of what most members say; nobody's word, or a word that may be old, is no pass. */
    static Verdict judge(List<Member<Facts>> members, Function<Access, Verdict> question) {
        Map<String, Reading<ClusterAccess.OfMember>> parts = new LinkedHashMap<>();
        Map<String, Facts> known = new LinkedHashMap<>();
        for (Member<Facts> member : members) {
            parts.put(
                    member.node(),
                    member.reading().then(one -> Reading.known(new ClusterAccess.OfMember(one.files(), namesOf(one)))));
            if (member.reading() instanceof Reading.Known<Facts>(var one)) {
                known.put(member.node(), one);
            }
        }
        return switch (ClusterAccess.of(parts)) {
            case Reading.Unknown<ClusterAccess>(var why) -> Verdict.unknown("%s", why);
            case Reading.Known<ClusterAccess>(var cluster) -> new Access(cluster, known).asked(question);
        };
    }

    private static List<String> namesOf(Facts one) {
        List<String> names = new ArrayList<>();
        names.add(one.membership().clusterName().orElse(one.membership().nodeName()));
        if (one.certificates().then(Certificates::authority)
                instanceof Reading.Known<Certificates.Certificate>(var authority)) {
            names.add(authority.fingerprint());
        }
        return names;
    }

    private Verdict asked(Function<Access, Verdict> question) {
        List<String> remarks = remarks();
        String also = remarks.isEmpty() ? "" : "; " + String.join("; ", remarks);
        return switch (question.apply(this)) {
            case Verdict.Unknown unknown -> unknown;
            case Verdict.Fail fail -> fail.alsoEvidence(remarks);
            case Verdict.Pass pass -> doubt().<Verdict>map(Verdict.Unknown::new).orElseGet(() -> pass.and(also));
            case Verdict.NotApplicable(var because) ->
                doubt().<Verdict>map(Verdict.Unknown::new).orElseGet(() -> new Verdict.NotApplicable(because + also));
        };
    }

    /** Why what is said may be out of date: a member without quorum shows the files as they were when it lost it. */
    private Optional<String> doubt() {
        List<String> why = new ArrayList<>();
        for (String node : cluster.speakers()) {
            switch (of(node).membership().members()) {
                case Reading.Unknown<Membership.Members>(var reason) ->
                    why.add("whether %s is quorate cannot be told (%s)".formatted(node, reason));
                case Reading.Known<Membership.Members>(var members)
                when members.quorate()
                        || (members.clusterName().isEmpty()
                                && !of(node).membership().clustered()) -> {
                    return Optional.empty();
                }
                case Reading.Known<Membership.Members>(var members) -> why.add("%s has no quorum".formatted(node));
            }
        }
        return Optional.of(
                "nothing is wrong in what was read, but it may be out of date: %s".formatted(String.join("; ", why)));
    }

    private Facts of(String node) {
        return java.util.Objects.requireNonNull(facts.get(node), node);
    }

    /** What the operator should know of the members that did not say the same. */
    private List<String> remarks() {
        List<String> remarks = new ArrayList<>();
        cluster.silent()
                .forEach((node, why) ->
                        remarks.add("%s could not be asked (%s), and /etc/pve is the same on all quorate members"
                                .formatted(node, why)));
        cluster.others()
                .forEach((node, different) -> remarks.add(
                        "%s shows another %s: see access.consistency".formatted(node, String.join(", ", different))));
        return remarks;
    }

    /**
     * A question that looks at every user in every place: it is not asked of a file that somebody has blown up until the
     * answer would take minutes.
     */
    static Verdict judgeEverywhere(List<Member<Facts>> members, Function<Access, Verdict> question) {
        return judge(members, access -> {
            long users = (long) access.config().users().size()
                    + access.config().tokens().size();
            return access.isTooMuch(users)
                    ? Verdict.unknown(
                            "%d users and tokens and %d paths are more than is looked through",
                            users, access.places().size())
                    : question.apply(access);
        });
    }

    // ------------------------------------------------------------------ what was read

    ClusterAccess cluster() {
        return cluster;
    }

    AccessFiles files() {
        return cluster.files();
    }

    UserConfig config() {
        return cluster.files().config();
    }

    Permissions permissions() {
        return permissions;
    }

    /** The same cluster, were its user.cfg another one. */
    Access with(UserConfig config) {
        return new Access(
                new ClusterAccess(
                        files().with(config), cluster.speakers(), cluster.others(), cluster.silent(), cluster.names()),
                facts);
    }

    /** Seconds since 1970 when the member was visited whose word is judged. */
    long now() {
        return of(cluster.speakers().get(0)).now().getEpochSecond();
    }

    /** What each member told, by its name in the inventory. */
    Map<String, Facts> facts() {
        return facts;
    }

    /** The access list for this cluster; unknown where the policy has some and it cannot be told which is meant. */
    Reading<Optional<AccessList>> list(Policy policy) {
        Facts spokesman = of(cluster.speakers().get(0));
        List<AccessList> lists = policy.access().lists();
        boolean byName = lists.stream().anyMatch(list -> list.cluster().isPresent());
        if (byName
                && lists.stream()
                        .noneMatch(list ->
                                list.cluster().filter(cluster.names()::contains).isPresent())
                && spokesman.certificates().then(Certificates::authority)
                        instanceof Reading.Unknown<Certificates.Certificate>(var why)) {
            return Reading.unknown("which access list is this cluster's cannot be told: %s", why);
        }
        return Reading.known(policy.access().list(cluster.names()));
    }

    /** Every member's log as one, where each member of the cluster told its own. */
    Reading<AccessLog> log() {
        List<AccessLog> logs = new ArrayList<>();
        List<String> missing = new ArrayList<>();
        Set<String> asked = new LinkedHashSet<>();
        Set<String> wanted = new LinkedHashSet<>();
        facts.forEach((node, one) -> {
            asked.add(one.membership().nodeName());
            wanted.addAll(one.membership().memberNames());
            switch (one.log()) {
                case Reading.Known<AccessLog>(var log) -> logs.add(log);
                case Reading.Unknown<AccessLog>(var why) -> missing.add("%s (%s)".formatted(node, why));
            }
        });
        cluster.silent().forEach((node, why) -> missing.add("%s (%s)".formatted(node, why)));
        wanted.removeAll(asked);
        if (cluster.silent().isEmpty()) {
            wanted.forEach(node -> missing.add(node + " (it was not asked, or did not answer)"));
        }
        if (!missing.isEmpty()) {
            return Reading.unknown("the access log of %s could not be read", String.join(", ", missing));
        }
        AccessLog all = AccessLog.together(logs);
        return all.cut()
                ? Reading.unknown("the access log has more users and addresses than are counted")
                : Reading.known(all);
    }

    /**
     * What is said where nothing is wrong in the logs that were read, and they are not all: nothing where the others
     * were not selected, or are told to be unknown themselves.
     */
    Verdict untold(String why) {
        boolean chosen = cluster.silent().isEmpty()
                && facts.values().stream()
                        .allMatch(one -> one.log() instanceof Reading.Known<AccessLog>(var log) && !log.cut());
        return chosen ? Verdict.notApplicable("%s", why) : Verdict.unknown("%s", why);
    }

    /** The logs that were read, as one; it may lack members. */
    AccessLog readLogs() {
        return AccessLog.together(facts.values().stream()
                .flatMap(one -> one.log() instanceof Reading.Known<AccessLog>(var log)
                        ? java.util.stream.Stream.of(log)
                        : java.util.stream.Stream.<AccessLog>empty())
                .toList());
    }

    /** Every path that an entry, a pool, a guest or a storage gives a meaning to. */
    SortedSet<String> places() {
        SortedSet<String> places = new TreeSet<>(permissions.listedPaths());
        config().pools().values().forEach(pool -> places.add(pool.path()));
        if (files().guests() instanceof Reading.Known<List<Guest>>(var guests)) {
            guests.forEach(guest -> places.add("/vms/" + guest.id()));
        }
        if (files().storages() instanceof Reading.Known<SortedSet<String>>(var storages)) {
            storages.forEach(storage -> places.add("/storage/" + storage));
        }
        return places;
    }

    // ------------------------------------------------------------------ who is who

    /** Tokens that are not expired. */
    List<Token> liveTokens() {
        return config().tokens().values().stream()
                .filter(token -> !token.isExpired(now()))
                .toList();
    }

    /** Whether it can give itself every right: it holds one of {@link Privileges#ADMINISTRATIVE} on {@code /}. */
    boolean isAdministrative(Subject subject) {
        return Privileges.areAdministrative(
                permissions.at(subject, "/").privileges().keySet());
    }

    /** Whether the policy names it as an administrator, itself or by a group that it is in. */
    boolean isListed(Subject subject, Policy policy) {
        List<String> administrators = policy.access().administrators();
        return subject.equals(Subject.user(UserConfig.ROOT))
                || administrators.contains(subject.toString())
                || (subject.kind() == Subject.Kind.USER
                        && config().groupsOf(subject.id()).stream()
                                .anyMatch(group -> administrators.contains("@" + group.name())));
    }

    /** Whether somebody can log in as the user with a password, as far as the files tell; unknown passwords count. */
    boolean canLogIn(User user) {
        Optional<Realm> realm = files().realm(user.realm());
        if (!user.isActive(now()) || realm.isEmpty() || realm.get().type().equals("openid")) {
            return false;
        }
        return !realm.get().type().equals("pve")
                || !(files().passwords() instanceof Reading.Known<SortedSet<String>>(var known))
                || known.contains(user.id());
    }

    /** Whether anybody may do everything and can use it: {@code root@pam}, where it is not switched off, or somebody else. */
    boolean hasAdministrator() {
        return config().user(UserConfig.ROOT)
                        .filter(root -> root.isActive(now()))
                        .isPresent()
                || config().users().values().stream()
                        .anyMatch(user -> isAdministrative(Subject.user(user.id())) && canLogIn(user));
    }

    /** Whether so many users and tokens in every place are more than is looked through. */
    boolean isTooMuch(long users) {
        return users * places().size() > ANSWERS;
    }

    // ------------------------------------------------------------------ words

    /**
     * Somebody or something that a finding is about.
     *
     * @param name as the sentence names it
     * @param evidence what was read of it, with its line in user.cfg
     * @param advice commands that mend it
     * @param severity where it differs from the check's own
     */
    record Culprit(String name, String evidence, List<String> advice, Optional<Severity> severity) {
        Culprit {
            advice = List.copyOf(advice);
        }

        Culprit as(Severity other) {
            return new Culprit(name, evidence, advice, Optional.of(other));
        }
    }

    static Culprit culprit(String name, String evidence, String... advice) {
        return new Culprit(name, evidence, List.of(advice), Optional.empty());
    }

    /** A failure that names its culprits; it ranks as the worst of them, where they rank by themselves. */
    static Verdict.Fail blame(String sentence, List<Culprit> culprits) {
        String names = names(culprits.stream().map(Culprit::name).toList());
        Set<String> commands = new LinkedHashSet<>();
        culprits.forEach(culprit -> commands.addAll(culprit.advice()));
        List<String> advice = new ArrayList<>(commands.stream().limit(COMMANDS).toList());
        if (commands.size() > COMMANDS) {
            advice.add("and %d more of the kind".formatted(commands.size() - COMMANDS));
        }
        Verdict.Fail fail = Verdict.fail("%s: %s", sentence, names)
                .actual(names)
                .evidence(shown(culprits.stream().map(Culprit::evidence).toList()))
                .advice(advice.toArray(String[]::new))
                .comparedBy(culprits.stream()
                        .flatMap(culprit -> Stream.of(culprit.name(), culprit.evidence()))
                        .toList());
        return culprits.stream().allMatch(culprit -> culprit.severity().isPresent())
                ? fail.severity(culprits.stream()
                        .flatMap(culprit -> culprit.severity().stream())
                        .max(Severity::compareTo)
                        .orElseThrow())
                : fail;
    }

    private static List<String> shown(List<String> lines) {
        if (lines.size() <= SHOWN) {
            return lines;
        }
        List<String> some = new ArrayList<>(lines.subList(0, SHOWN));
        some.add("and %d more".formatted(lines.size() - SHOWN));
        return some;
    }

    /** Some names, and how many more there are. */
    static String names(List<String> all) {
        String some =
                all.stream().limit(NAMED).map(name -> Clean.line(name, 120)).collect(Collectors.joining(", "));
        return all.size() > NAMED ? "%s and %d more".formatted(some, all.size() - NAMED) : some;
    }

    static String line(int number, String text) {
        // Somebody else's line above moves it.
        return number == 0 ? text : "user.cfg line %s: %s".formatted(Measurement.of(number), text);
    }

    /** The day of a moment, UTC. */
    static String day(long epoch) {
        return epoch > LAST
                ? "a day after the year 9999"
                : Instant.ofEpochSecond(epoch).toString().substring(0, 10);
    }

    static String count(long number, String one, String several) {
        return number + " " + (number == 1 ? one : several);
    }

    /** Whole days from one moment to another, rounded down. */
    static long days(long from, long to) {
        return Math.floorDiv(to - from, DAY);
    }
}
