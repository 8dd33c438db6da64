package holdfast.token;

import holdfast.access.AccessFiles;
import holdfast.access.Answer;
import holdfast.access.ClusterAccess;
import holdfast.access.Permissions;
import holdfast.access.Subject;
import holdfast.access.UserConfig;
import holdfast.access.UserConfig.Grant;
import holdfast.access.UserConfig.Token;
import holdfast.access.UserConfig.User;
import holdfast.probe.ClockOffset;
import holdfast.probe.Probe;
import holdfast.probe.Reading;
import holdfast.probe.Source;
import holdfast.proxmox.ApiEndpoint;
import holdfast.proxmox.Certificates;
import holdfast.text.Clean;
import holdfast.text.Shell;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * Why a token does not work, in the order in which somebody who knows Proxmox VE asks: is the API there, do its daemons
 * run, is the token one that is let in, is it let in, is it allowed what it asks for, does its path exist, does privilege
 * separation take away what it was given, are clock and certificate right. Pure.
 */
public final class Diagnosis {

    /** Beyond this a ticket or a certificate that is right can look wrong. */
    private static final double CLOCK_MILLIS = 60_000;

    /** What is known of one step. */
    public enum State {
        RIGHT,
        WRONG,
        UNKNOWN,
        /** It was not asked about. */
        SKIPPED;

        public String label() {
            return name().toLowerCase(java.util.Locale.ROOT);
        }
    }

    /**
     * One step and its verdict.
     *
     * @param name such as {@code authentication}
     * @param because one sentence
     * @param evidence what it follows from
     * @param next what to do about it; empty where nothing is wrong
     */
    public record Step(String name, State state, String because, List<String> evidence, List<String> next) {
        public Step {
            evidence = List.copyOf(evidence);
            next = List.copyOf(next);
        }
    }

    /**
     * What is asked.
     *
     * @param privilege with a path: what it should be able to do
     */
    public record Question(Subject token, Optional<String> privilege, Optional<String> path) {}

    /**
     * What one member told.
     *
     * @param called the API's answer to a call with the token's secret, where the secret was given
     */
    public record Told(Reading<Source> source, Optional<Reading<ApiCall.Status>> called) {}

    private final Question question;
    private final Reading<ClusterAccess> access;
    private final Map<String, Told> members;
    private final Set<String> own;
    private final int port;
    private final Instant now;

    private Diagnosis(
            Question question,
            Reading<ClusterAccess> access,
            Map<String, Told> members,
            Set<String> own,
            int port,
            Instant now) {
        this.question = question;
        this.access = access;
        this.members = new LinkedHashMap<>(members);
        this.own = Set.copyOf(own);
        this.port = port;
        this.now = now;
    }

    /** What has to be read for it. */
    public static List<Probe<?>> probes(Question question, int port) {
        return List.of(
                ApiEndpoint.probe(port),
                Services.PROBE,
                AuthenticationLog.PROBE,
                Trace.probe(question.token()),
                new Probe.Clock());
    }

    /**
     * All steps, in order.
     *
     * @param own the nodes' own addresses: refusals of calls from there are proofs, and nobody's trouble
     */
    public static List<Step> of(
            Question question,
            Reading<ClusterAccess> access,
            Map<String, Told> members,
            Set<String> own,
            int port,
            Instant now) {
        Diagnosis diagnosis = new Diagnosis(question, access, members, own, port, now);
        return Stream.of(
                        diagnosis.api(),
                        diagnosis.services(),
                        diagnosis.record(),
                        diagnosis.authentication(),
                        diagnosis.authorization(),
                        diagnosis.path(),
                        diagnosis.separation(),
                        diagnosis.clock(),
                        diagnosis.certificate())
                .toList();
    }

    private <T> Reading<T> read(Told member, Probe<T> probe) {
        return member.source().then(probe::read);
    }

    /** What a step finds out of the members: everything wrong, everything that is not known, everything else. */
    private static final class Findings {
        final List<String> wrong = new ArrayList<>();
        final List<String> unknown = new ArrayList<>();
        final List<String> right = new ArrayList<>();

        Step step(String name, String fine, String... next) {
            List<String> evidence = Stream.of(wrong, unknown, right)
                    .flatMap(List::stream)
                    .map(line -> Clean.line(line, 300))
                    .toList();
            if (!wrong.isEmpty()) {
                return new Step(name, State.WRONG, Clean.line(wrong.get(0), 300), evidence, List.of(next));
            }
            return unknown.isEmpty()
                    ? new Step(name, State.RIGHT, fine, evidence, List.of())
                    : new Step(name, State.UNKNOWN, Clean.line(unknown.get(0), 300), evidence, List.of(next));
        }
    }

    private Step api() {
        Findings findings = new Findings();
        members.forEach((node, told) -> {
            switch (read(told, ApiEndpoint.probe(port))) {
                case Reading.Unknown<ApiEndpoint>(var why) -> findings.unknown.add(node + ": " + why);
                case Reading.Known<ApiEndpoint>(var api) -> {
                    if (api.listeners().isEmpty()) {
                        findings.wrong.add("%s: nothing listens on port %d".formatted(node, port));
                    } else if (api.chain().isEmpty()) {
                        findings.wrong.add("%s: port %d takes connections and finishes no TLS handshake %s"
                                .formatted(node, port, api.complaint()));
                    } else if (api.status().isEmpty()) {
                        findings.wrong.add("%s: TLS, and no HTTP answer on port %d".formatted(node, port));
                    } else if (!api.status().get().startsWith("401")) {
                        findings.wrong.add("%s: without credentials it answers %s instead of 401"
                                .formatted(node, api.status().get()));
                    } else {
                        findings.right.add("%s: %s without credentials, as it should"
                                .formatted(node, api.status().get()));
                    }
                }
            }
        });
        return findings.step(
                "API reachable",
                "the API answers on port %d, asked from the nodes themselves".formatted(port),
                "systemctl status pveproxy; journalctl -u pveproxy -n 50",
                "holdfast scan --checks pveproxy.listening");
    }

    private Step services() {
        Findings findings = new Findings();
        members.forEach((node, told) -> {
            switch (read(told, Services.PROBE)) {
                case Reading.Unknown<Services>(var why) -> findings.unknown.add(node + ": " + why);
                case Reading.Known<Services>(var services) ->
                    services.states()
                            .forEach((unit, state) -> (state.equals("active") ? findings.right : findings.wrong)
                                    .add("%s: %s is %s".formatted(node, unit, state)));
            }
        });
        return findings.step(
                "services",
                "pveproxy, pvedaemon and pve-cluster run",
                "systemctl status pveproxy pvedaemon pve-cluster");
    }

    private Optional<ClusterAccess> known() {
        return access instanceof Reading.Known<ClusterAccess>(var known) ? Optional.of(known) : Optional.empty();
    }

    private Step unread(String name) {
        String why = access instanceof Reading.Unknown<ClusterAccess>(var reason) ? reason : "";
        return new Step(name, State.UNKNOWN, Clean.line(why, 300), List.of(), List.of());
    }

    private String quoted() {
        return Shell.quote(question.token().id());
    }

    private static String day(long epoch) {
        return Instant.ofEpochSecond(epoch).toString().substring(0, 10);
    }

    private Step record() {
        if (known().isEmpty()) {
            return unread("token");
        }
        AccessFiles files = known().get().files();
        UserConfig config = files.config();
        Subject token = question.token();
        Findings findings = new Findings();
        List<String> next = new ArrayList<>();
        Optional<User> user = config.user(token.owner());
        Optional<Token> record = config.token(token.id());
        long seconds = now.getEpochSecond();
        if (user.isEmpty()) {
            findings.wrong.add("there is no user %s".formatted(token.owner()));
            next.add("pveum user list");
        } else if (!user.get().enabled()) {
            findings.wrong.add("its user %s is disabled: none of its tokens is let in".formatted(token.owner()));
            next.add("pveum user modify %s --enable 1".formatted(Shell.quote(token.owner())));
        } else if (user.get().isExpired(seconds)) {
            findings.wrong.add("its user %s expired on %s: none of its tokens is let in"
                    .formatted(token.owner(), day(user.get().expires())));
            next.add("pveum user modify %s --expire 0".formatted(Shell.quote(token.owner())));
        }
        if (user.isPresent() && record.isEmpty()) {
            List<String> others =
                    config.tokensOf(token.owner()).stream().map(Token::name).toList();
            findings.wrong.add("%s has no token named %s; it has %s"
                    .formatted(
                            token.owner(), token.tokenName(), others.isEmpty() ? "none" : String.join(", ", others)));
            next.add("holdfast token create " + quoted());
        }
        record.filter(one -> one.isExpired(seconds)).ifPresent(one -> {
            findings.wrong.add("it expired on %s%s"
                    .formatted(
                            day(one.expires()),
                            one.expires() < 1_200_000_000L
                                    ? ": it was born expired, a number of seconds was taken for a date"
                                    : ""));
            next.add("holdfast token rotate " + quoted());
        });
        record.ifPresent(one -> {
            findings.right.add("user.cfg line %d: privilege separation %s, expires %s"
                    .formatted(
                            one.line(),
                            one.separated() ? "on" : "off",
                            one.expires() == 0 ? "never" : day(one.expires())));
            switch (files.secrets()) {
                case Reading.Unknown<java.util.SortedSet<String>>(var why) ->
                    findings.unknown.add("whether it has a secret: " + why);
                case Reading.Known<java.util.SortedSet<String>>(var ids) -> {
                    if (!ids.contains(token.id())) {
                        findings.wrong.add("token.cfg has no secret for it: nobody can be let in with it");
                        next.add("holdfast token rotate " + quoted());
                    }
                }
            }
        });
        if (!known().get().others().isEmpty()) {
            findings.wrong.add("the members disagree about it: %s say something else than %s"
                    .formatted(
                            String.join(", ", known().get().others().keySet()),
                            String.join(", ", known().get().speakers())));
            next.add("holdfast quorum");
        }
        return findings.step(
                "token", "it exists, is not expired, and its user is enabled", next.toArray(String[]::new));
    }

    /** Whether nothing in the record keeps it out, as far as that is known. */
    private boolean recordIsRight() {
        return record().state() != State.WRONG;
    }

    private Step authentication() {
        if (record().state() == State.WRONG
                && members.values().stream().allMatch(told -> told.called().isEmpty())) {
            return new Step(
                    "authentication",
                    State.SKIPPED,
                    "mend what is wrong with the token first: until then nobody is let in with it",
                    List.of(),
                    List.of());
        }
        Findings findings = new Findings();
        List<Trace.Call> letIn = new ArrayList<>();
        List<String> unread = new ArrayList<>();
        boolean called = false;
        boolean refused = false;
        int wrongSecrets = 0;
        for (Map.Entry<String, Told> member : members.entrySet()) {
            String node = member.getKey();
            Told told = member.getValue();
            if (told.called().isPresent()) {
                called = true;
                switch (told.called().get()) {
                    case Reading.Unknown<ApiCall.Status>(var why) -> findings.unknown.add(node + ": " + why);
                    case Reading.Known<ApiCall.Status>(var status) -> {
                        refused |= status.code() == 401;
                        (status.code() == 200 || status.code() == 403 ? findings.right : findings.wrong)
                                .add("%s: a call with the given secret was answered with %s".formatted(node, status));
                    }
                }
            }
            switch (read(told, Trace.probe(question.token()))) {
                case Reading.Known<Trace>(var trace) -> letIn.addAll(trace.calls());
                case Reading.Unknown<Trace>(var why) -> unread.add("%s: %s".formatted(node, why));
            }
            if (read(told, AuthenticationLog.PROBE) instanceof Reading.Known<AuthenticationLog>(var log)) {
                wrongSecrets += log.wrongSecrets();
                if (log.expired().contains(question.token().tokenName())) {
                    // The log leaves out whose: a token that is right now is not accused by the name of another.
                    (recordIsRight() ? findings.right : findings.wrong)
                            .add("%s: its log says that a token '%s' of some user was refused since it had expired"
                                    .formatted(node, question.token().tokenName()));
                }
            }
        }
        // Where somebody tried, the logs decide nothing.
        (called ? findings.right : findings.unknown).addAll(unread);
        letIn.sort(java.util.Comparator.comparing(Trace.Call::at));
        if (!letIn.isEmpty()) {
            Trace.Call last = letIn.get(letIn.size() - 1);
            findings.right.add("the access log names it %d times, last at %s from %s: then its secret was right"
                    .formatted(letIn.size(), last.at(), last.address()));
        } else if (!called) {
            findings.unknown.add(
                    "the access log never names it: it was not used, or never let in; a refused call leaves no name");
        }
        if (wrongSecrets > 0) {
            String line =
                    "%d calls with a wrong secret were refused in the last day; the log does not say of which token"
                            .formatted(wrongSecrets);
            (letIn.isEmpty() && !called ? findings.unknown : findings.right).add(line);
        }
        return findings.step(
                "authentication",
                called ? "it is let in with the given secret" : "it was let in, as the access log tells",
                !called
                        ? "try it: holdfast token diagnose %s --secret-from FILE".formatted(quoted())
                        : !refused
                                ? "holdfast scan --checks 'pveproxy.*'"
                                : recordIsRight()
                                        ? "the secret is not the token's: holdfast token rotate " + quoted()
                                        : "see the step before: with any secret it would be refused");
    }

    private Step authorization() {
        Findings findings = new Findings();
        Map<String, Integer> refused = new TreeMap<>();
        int count = 0;
        for (Told told : members.values()) {
            if (read(told, Trace.probe(question.token())) instanceof Reading.Known<Trace>(var trace)) {
                for (Trace.Call call : trace.calls()) {
                    if (call.status() == 403 && !Rotation.isOwn(call.address(), own)) {
                        count++;
                        refused.merge(call.request().replaceAll("\\?.*", ""), 1, Integer::sum);
                    }
                }
            }
        }
        refused.entrySet().stream()
                .sorted(Map.Entry.<String, Integer>comparingByValue().reversed())
                .limit(5)
                .forEach(entry -> findings.right.add("403, %d times: %s".formatted(entry.getValue(), entry.getKey())));
        if (question.privilege().isPresent() && question.path().isPresent()) {
            if (known().isEmpty()) {
                return unread("authorization");
            }
            Answer answer = Answer.of(
                    new Permissions(known().get().files().config()),
                    question.token(),
                    question.privilege().get(),
                    question.path().get(),
                    now.getEpochSecond());
            (answer.allowed() ? findings.right : findings.wrong).add(0, answer.because());
            answer.reasons().forEach(findings.right::add);
            return findings.step(
                    "authorization",
                    answer.because(),
                    "holdfast access matrix --subject %s".formatted(quoted()),
                    "pveum user token permissions %s %s"
                            .formatted(
                                    Shell.quote(question.token().owner()),
                                    Shell.quote(question.token().tokenName())));
        }
        if (count > 0) {
            findings.wrong.add("it is let in, and was refused with 403 %d times: it lacks a right, its secret is fine"
                    .formatted(count));
            return findings.step(
                    "authorization",
                    "",
                    "holdfast access can %s PRIVILEGE PATH".formatted(quoted()),
                    "holdfast access matrix --subject %s".formatted(quoted()));
        }
        return new Step(
                "authorization",
                State.SKIPPED,
                "the access log has no 403 of it; --privilege and --path ask about one right",
                List.of(),
                List.of());
    }

    private Step path() {
        Optional<String> path = question.path();
        if (path.isEmpty()) {
            return new Step("path", State.SKIPPED, "no --path was given", List.of(), List.of());
        }
        if (known().isEmpty()) {
            return unread("path");
        }
        AccessFiles files = known().get().files();
        String text = path.get();
        Findings findings = new Findings();
        if (text.matches("/vms/\\d{1,9}") && !files.mayHaveGuest(Integer.parseInt(text.substring(5)))) {
            findings.wrong.add("there is no guest %s in this cluster".formatted(text.substring(5)));
        } else if (text.startsWith("/storage/")
                && files.storages() instanceof Reading.Known<java.util.SortedSet<String>>(var storages)
                && !storages.contains(text.substring(9))) {
            findings.wrong.add("there is no storage %s in this cluster".formatted(text.substring(9)));
        } else if (text.startsWith("/pool/") && !files.config().pools().containsKey(text.substring(6))) {
            findings.wrong.add("there is no pool %s in this cluster".formatted(text.substring(6)));
        } else if (text.startsWith("/access/realms")) {
            findings.wrong.add("the path of realms is /access/realm, without an s at its end");
        }
        return findings.step("path", "%s is there".formatted(text), "pvesh get /cluster/resources");
    }

    private Step separation() {
        Optional<Token> token = known().flatMap(
                        access -> access.files().config().token(question.token().id()));
        if (known().isEmpty()) {
            return unread("privilege separation");
        }
        if (token.isEmpty()) {
            return new Step("privilege separation", State.SKIPPED, "there is no such token", List.of(), List.of());
        }
        UserConfig config = known().get().files().config();
        Permissions permissions = new Permissions(config);
        Findings findings = new Findings();
        List<String> next = new ArrayList<>();
        if (!token.get().separated()) {
            return new Step(
                    "privilege separation",
                    State.RIGHT,
                    "it has none: it may do all that %s may"
                            .formatted(token.get().user()),
                    List.of(),
                    List.of());
        }
        List<Grant> own = config.grants().stream()
                .filter(grant -> grant.subject().equals(question.token()))
                .toList();
        if (own.isEmpty()) {
            findings.wrong.add("it has privilege separation and no ACL entry of its own: it may do nothing");
            next.add("pveum acl modify PATH --tokens %s --roles ROLE".formatted(quoted()));
        }
        for (Grant grant : own) {
            Set<String> lost = new TreeSet<>(
                    config.role(grant.role()).map(UserConfig.Role::privileges).orElseGet(TreeSet::new));
            lost.removeAll(
                    permissions.at(question.token(), grant.path()).privileges().keySet());
            if (lost.isEmpty()) {
                findings.right.add("%s by acl line %d counts in full".formatted(grant.words(), grant.line()));
            } else {
                findings.wrong.add("%s by acl line %d does not give it %s: %s lacks that there"
                        .formatted(
                                grant.words(),
                                grant.line(),
                                String.join(", ", lost),
                                token.get().user()));
                next.add(Pveum.grant(grant.path(), Subject.user(token.get().user()), grant.role(), grant.propagate()));
            }
        }
        return findings.step(
                "privilege separation",
                "its user has what it was given, so it has it too",
                next.toArray(String[]::new));
    }

    private Step clock() {
        Findings findings = new Findings();
        members.forEach((node, told) -> {
            switch (read(told, new Probe.Clock())) {
                case Reading.Unknown<ClockOffset>(var why) -> findings.unknown.add(node + ": " + why);
                case Reading.Known<ClockOffset>(var offset) ->
                    (Math.abs(offset.millis()) > CLOCK_MILLIS ? findings.wrong : findings.right)
                            .add("%s: its clock is %.1f s from this machine's".formatted(node, offset.millis() / 1000));
            }
        });
        return findings.step(
                "clock",
                "the nodes' clocks are right, measured against this machine's",
                "holdfast scan --checks 'time.*'");
    }

    private Step certificate() {
        Findings findings = new Findings();
        members.forEach((node, told) -> {
            if (read(told, ApiEndpoint.probe(port)) instanceof Reading.Known<ApiEndpoint>(var api)
                    && !api.chain().isEmpty()) {
                Certificates.Certificate leaf = api.chain().get(0);
                long days = leaf.daysLeft(now);
                (days < 0 ? findings.wrong : findings.right)
                        .add("%s: the certificate on port %d %s"
                                .formatted(
                                        node,
                                        port,
                                        days < 0
                                                ? "has expired: clients refuse it"
                                                : "is valid for %d days".formatted(days)));
            } else {
                findings.unknown.add("%s: no certificate was served".formatted(node));
            }
        });
        return findings.step(
                "certificate", "the certificates that are served are valid", "holdfast scan --checks 'certificate.*'");
    }
}
