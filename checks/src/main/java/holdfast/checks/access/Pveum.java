package holdfast.checks.access;

import holdfast.access.Subject;
import holdfast.access.UserConfig.Grant;
import holdfast.access.UserConfig.Token;
import holdfast.text.Clean;
import holdfast.text.Shell;

/** The commands of pveum(1) that mend findings, as one types them. Their forms are those of Proxmox VE 8 and 9. */
final class Pveum {

    private Pveum() {}

    /** One word of a shell. A name with control characters is shown, and would not be found. */
    static String word(String text) {
        return Shell.quote(Clean.line(text));
    }

    static String user(String verb, String user) {
        return "pveum user %s %s".formatted(verb, word(user));
    }

    static String modifyUser(String user, String options) {
        return "%s %s".formatted(user("modify", user), options);
    }

    /** Every release has {@code remove}; {@code delete} is newer. */
    static String removeToken(Token token) {
        return "pveum user token remove %s %s".formatted(word(token.user()), word(token.name()));
    }

    static String modifyToken(Token token, String options) {
        return "pveum user token modify %s %s %s".formatted(word(token.user()), word(token.name()), options);
    }

    /** The option with the moment that lies so many days ahead when the command is run. */
    static String expireIn(int days) {
        return "--expire \"$(date -d '+%d days' +%%s)\"".formatted(days);
    }

    static String deleteAcl(Grant grant) {
        return acl("delete", grant.path(), grant.subject(), grant.role());
    }

    static String addAcl(String path, Subject subject, String role, boolean propagate) {
        return acl("modify", path, subject, role) + (propagate ? "" : " --propagate 0");
    }

    private static String acl(String verb, String path, Subject subject, String role) {
        return "pveum acl %s %s %s".formatted(verb, word(path), holder(subject, role));
    }

    /** The options that say whose entry it is, and of which role. */
    static String holder(Subject subject, String role) {
        String option = switch (subject.kind()) {
            case USER -> "--users";
            case GROUP -> "--groups";
            case TOKEN -> "--tokens";
        };
        return "%s %s --roles %s".formatted(option, word(subject.id()), word(role));
    }
}
