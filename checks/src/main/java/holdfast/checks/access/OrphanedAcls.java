package holdfast.checks.access;

import static holdfast.check.Verdict.pass;
import static holdfast.check.Verdict.unknown;
import static holdfast.checks.access.Access.blame;
import static holdfast.checks.access.Access.count;
import static holdfast.checks.access.Access.culprit;
import static holdfast.checks.access.Access.line;

import holdfast.access.Subject;
import holdfast.access.UserConfig;
import holdfast.access.UserConfig.Dropped;
import holdfast.access.UserConfig.Grant;
import holdfast.access.UserConfig.Group;
import holdfast.change.Change;
import holdfast.check.Check;
import holdfast.check.CheckInfo;
import holdfast.check.Member;
import holdfast.check.Severity;
import holdfast.check.Verdict;
import holdfast.checks.access.Access.Culprit;
import holdfast.policy.Policy;
import holdfast.probe.Probe;
import holdfast.probe.Reading;
import holdfast.proxmox.Guest;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SortedSet;

/** What does not exist today may tomorrow, and gets the rights that wait for it. */
@CheckInfo(
        title = "ACL entries and memberships are only for what exists",
        severity = Severity.LOW,
        tags = {"acl", "hygiene"},
        references = {
            "pve-access-control src/PVE/AccessControl.pm, parse_user_config(), check_path()",
            "Proxmox VE Administration Guide, User Management, Permission Management"
        })
public final class OrphanedAcls implements Check.OfCluster<Access.Facts> {

    @Override
    public Probe<Access.Facts> probe(Policy policy) {
        return Access.FILES;
    }

    @Override
    public boolean asksStandalone() {
        return true;
    }

    @Override
    public Verdict judge(List<Member<Access.Facts>> members, Policy policy) {
        return Access.judge(members, access -> judge(access));
    }

    private static final Set<String> ROOTS = Set.of("access", "mapping", "nodes", "pool", "sdn", "storage", "vms");

    private static Verdict judge(Access access) {
        UserConfig config = access.config();
        List<Culprit> orphans = new ArrayList<>();
        Set<Change> changes = new LinkedHashSet<>();
        Set<String> touched = new LinkedHashSet<>();
        Optional<String> unread = Optional.empty();
        for (Grant grant : config.grants()) {
            Optional<String> gone = config.exists(grant.subject())
                    ? goneBelow(access, grant.path()).filter(why -> !isToBeMade(config, grant))
                    : Optional.of("there is no %s %s"
                            .formatted(
                                    grant.subject().kind().label(),
                                    grant.subject().id()));
            if (gone.isPresent()) {
                orphans.add(culprit(
                        grant.words(),
                        line(grant.line(), "%s: %s".formatted(grant.words(), gone.get())),
                        mends(config, grant)));
                changes.add(change(config, grant));
                touched.add(grant.subject().id());
            }
            unread = unread.or(() -> unread(access, grant.path()));
        }
        for (Group group : config.groups().values()) {
            for (String member : group.members()) {
                if (config.user(member).isEmpty()) {
                    orphans.add(culprit(
                            "%s in @%s".formatted(member, group.name()),
                            line(group.line(), "group %s: there is no user %s".formatted(group.name(), member)),
                            forget(member)));
                    changes.add(PveumFix.forgetUser(member));
                    touched.add(member);
                }
            }
        }
        for (Dropped dropped : config.dropped()) {
            if (dropped.kind() == Dropped.Kind.ENTRY_OF_NO_TOKEN) {
                orphans.add(
                        culprit(
                                dropped.why(),
                                line(dropped.line(), dropped.why()),
                                "Proxmox VE leaves such an entry out when it writes the file next, as with: pveum user modify root@pam"));
            }
        }
        if (!orphans.isEmpty()) {
            if (changes.isEmpty()) {
                changes.add(PveumFix.writeAnew("without entries for tokens that do not exist"));
            }
            return blame("rights that wait for what does not exist", orphans)
                    .expected("entries for users, groups, tokens and paths that exist")
                    .remedy(
                            PveumFix.remedy(
                                    access,
                                    PveumFix.odd(List.copyOf(touched)),
                                    List.copyOf(changes),
                                    "an undo brings back entries on paths that are gone; those of users, groups and tokens that do not exist gave nothing to anybody, and stay away"));
        }
        return unread.<Verdict>map(why -> unknown("%s", why))
                .orElseGet(() -> pass(
                        "%s, and what each speaks of exists",
                        count(config.grants().size(), "ACL entry", "ACL entries")));
    }

    /** Whoever is to make a guest of that number is given the right to before it is there (pve-docs, qm(1): VM.Allocate). */
    private static boolean isToBeMade(UserConfig config, Grant grant) {
        return grant.path().startsWith("/vms/")
                && config.role(grant.role())
                        .filter(role -> role.privileges().contains("VM.Allocate"))
                        .isPresent();
    }

    /** Why nothing is where the path leads. */
    private static Optional<String> goneBelow(Access access, String path) {
        String[] part = path.split("/", -1);
        if (path.equals("/")) {
            return Optional.empty();
        }
        if (!ROOTS.contains(part[1])) {
            return Optional.of("Proxmox VE asks for no such path");
        }
        if (part.length < 3) {
            return Optional.empty();
        }
        return switch (part[1]) {
            case "vms" ->
                part[2].matches("\\d{1,9}") && !access.files().mayHaveGuest(Integer.parseInt(part[2]))
                        ? Optional.of("there is no guest %s".formatted(part[2]))
                        : Optional.empty();
            case "pool" ->
                access.config().pools().containsKey(path.substring("/pool/".length()))
                        ? Optional.empty()
                        : Optional.of("there is no pool %s".formatted(path.substring("/pool/".length())));
            case "storage" ->
                access.files().storages() instanceof Reading.Known<SortedSet<String>>(var storages)
                                && !storages.contains(part[2])
                        ? Optional.of("there is no storage %s".formatted(part[2]))
                        : Optional.empty();
            case "access" -> goneBelowAccess(access, part);
            default -> Optional.empty();
        };
    }

    private static Optional<String> goneBelowAccess(Access access, String[] part) {
        if (part[2].equals("groups")) {
            return part.length < 4 || access.config().groups().containsKey(part[3])
                    ? Optional.empty()
                    : Optional.of("there is no group %s".formatted(part[3]));
        }
        if (part[2].equals("realm")) {
            return part.length < 4 || access.files().realm(part[3]).isPresent()
                    ? Optional.empty()
                    : Optional.of("there is no realm %s".formatted(part[3]));
        }
        return Optional.of("Proxmox VE asks for no such path");
    }

    /** Without the lists it is not known whether a guest or a storage exists. */
    private static Optional<String> unread(Access access, String path) {
        if (path.startsWith("/vms/") && access.files().guests() instanceof Reading.Unknown<List<Guest>>(var why)) {
            return Optional.of("which guests exist could not be read: " + why);
        }
        if (path.startsWith("/storage/")
                && access.files().storages() instanceof Reading.Unknown<SortedSet<String>>(var why)) {
            return Optional.of("which storages exist could not be read: " + why);
        }
        return Optional.empty();
    }

    /** pveum refuses to touch an entry whose user or group does not exist; deleting one takes its entries along. */
    private static String mends(UserConfig config, Grant grant) {
        if (config.exists(grant.subject())) {
            return Pveum.deleteAcl(grant);
        }
        return grant.subject().kind() == Subject.Kind.GROUP
                ? "pveum group add %1$s && pveum group delete %1$s"
                        .formatted(Pveum.word(grant.subject().id()))
                : forget(grant.subject().id());
    }

    private static Change change(UserConfig config, Grant grant) {
        if (config.exists(grant.subject())) {
            // pveum adds no entry on a path that Proxmox VE does not ask for.
            String root = grant.path().split("/", -1)[1];
            return PveumFix.deleteEntry(
                    grant, ROOTS.contains(root) && !grant.path().matches("/access/(?!groups|realm(/|$)).*"));
        }
        return grant.subject().kind() == Subject.Kind.GROUP
                ? PveumFix.forgetGroup(grant.subject().id())
                : PveumFix.forgetUser(grant.subject().id());
    }

    private static String forget(String user) {
        return "%s --enable 0 && %s".formatted(Pveum.user("add", user), Pveum.user("delete", user));
    }
}
