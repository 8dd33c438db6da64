package holdfast.token;

import holdfast.access.Subject;
import holdfast.access.TokenNote;
import holdfast.access.UserConfig;
import holdfast.text.Shell;
import java.util.List;

/**
 * The commands of Proxmox's own tool that change tokens and their ACLs (pveum(1)): full names of commands and options,
 * every value quoted, and a character set in which a comment stays what it is.
 */
public final class Pveum {

    /** Without it Perl takes an argument's bytes for something else, and user.cfg keeps the damage. */
    private static final String PVEUM = "LC_ALL=C.UTF-8 pveum ";

    private Pveum() {}

    /**
     * Makes a token; its secret is in the JSON that is printed.
     *
     * @param token its full id
     * @param expires seconds since 1970, 0 for never
     */
    public static String add(Subject token, long expires, boolean separated, TokenNote note) {
        return PVEUM
                + "user token add %s %s --privsep %d --expire %d --comment %s --output-format json"
                        .formatted(
                                Shell.quote(token.owner()),
                                Shell.quote(token.tokenName()),
                                separated ? 1 : 0,
                                expires,
                                Shell.quote(note.comment()));
    }

    /** Changes a token's comment. */
    public static String comment(Subject token, String comment) {
        return PVEUM
                + "user token modify %s %s --comment %s"
                        .formatted(Shell.quote(token.owner()), Shell.quote(token.tokenName()), Shell.quote(comment));
    }

    /** Deletes a token with its secret; {@code remove} is understood by all releases. */
    public static String remove(Subject token) {
        return PVEUM + "user token remove %s %s".formatted(Shell.quote(token.owner()), Shell.quote(token.tokenName()));
    }

    /** Gives a role; doing it twice changes nothing. */
    public static String grant(String path, Subject subject, String role, boolean propagate) {
        return PVEUM
                + "acl modify %s --%s %s --roles %s --propagate %d"
                        .formatted(
                                Shell.quote(path),
                                list(subject),
                                Shell.quote(subject.id()),
                                Shell.quote(role),
                                propagate ? 1 : 0);
    }

    /** Takes a role away. */
    public static String withdraw(String path, Subject subject, String role) {
        return PVEUM
                + "acl delete %s --%s %s --roles %s"
                        .formatted(Shell.quote(path), list(subject), Shell.quote(subject.id()), Shell.quote(role));
    }

    private static String list(Subject subject) {
        return switch (subject.kind()) {
            case USER -> "users";
            case GROUP -> "groups";
            case TOKEN -> "tokens";
        };
    }

    /** The commands that give a token what another one was given. */
    public static List<String> grants(Subject token, List<UserConfig.Grant> grants) {
        return grants.stream()
                .map(grant -> grant(grant.path(), token, grant.role(), grant.propagate()))
                .toList();
    }
}
