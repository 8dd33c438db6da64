package holdfast.checks.access;

import holdfast.access.Subject;
import holdfast.access.UserConfig;
import holdfast.access.UserConfig.Grant;
import holdfast.access.UserConfig.Role;
import holdfast.access.UserConfig.Token;
import holdfast.change.Change;
import holdfast.change.Remedy;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Changes of rights, each made to a user.cfg in mind at the moment when it is planned: what the cluster would look like
 * afterwards can be judged before anything is done. The changes come in the order in which nobody loses what he is to keep:
 * roles, entries that are added, tokens that are separated, entries that go.
 */
final class Sketch {

    /** Each command takes a second or so, and is a line of the plan. */
    private static final int MOST = 200;

    private final UserConfig before;
    private final SortedMap<String, Role> roles;
    private final SortedMap<String, Token> tokens;
    private final Map<Place, Grant> grants = new LinkedHashMap<>();
    private final Set<Change> ofRoles = new LinkedHashSet<>();
    private final Set<Change> added = new LinkedHashSet<>();
    private final Set<Change> separated = new LinkedHashSet<>();
    private final Set<Change> removed = new LinkedHashSet<>();
    private final Set<String> touched = new LinkedHashSet<>();

    /** What tells entries apart: of two the later counts. */
    private record Place(String path, Subject subject, String role) {
        static Place of(Grant grant) {
            return new Place(grant.path(), grant.subject(), grant.role());
        }
    }

    Sketch(UserConfig before) {
        this.before = before;
        this.roles = new TreeMap<>(before.roles());
        this.tokens = new TreeMap<>(before.tokens());
        before.grants().forEach(grant -> grants.put(Place.of(grant), grant));
    }

    /** Makes a role, or gives it other privileges; it is none of those that come with Proxmox VE. */
    void role(String name, SortedSet<String> privileges) {
        ofRoles.add(PveumFix.setRole(name, privileges, before.role(name)));
        touched.add(name);
        roles.put(name, new Role(name, privileges, new TreeSet<>(), /* builtIn= */ false, 0));
    }

    /** Puts an entry there, or lets one count below or not; nothing where it is there already. */
    void add(String path, Subject subject, String role, boolean propagate) {
        Grant wanted = new Grant(path, subject, role, propagate, 0);
        Optional<Grant> there = Optional.ofNullable(grants.get(Place.of(wanted)));
        if (there.filter(grant -> grant.propagate() == propagate).isPresent()) {
            return;
        }
        added.add(PveumFix.addEntry(wanted, there));
        touched.add(subject.id());
        touched.add(role);
        grants.put(Place.of(wanted), wanted);
    }

    /** Takes an entry away that is there. */
    void remove(Grant grant) {
        removed.add(PveumFix.removeEntry(grant));
        touched.add(grant.subject().id());
        touched.add(grant.role());
        grants.remove(Place.of(grant));
    }

    /** Gives a token only what it is given itself. */
    void separate(Token token) {
        separated.add(PveumFix.separate(token));
        touched.add(token.id());
        tokens.put(
                token.id(),
                new Token(
                        token.user(),
                        token.name(),
                        token.expires(),
                        /* separated= */ true,
                        token.comment(),
                        token.line()));
    }

    /** What user.cfg would say. */
    UserConfig after() {
        return new UserConfig(
                before.release(),
                before.users(),
                tokens,
                before.groups(),
                before.pools(),
                roles,
                List.copyOf(grants.values()),
                before.dropped());
    }

    /** The remedy that does all of it; refused where a name goes into no command, or where it is more than can be overlooked. */
    Remedy remedy(Access access, List<String> notes) {
        List<Change> all = new ArrayList<>(ofRoles);
        all.addAll(added);
        all.addAll(separated);
        all.addAll(removed);
        return all.size() > MOST
                ? Remedy.refused(
                        "it takes %d commands, more than anybody reads before saying yes".formatted(all.size()),
                        "begin with some of it by hand, as advised",
                        "then scan again")
                : PveumFix.remedy(access, PveumFix.odd(List.copyOf(touched)), all, notes.toArray(String[]::new));
    }
}
