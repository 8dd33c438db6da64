package holdfast.access;

import java.time.DateTimeException;
import java.time.LocalDate;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a token's comment tells of it, in words such as {@code owner=ops purpose="nightly backups" created=2026-10-01
 * rotated=2026-11-01}: Proxmox VE keeps neither, so holdfast writes and reads them there.
 *
 * @param owner who answers for it
 * @param purpose what it is for
 * @param created the day on which it was first made
 * @param rotated the day on which it got the secret that it has
 * @param replaces the name of the user's token whose place it is about to take
 */
public record TokenNote(
        Optional<String> owner,
        Optional<String> purpose,
        Optional<LocalDate> created,
        Optional<LocalDate> rotated,
        Optional<String> replaces) {

    private static final Pattern WORD =
            Pattern.compile("(?:^|[\\s,;])(owner|purpose|created|rotated|replaces)=(?:\"([^\"]*)\"|([^\\s,;\"]+))");

    /** Reads a comment; words that are none of these are left alone. The first of each counts. */
    public static TokenNote of(String comment) {
        Map<String, String> words = new LinkedHashMap<>();
        Matcher matcher = WORD.matcher(comment);
        while (matcher.find()) {
            String value = matcher.group(2) != null ? matcher.group(2) : matcher.group(3);
            if (!value.isBlank()) {
                words.putIfAbsent(matcher.group(1), value.strip());
            }
        }
        return new TokenNote(
                Optional.ofNullable(words.get("owner")),
                Optional.ofNullable(words.get("purpose")),
                day(words.get("created")),
                day(words.get("rotated")),
                Optional.ofNullable(words.get("replaces")).filter(Subject::isRealm));
    }

    private static Optional<LocalDate> day(@org.jspecify.annotations.Nullable String text) {
        try {
            return text == null ? Optional.empty() : Optional.of(LocalDate.parse(text));
        } catch (DateTimeException e) {
            return Optional.empty();
        }
    }

    /** The day since which its secret is the same, as far as it is known. */
    public Optional<LocalDate> secretSince() {
        return rotated.or(() -> created);
    }

    /** The comment that says this. */
    public String comment() {
        StringBuilder text = new StringBuilder();
        owner.ifPresent(value -> word(text, "owner", value));
        purpose.ifPresent(value -> word(text, "purpose", value));
        created.ifPresent(value -> word(text, "created", value.toString()));
        rotated.ifPresent(value -> word(text, "rotated", value.toString()));
        replaces.ifPresent(value -> word(text, "replaces", value));
        return text.toString();
    }

    private static void word(StringBuilder text, String name, String value) {
        String plain = value.replace('"', '\'').replaceAll("\\p{Cntrl}", " ").strip();
        text.append(text.isEmpty() ? "" : " ").append(name).append('=');
        text.append(plain.matches("[^\\s,;\"]+") ? plain : '"' + plain + '"');
    }
}
