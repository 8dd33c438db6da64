package holdfast.checks.access;

import holdfast.access.Subject;
import holdfast.access.UserConfig;
import holdfast.access.UserConfig.Dropped;
import holdfast.access.UserConfig.Grant;
import holdfast.access.UserConfig.Role;
import holdfast.access.UserConfig.Token;
import holdfast.change.Change;
import holdfast.change.Remedy;
import holdfast.text.Clean;
import holdfast.text.Shell;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Changes of users and rights by pveum(1), which locks, checks and writes {@code user.cfg}. Each looks first whether what was
 * read is still there, and does nothing where it is not.
 */
final class PveumFix {

    /** One Perl process takes half a second on an idle node; each change starts several. */
    private static final Duration LIMIT = Duration.ofSeconds(60);

    /** Nothing that awk, a shell or pveum's options could take for something else. */
    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9_][A-Za-z0-9_.@!+-]{0,199}");

    private static final Pattern COMMENT = Pattern.compile("[^\\p{Cntrl}]*");

    /** {@code has KIND ID [FIELD NUMBER]}: whether user.cfg has such a line; blanks around a field do not count. */
    private static final String HAS = """
            has() { awk -F: -v kind="$1" -v id="$2" -v field="${3-}" -v number="${4-}" '
              { for (i = 1; i <= 4; i++) gsub(/^[ \\t\\r]+|[ \\t\\r]+$/, "", $i) }
              $1 == kind && $2 == id && (field == "" || $field + 0 == number + 0) { found = 1 }
              END { exit !found }' /etc/pve/user.cfg; }
            """;

    /** Comments are UTF-8; the rest is ASCII. */
    private static final String PVEUM = "LC_ALL=C.UTF-8 pveum";

    private PveumFix() {}

    /** Whether a token, its entries and its comment can be put into a command, and be made again by one. */
    static boolean isPlain(Token token) {
        return isPlain(token.id()) && COMMENT.matcher(token.comment()).matches();
    }

    static boolean isPlain(String name) {
        return NAME.matcher(name).matches();
    }

    /** The remedy for these names by these changes; refused where a name is not plain. */
    static Remedy remedy(Access access, List<String> odd, List<Change> changes, String... notes) {
        if (!odd.isEmpty()) {
            return Remedy.refused(
                    "%s: a name or comment with characters that holdfast puts into no command"
                            .formatted(Access.names(odd)),
                    "mend these by hand, as advised",
                    "then scan again: the others can be fixed");
        }
        if (!access.cluster().others().isEmpty()) {
            return Remedy.refused(
                    "the members of the cluster do not show the same files, so what is right for one may be wrong for all",
                    "see access.consistency");
        }
        Remedy.Steps steps = Remedy.steps(changes.toArray(Change[]::new));
        for (String note : notes) {
            steps = steps.noting("%s", note);
        }
        long lost = access.config().dropped().stream()
                .filter(dropped -> dropped.kind() != Dropped.Kind.ENTRY_OF_NO_TOKEN)
                .count();
        return lost == 0
                ? steps
                : steps.noting(
                        "Proxmox VE writes user.cfg anew without the %s that it does not understand: see access.dropped-lines and access.unknown-privileges",
                        Access.count(lost, "part", "parts"));
    }

    /** Its entries first: pveum leaves them in the file, for a token of the same name. */
    static Change.Run removeToken(Token token, List<Grant> entries) {
        Subject subject = Subject.token(token.id());
        String user = Shell.quote(token.user());
        String name = Shell.quote(token.name());
        String remove = Stream.concat(
                        entries.stream().map(Pveum::deleteAcl),
                        Stream.of("pveum user token remove %s %s".formatted(user, name)))
                .collect(Collectors.joining(" &&\n  "));
        // The new secret is shown once, and nobody shall have it.
        String add = "has token %s || %s user token add %s %s --privsep %d --expire %d%s >/dev/null"
                .formatted(
                        Shell.quote(token.id()),
                        PVEUM,
                        user,
                        name,
                        token.separated() ? 1 : 0,
                        token.expires(),
                        token.comment().isEmpty() ? "" : " --comment " + Shell.quote(token.comment()));
        String again = Stream.concat(
                        Stream.of("{ %s; }".formatted(add)),
                        entries.stream()
                                .map(grant -> Pveum.addAcl(grant.path(), subject, grant.role(), grant.propagate())))
                .collect(Collectors.joining(" &&\n  "));
        return run(
                // By the node's own clock: should this machine's be wrong, a token that is alive must not go.
                "! has token %1$s 3 %2$d || [ \"$(date +%%s)\" -le %2$d ] || {\n  %3$s; }"
                        .formatted(Shell.quote(token.id()), token.expires(), remove),
                "remove the expired token %s".formatted(token.id()),
                "! has user %s || {\n  %s; }".formatted(user, again));
    }

    /** @param expires seconds since 1970 */
    static Change.Run expire(Token token, long expires) {
        // By the node's own clock, for the same reason: an expiry that is over would stop what uses it at once.
        return run(
                "[ \"$(date +%%s)\" -ge %d ] || %s".formatted(expires, expiry(token, token.expires(), expires)),
                "let the token %s expire on %s".formatted(token.id(), Access.day(expires)),
                expiry(token, expires, token.expires()));
    }

    private static String expiry(Token token, long from, long to) {
        return "! has token %s 3 %d || %s >/dev/null"
                .formatted(Shell.quote(token.id()), from, Pveum.modifyToken(token, "--expire " + to));
    }

    /** @param there the entry of that path, subject and role, which may count otherwise below */
    static Change.Run addEntry(Grant wanted, Optional<Grant> there) {
        return run(
                modify(wanted),
                "%s the entry %s".formatted(there.isPresent() ? "change to" : "add", wanted.words()),
                whereItExists(wanted.subject(), there.map(PveumFix::modify).orElseGet(() -> Pveum.deleteAcl(wanted))));
    }

    /** An entry that is too much: unlike {@link #deleteEntry} it always comes back with an undo. */
    static Change.Run removeEntry(Grant grant) {
        return run(
                whereItExists(grant.subject(), Pveum.deleteAcl(grant)),
                "remove the entry %s".formatted(grant.words()),
                whereItExists(grant.subject(), modify(grant)));
    }

    private static String modify(Grant grant) {
        return Pveum.addAcl(grant.path(), grant.subject(), grant.role(), grant.propagate());
    }

    /** pveum touches no entry of somebody who does not exist, and whoever has gone took his entries along. */
    private static String whereItExists(Subject subject, String command) {
        return subject.equals(Subject.user(UserConfig.ROOT))
                ? command
                : "! has %s %s || %s".formatted(subject.kind().label(), Shell.quote(subject.id()), command);
    }

    static Change.Run separate(Token token) {
        return run(
                separation(token, 0, 1),
                "give the token %s privilege separation".formatted(token.id()),
                separation(token, 1, 0));
    }

    private static String separation(Token token, int from, int to) {
        return "! has token %s 4 %d || %s >/dev/null"
                .formatted(Shell.quote(token.id()), from, Pveum.modifyToken(token, "--privsep " + to));
    }

    /** @param before the role as it is; empty where it has to be made */
    static Change.Run setRole(String name, SortedSet<String> privileges, Optional<Role> before) {
        String role = Shell.quote(name);
        return before.isPresent()
                ? run(
                        "! has role %s || %s".formatted(role, rolePrivileges("modify", name, privileges)),
                        "give the role %s the privileges %s".formatted(name, words(privileges)),
                        "! has role %s || %s"
                                .formatted(
                                        role,
                                        rolePrivileges(
                                                "modify", name, before.get().privileges())))
                : run(
                        "has role %s || %s".formatted(role, rolePrivileges("add", name, privileges)),
                        "make the role %s with the privileges %s".formatted(name, words(privileges)),
                        "! has role %1$s || pveum role delete %1$s".formatted(role));
    }

    private static String words(SortedSet<String> privileges) {
        return privileges.isEmpty() ? "none" : String.join(", ", privileges);
    }

    private static String rolePrivileges(String verb, String role, SortedSet<String> privileges) {
        return "pveum role %s %s%s"
                .formatted(
                        verb,
                        Shell.quote(role),
                        privileges.isEmpty() ? "" : " --privs " + Shell.quote(String.join(",", privileges)));
    }

    /** Nobody gains or loses a privilege by it, so there is nothing to take back. */
    static Change.Run writeRole(Role role) {
        return run(
                "! has role %s || %s"
                        .formatted(Shell.quote(role.name()), rolePrivileges("modify", role.name(), role.privileges())),
                "write the role %s with the privileges that it has".formatted(role.name()),
                "");
    }

    /** An entry on a path that is gone. */
    static Change.Run deleteEntry(Grant grant, boolean again) {
        return run(
                Pveum.deleteAcl(grant),
                "remove the entry %s".formatted(grant.words()),
                again ? Pveum.addAcl(grant.path(), grant.subject(), grant.role(), grant.propagate()) : "");
    }

    /** Made, disabled, and deleted, which takes the entries and memberships of that name along. */
    static Change.Run forgetUser(String user) {
        return run(
                "has user %1$s || { pveum user add %1$s --enable 0 && pveum user delete %1$s; }"
                        .formatted(Shell.quote(user)),
                "remove the entries of the user %s, who does not exist".formatted(user),
                "");
    }

    static Change.Run forgetGroup(String group) {
        return run(
                "has group %1$s || { pveum group add %1$s && pveum group delete %1$s; }".formatted(Shell.quote(group)),
                "remove the entries of the group %s, which does not exist".formatted(group),
                "");
    }

    /** Any change writes the file; this one changes nothing. */
    static Change.Run writeAnew(String what) {
        return run("pveum user modify root@pam", "have Proxmox VE write user.cfg anew, " + what, "");
    }

    private static Change.Run run(String command, String purpose, String undo) {
        return new Change.Run(asking(command), Clean.line(purpose, 200), asking(undo), List.of(), LIMIT);
    }

    private static String asking(String command) {
        return command.startsWith("pveum ") || command.isEmpty() ? command : HAS + command;
    }

    /** The names that are not plain, of these. */
    static List<String> odd(List<String> names) {
        return names.stream().filter(name -> !isPlain(name)).toList();
    }

    static List<String> oddTokens(List<Token> tokens) {
        List<String> odd = new ArrayList<>();
        tokens.stream().filter(token -> !isPlain(token)).forEach(token -> odd.add(token.id()));
        return odd;
    }

    /** Where other members have another release, what one does not know another may. */
    static boolean haveDifferentReleases(Access access) {
        return access.facts().values().stream()
                        .map(facts -> facts.files().config().release())
                        .distinct()
                        .count()
                > 1;
    }
}
