package holdfast.access;

import java.util.Comparator;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Whom an ACL entry is about (pve-access-control, AccessControl.pm and Auth/Plugin.pm).
 *
 * @param kind what it is
 * @param id {@code alice@pve}, {@code ops} or {@code ci@pve!deploy}
 */
public record Subject(Kind kind, String id) implements Comparable<Subject> {

    /** What an ACL entry can be about. */
    public enum Kind {
        USER,
        GROUP,
        TOKEN;

        /** As {@code pveum acl list} calls it. */
        public String label() {
            return name().toLowerCase(java.util.Locale.ROOT);
        }
    }

    private static final String REALM = "[A-Za-z][A-Za-z0-9.\\-_]+";
    private static final String USER_NAME = "[^\\s:/]+";
    private static final Pattern USER = Pattern.compile(USER_NAME + "@" + REALM);
    private static final Pattern TOKEN = Pattern.compile("(" + USER_NAME + "@" + REALM + ")!(" + REALM + ")");
    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9.\\-_]+");
    private static final Pattern REALM_NAME = Pattern.compile(REALM);

    private static final Comparator<Subject> ORDER =
            Comparator.comparing(Subject::kind).thenComparing(Subject::id);

    public static Subject user(String id) {
        return new Subject(Kind.USER, id);
    }

    public static Subject group(String id) {
        return new Subject(Kind.GROUP, id);
    }

    public static Subject token(String id) {
        return new Subject(Kind.TOKEN, id);
    }

    /** A subject as ACL entries and options spell it: {@code @group}, {@code user@realm}, {@code user@realm!token}. */
    public static Optional<Subject> parse(String text) {
        if (text.startsWith("@") && isGroup(text.substring(1))) {
            return Optional.of(group(text.substring(1)));
        }
        if (isUser(text)) {
            return Optional.of(user(text));
        }
        return isToken(text) ? Optional.of(token(text)) : Optional.empty();
    }

    /** Whether Proxmox VE takes it for a user's id: {@code name@realm}, 3 to 64 characters. */
    public static boolean isUser(String text) {
        return text.length() >= 3 && text.length() <= 64 && USER.matcher(text).matches();
    }

    /** Whether it is a token's full id. */
    public static boolean isToken(String text) {
        return text.length() <= 200 && TOKEN.matcher(text).matches();
    }

    /** Whether it is a name of a group, or of a role. */
    public static boolean isGroup(String text) {
        return text.length() <= 200 && NAME.matcher(text).matches();
    }

    /** Whether it is the name of a realm, or a token's own name. */
    public static boolean isRealm(String text) {
        return text.length() <= 200 && REALM_NAME.matcher(text).matches();
    }

    /** The user that a token belongs to; a user's own id. */
    public String owner() {
        Matcher matcher = TOKEN.matcher(id);
        return kind == Kind.TOKEN && matcher.matches() ? matcher.group(1) : id;
    }

    /** A token's own name, without its user; empty otherwise. */
    public String tokenName() {
        Matcher matcher = TOKEN.matcher(id);
        return kind == Kind.TOKEN && matcher.matches() ? matcher.group(2) : "";
    }

    /** The realm of a user or of a token's user; empty for a group. */
    public String realm() {
        String user = owner();
        return kind == Kind.GROUP ? "" : user.substring(user.lastIndexOf('@') + 1);
    }

    /** As ACL entries spell it: groups with an {@code @} before them. */
    @Override
    public String toString() {
        return kind == Kind.GROUP ? "@" + id : id;
    }

    @Override
    public int compareTo(Subject other) {
        return ORDER.compare(this, other);
    }
}
