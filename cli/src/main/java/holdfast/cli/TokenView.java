package holdfast.cli;

import holdfast.access.Subject;
import holdfast.access.UserConfig;
import holdfast.probe.Reading;
import holdfast.report.TokenReport;
import holdfast.run.AccessPoll;
import holdfast.text.Clean;
import holdfast.token.Diagnosis;
import holdfast.token.TokenOperator;
import holdfast.token.TokenOperator.AttemptsFrom;
import holdfast.token.TokenRequest;
import holdfast.token.TokenRow;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** What the verbs of {@code token} found and did, for a person. */
final class TokenView {

    private final Terminal terminal;
    private final AccessView lines;

    TokenView(Terminal terminal) {
        this.terminal = terminal;
        this.lines = new AccessView(terminal);
    }

    /** Every token in three lines: what it is, whose and how it stands, what it is given. */
    void list(AccessPoll.Result polled, Map<AccessPoll.OfCluster, List<TokenRow>> rows, Instant now) {
        lines.unplaced(new holdfast.run.AccessRun(now, 0, polled));
        boolean first = true;
        for (AccessPoll.OfCluster cluster : polled.clusters()) {
            if (!first) {
                terminal.out().println();
            }
            first = false;
            List<TokenRow> tokens = rows.get(cluster);
            if (tokens == null) {
                lines.wrapped(
                        AccessView.name(cluster) + "  ",
                        cluster.access() instanceof Reading.Unknown<?>(var why) ? AccessView.clean(why) : "");
                continue;
            }
            terminal.out()
                    .println("%s: %d %s"
                            .formatted(
                                    AccessView.name(cluster), tokens.size(), tokens.size() == 1 ? "token" : "tokens"));
            for (TokenRow row : tokens) {
                row(row, now);
            }
        }
    }

    /** One token. */
    void row(TokenRow row, Instant now) {
        terminal.out().println(lines.style("1", AccessView.clean(row.token().id())));
        List<String> facts = new ArrayList<>();
        facts.add(row.owner().map(owner -> "owner " + owner).orElse("nobody answers for it"));
        row.purpose().ifPresent(purpose -> facts.add("for " + purpose));
        facts.add(expiry(row, now));
        if (!row.token().separated()) {
            facts.add("no privilege separation: all that " + row.token().user() + " may");
        }
        if (!row.active()) {
            facts.add("its user is disabled or expired");
        }
        if (row.hasSecret() instanceof Reading.Known<Boolean>(var has) && !has) {
            facts.add("without a secret: nobody can use it");
        }
        if (row.inUse()) {
            facts.add("marked as in use");
        }
        lines.wrapped("  ", AccessView.clean(String.join("; ", facts)));
        LocalDate today = LocalDate.ofInstant(now, ZoneOffset.UTC);
        lines.wrapped(
                "  ",
                AccessView.clean("secret %s; %s"
                        .formatted(
                                row.secretSince()
                                        .map(day -> "since %s (%d days)"
                                                .formatted(day, ChronoUnit.DAYS.between(day, today)))
                                        .orElse("of unknown age"),
                                use(row))));
        if (row.token().separated()) {
            lines.wrapped(
                    "  ",
                    row.scope().isEmpty()
                            ? "no ACL entry: it may do nothing"
                            : AccessView.clean(row.scope().stream()
                                    .map(grant -> "%s on %s%s"
                                            .formatted(
                                                    grant.role(),
                                                    grant.path(),
                                                    grant.propagate() ? "" : " (not below)"))
                                    .collect(Collectors.joining(", "))));
        }
    }

    private static String expiry(TokenRow row, Instant now) {
        if (row.token().expires() == 0) {
            return "never expires";
        }
        Instant at = Instant.ofEpochSecond(row.token().expires());
        String day = at.toString().substring(0, 10);
        long days = Duration.between(now, at).toDays();
        return row.expired()
                ? "expired on " + day
                : "expires on %s (in %d %s)".formatted(day, days, days == 1 ? "day" : "days");
    }

    private static String use(TokenRow row) {
        return switch (row.lastUse()) {
            case Reading.Unknown<Optional<LocalDate>>(var why) -> "last use not known: " + why;
            case Reading.Known<Optional<LocalDate>>(var last) ->
                last.map(day -> "last used on %s from %s".formatted(day, some(row.addresses())))
                        .orElse("not in the access log");
        };
    }

    private static String some(SortedSet<String> items) {
        List<String> list = List.copyOf(items);
        return list.size() <= 4
                ? String.join(", ", list)
                : String.join(", ", list.subList(0, 4)) + " and %d more".formatted(list.size() - 4);
    }

    /** A line of its own. */
    void say(String text) {
        lines.wrapped("", AccessView.clean(text));
    }

    /** What comes next. */
    void next(String text) {
        lines.wrapped("next: ", AccessView.clean(text));
    }

    /** A token that was made, and what was looked at. */
    void made(TokenOperator.Made made, TokenRequest request, String place, Map<String, String> unreached) {
        say("made %s, %s, its secret %s"
                .formatted(
                        made.token().id(),
                        request.expires() == 0
                                ? "which never expires"
                                : "expires " + Instant.ofEpochSecond(request.expires()),
                        place));
        if (request.separated() && request.grants().isEmpty()) {
            lines.wrapped("  ", "it has no ACL entry, so it may do nothing yet");
        }
        for (UserConfig.Grant grant : request.separated() ? request.grants() : List.<UserConfig.Grant>of()) {
            lines.wrapped("  ", AccessView.clean(grant.words()));
        }
        if (request.expires() == 0) {
            lines.wrapped("  ! ", "access.token-expiry will fail: it never expires");
        }
        if (!request.separated()) {
            lines.wrapped("  ! ", "access.token-privilege-separation will fail: it may do all that its user may");
        }
        made.verified().forEach(line -> lines.wrapped("  verified: ", AccessView.clean(line)));
        unreached.forEach((node, why) ->
                lines.wrapped("  ! ", AccessView.clean("%s could not be reached: %s".formatted(node, why))));
    }

    /** A token that is gone. */
    void revoked(TokenOperator.Revoked revoked) {
        say("revoked %s in %.1f s; gone on %s"
                .formatted(
                        revoked.token().id(),
                        revoked.took().toMillis() / 1000.0,
                        revoked.since().isEmpty()
                                ? "no member that could be looked at"
                                : String.join(", ", revoked.since().keySet())));
        revoked.unseen()
                .forEach((node, why) ->
                        lines.wrapped("  ! ", AccessView.clean("%s could not be looked at: %s".formatted(node, why))));
    }

    /** Names the members that were not looked at since nobody selected them; false where there are some. */
    boolean unselected(AccessPoll.OfCluster cluster) {
        if (!cluster.silent().isEmpty()) {
            return true;
        }
        java.util.Set<String> unasked = TokenOptions.unasked(cluster);
        unasked.forEach(node -> lines.wrapped(
                "  ! ", AccessView.clean("%s was not looked at: it is not among the selected nodes".formatted(node))));
        return unasked.isEmpty();
    }

    /** Somebody was refused while it is watched. */
    void attempt(String address, boolean known) {
        say("  refused: a call from %s%s".formatted(address, known ? ", from where it was used before" : ""));
    }

    /** What came of watching. */
    void attempts(Map<String, Reading<List<AttemptsFrom>>> attempts, SortedSet<String> known, Duration watched) {
        Map<String, Integer> calls = new TreeMap<>();
        attempts.forEach((node, reading) -> {
            switch (reading) {
                case Reading.Unknown<List<AttemptsFrom>>(var why) ->
                    lines.wrapped(
                            "  ! ", AccessView.clean("%s: the access log could not be read: %s".formatted(node, why)));
                case Reading.Known<List<AttemptsFrom>>(var rows) ->
                    rows.forEach(row -> calls.merge(row.address(), row.calls(), Integer::sum));
            }
        });
        if (calls.isEmpty()) {
            say("watched for %d s: no refused call".formatted(watched.toSeconds()));
        } else {
            say("watched for %d s: %s"
                    .formatted(
                            watched.toSeconds(),
                            calls.entrySet().stream()
                                    .map(entry -> "%d refused from %s%s"
                                            .formatted(
                                                    entry.getValue(),
                                                    entry.getKey(),
                                                    known.contains(entry.getKey()) ? " (used it before)" : ""))
                                    .collect(Collectors.joining(", "))));
        }
    }

    /** How long a revocation takes. */
    void drilled(TokenOperator.Revoked revoked, Map<String, Duration> refused, List<String> members) {
        revoked(revoked);
        for (String member : members) {
            Duration took = refused.get(member);
            say("  %s: %s"
                    .formatted(
                            member,
                            took == null
                                    ? "not seen to refuse it"
                                    : "refused it %.1f s after the order".formatted(took.toMillis() / 1000.0)));
        }
    }

    /** What a token did: where from, what was refused, and the last lines. */
    void trace(Subject who, TokenTraces traces, int last) {
        List<TokenReport.Traced> rows = traces.rows();
        if (rows.isEmpty()) {
            say("%s: the logs do not name it".formatted(who));
        } else {
            Map<String, Long> from = rows.stream()
                    .filter(row -> !row.address().isEmpty())
                    .collect(Collectors.groupingBy(TokenReport.Traced::address, TreeMap::new, Collectors.counting()));
            long refused =
                    rows.stream().filter(row -> row.status().equals("403")).count();
            say("%s: %d calls and %d tasks since %s%s"
                    .formatted(
                            who,
                            rows.stream()
                                    .filter(row -> !row.address().isEmpty())
                                    .count(),
                            rows.stream().filter(row -> row.address().isEmpty()).count(),
                            rows.get(0).at(),
                            traces.cut() ? ", as far back as is kept here" : ""));
            from.forEach((address, count) -> say("  %d calls from %s".formatted(count, address)));
            if (refused > 0) {
                say("  %d calls refused with 403".formatted(refused));
            }
            terminal.out().println();
            for (TokenReport.Traced row : rows.subList(Math.max(0, rows.size() - last), rows.size())) {
                lines.wrapped(
                        "%s  %s  ".formatted(row.at(), Clean.line(row.node(), 60)),
                        AccessView.clean("%s  %s%s"
                                .formatted(
                                        row.status(),
                                        row.what(),
                                        row.address().isEmpty() ? "" : "  from " + row.address())));
            }
        }
        traces.unread()
                .forEach((node, why) -> lines.wrapped(
                        "! ", AccessView.clean("%s: the logs could not be read: %s".formatted(node, why))));
    }

    /** Each step with its verdict; evidence and what to do next below it. */
    void diagnosis(Subject token, AccessPoll.OfCluster cluster, List<Diagnosis.Step> steps) {
        terminal.out().println("%s on %s".formatted(AccessView.clean(token.id()), AccessView.name(cluster)));
        for (Diagnosis.Step step : steps) {
            String symbol = switch (step.state()) {
                case RIGHT -> lines.style("32", terminal.unicode() ? "✓" : "+");
                case WRONG -> lines.style("1;31", terminal.unicode() ? "✗" : "x");
                case UNKNOWN -> lines.style("33", "?");
                case SKIPPED -> "-";
            };
            lines.wrapped("%s %-21s".formatted(symbol, step.name()), AccessView.clean(step.because()));
            if (step.state() != Diagnosis.State.SKIPPED) {
                step.evidence().stream()
                        .filter(line -> !line.equals(step.because()))
                        .forEach(line -> lines.wrapped(" ".repeat(25), AccessView.clean(line)));
            }
            step.next().forEach(line -> lines.wrapped(" ".repeat(23) + "next: ", AccessView.clean(line)));
        }
    }
}
