package holdfast.token;

import holdfast.access.AccessLog;
import holdfast.access.Subject;
import holdfast.access.TokenNote;
import holdfast.access.UserConfig;
import holdfast.access.UserConfig.Token;
import java.time.LocalDate;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A rotation by overlap: a second token with the same rights takes the place of the first, which is revoked when the
 * second is known to be in use. A token cannot be renamed, so the name gets a number: {@code ci}, {@code ci-r2},
 * {@code ci-r3}.
 */
public final class Rotation {

    private static final Pattern NUMBERED = Pattern.compile("(.+)-r(\\d{1,6})");

    private Rotation() {}

    /** The id of the token that takes the place of another: the next number that is free. */
    public static Subject successor(UserConfig config, Token token) {
        Matcher matcher = NUMBERED.matcher(token.name());
        boolean numbered = matcher.matches();
        String base = numbered ? matcher.group(1) : token.name();
        int number = numbered ? Integer.parseInt(matcher.group(2)) + 1 : 2;
        while (true) {
            Subject candidate = Subject.token(token.user() + "!" + base + "-r" + number);
            if (config.token(candidate.id()).isEmpty()) {
                return candidate;
            }
            number++;
        }
    }

    /** The token that is about to take a token's place, where its rotation was begun. */
    public static Optional<Token> begun(UserConfig config, Token token) {
        return config.tokensOf(token.user()).stream()
                .filter(other ->
                        other.note().replaces().filter(token.name()::equals).isPresent())
                // A word that stayed behind when an older token of that name went: this one was made later.
                .filter(other -> token.note().created().isEmpty()
                        || other.note().rotated().isEmpty()
                        || !other.note()
                                .rotated()
                                .get()
                                .isBefore(token.note().created().get()))
                .findFirst();
    }

    /**
     * What the successor's comment says. Whatever else the old one's comment says goes with the old one.
     *
     * @param today in UTC
     */
    public static TokenNote note(Token token, Optional<String> owner, Optional<String> purpose, LocalDate today) {
        TokenNote before = token.note();
        Optional<String> words = before.owner().isEmpty()
                        && before.purpose().isEmpty()
                        && !token.comment().isBlank()
                ? Optional.of(token.comment())
                : Optional.empty();
        return new TokenNote(
                owner.or(before::owner),
                purpose.or(before::purpose).or(() -> words),
                before.created(),
                Optional.of(today),
                Optional.of(token.name()));
    }

    /** The comment of a successor whose predecessor is gone. */
    public static TokenNote finished(TokenNote note) {
        return new TokenNote(note.owner(), note.purpose(), note.created(), note.rotated(), Optional.empty());
    }

    /**
     * Whether the old token may go: the new one was let in, from every address from which the old one was, and the old
     * one was not seen after that began.
     *
     * @param because one sentence
     */
    public record Readiness(boolean ready, String because) {}

    /**
     * Judges by the access log of all members.
     *
     * @param own the nodes' own addresses: calls from there may be those that proved the new token, so they do not count
     *     as a use of it
     */
    public static Readiness readiness(AccessLog log, Token old, Token successor, Set<String> own) {
        List<AccessLog.Use> uses = log.by(successor.id()).stream()
                .filter(use -> use.calls() > use.refused() && !isOwn(use.address(), own))
                .toList();
        if (log.cut()) {
            // What was left out may be a use of the old one: anybody can fill the log by knocking from many addresses.
            return new Readiness(
                    false,
                    "whether %s is still used is not known: the access log has more users and addresses than are counted"
                            .formatted(old.id()));
        }
        Optional<LocalDate> first = uses.stream().map(AccessLog.Use::day).min(LocalDate::compareTo);
        if (first.isEmpty()) {
            return new Readiness(
                    false, "%s was not used yet, as far as the access log tells".formatted(successor.id()));
        }
        List<AccessLog.Use> still = log.by(old.id()).stream()
                .filter(use -> !use.day().isBefore(first.get()))
                .toList();
        String lastOfNew = uses.stream()
                .map(use -> use.day() + " " + use.last())
                .max(String::compareTo)
                .orElse("");
        String firstOfNew = uses.stream()
                .filter(use -> use.day().equals(first.get()))
                .map(AccessLog.Use::first)
                .min(String::compareTo)
                .orElse("");
        List<AccessLog.Use> after = still.stream()
                .filter(use -> use.day().isAfter(first.get()) || use.last().compareTo(firstOfNew) > 0)
                .toList();
        if (!after.isEmpty()) {
            return new Readiness(
                    false,
                    "%s is used (last %s), but so is %s still, from %s"
                            .formatted(
                                    successor.id(),
                                    lastOfNew,
                                    old.id(),
                                    String.join(
                                            ", ",
                                            new java.util.TreeSet<>(after.stream()
                                                    .map(AccessLog.Use::address)
                                                    .toList()))));
        }
        // One that comes every hour may just not have come yet.
        Set<String> left = new java.util.TreeSet<>();
        log.by(old.id()).stream()
                .filter(use -> use.calls() > use.refused() && !isOwn(use.address(), own))
                .forEach(use -> left.add(use.address()));
        uses.forEach(use -> left.remove(use.address()));
        if (!left.isEmpty()) {
            return new Readiness(
                    false,
                    "%s is used (last %s), but not from %s, from where %s was used"
                            .formatted(successor.id(), lastOfNew, String.join(", ", left), old.id()));
        }
        return new Readiness(
                true, "%s is used (last %s), and %s no more".formatted(successor.id(), lastOfNew, old.id()));
    }

    /** Whether an address is a node's own: what holdfast itself asks comes from there. */
    static boolean isOwn(String address, Set<String> own) {
        return address.startsWith("127.") || address.equals("::1") || own.contains(address);
    }
}
