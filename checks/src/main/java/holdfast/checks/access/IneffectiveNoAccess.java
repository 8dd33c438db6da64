package holdfast.checks.access;

import static holdfast.check.Verdict.pass;
import static holdfast.checks.access.Access.blame;
import static holdfast.checks.access.Access.count;
import static holdfast.checks.access.Access.culprit;
import static holdfast.checks.access.Access.line;

import holdfast.access.Permissions.Effective;
import holdfast.access.Privileges;
import holdfast.access.Subject;
import holdfast.access.UserConfig.Grant;
import holdfast.check.Check;
import holdfast.check.CheckInfo;
import holdfast.check.Member;
import holdfast.check.Severity;
import holdfast.check.Verdict;
import holdfast.checks.access.Access.Culprit;
import holdfast.policy.Policy;
import holdfast.probe.Probe;
import java.util.ArrayList;
import java.util.List;
import java.util.NavigableSet;
import java.util.TreeSet;
import java.util.stream.Collectors;

/** NoAccess holds only until an entry further down, or one for the user itself against one for its group, replaces it. */
@CheckInfo(
        title = "NoAccess takes away what it is meant to",
        severity = Severity.MEDIUM,
        tags = {"acl"},
        references = {
            "pve-access-control src/PVE/AccessControl.pm, roles(); src/PVE/RPCEnvironment.pm, permissions()",
            "Proxmox VE Administration Guide, User Management, Permission Management"
        })
public final class IneffectiveNoAccess implements Check.OfCluster<Access.Facts> {

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
        return Access.judgeEverywhere(members, access -> judge(access));
    }

    /** So many places are named of one entry. */
    private static final int PLACES = 4;

    private static Verdict judge(Access access) {
        List<Culprit> defeated = new ArrayList<>();
        int entries = 0;
        for (Grant grant : access.config().grants()) {
            if (grant.role().equals(Privileges.NO_ACCESS) && access.config().exists(grant.subject())) {
                entries++;
                List<Left> left = left(access, grant);
                if (!left.isEmpty()) {
                    defeated.add(culprit(
                            "%s (%s)".formatted(grant.words(), left.get(0).where()),
                            line(
                                    grant.line(),
                                    "%s: %s%s"
                                            .formatted(
                                                    grant.words(),
                                                    left.stream()
                                                            .limit(PLACES)
                                                            .map(Left::words)
                                                            .collect(Collectors.joining("; ")),
                                                    left.size() > PLACES
                                                            ? " and %d more".formatted(left.size() - PLACES)
                                                            : "")),
                            "if the exception is not meant, take the entry away that gives it; if it is, accept it with a waiver",
                            "rights that are not given further up need no NoAccess: " + Pveum.deleteAcl(grant)));
                }
            }
        }
        if (defeated.isEmpty()) {
            return pass("%s", count(entries, "NoAccess entry holds", "NoAccess entries hold"));
        }
        return blame("NoAccess that an entry further down, or for the user itself, defeats", defeated)
                .expected("nothing left below a NoAccess of whom it is meant for");
    }

    /** @param where who, and at which path */
    private record Left(String where, String words) {}

    /** What those whom it is meant for may all the same, at its path and, where it counts there, below. */
    private static List<Left> left(Access access, Grant grant) {
        NavigableSet<String> paths = new TreeSet<>(List.of(grant.path()));
        if (grant.propagate()) {
            String below = grant.path().equals("/") ? "/" : grant.path() + "/";
            access.places().stream().filter(path -> path.startsWith(below)).forEach(paths::add);
        }
        List<Subject> meant = grant.subject().kind() == Subject.Kind.GROUP
                ? access.permissions().usersBehind(grant.subject()).stream()
                        .filter(user -> access.config().user(user).isPresent())
                        .map(Subject::user)
                        .toList()
                : List.of(grant.subject());
        List<Left> left = new ArrayList<>();
        for (Subject subject : meant) {
            for (String path : paths) {
                Effective effective = access.permissions().at(subject, path);
                if (!effective.privileges().isEmpty()) {
                    left.add(new Left(
                            "%s on %s".formatted(subject, path),
                            "%s may do something on %s: %s"
                                    .formatted(
                                            subject,
                                            path,
                                            effective.roles().values().stream()
                                                    .map(held -> "%s on %s".formatted(held.role(), held.source()))
                                                    .collect(Collectors.joining(", ")))));
                }
            }
        }
        return left;
    }
}
