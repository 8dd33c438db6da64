package holdfast.checks.access;

import static holdfast.check.Verdict.notApplicable;
import static holdfast.check.Verdict.pass;
import static holdfast.check.Verdict.unknown;
import static holdfast.checks.access.Access.blame;
import static holdfast.checks.access.Access.count;
import static holdfast.checks.access.Access.culprit;
import static holdfast.checks.access.Access.line;
import static holdfast.checks.access.Access.names;

import holdfast.access.Permissions.Effective;
import holdfast.access.Permissions.Held;
import holdfast.access.Subject;
import holdfast.access.Tenant;
import holdfast.access.UserConfig.Grant;
import holdfast.access.UserConfig.Pool;
import holdfast.access.UserConfig.Token;
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
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;

/** Every right of a tenant's members, wherever it comes from, is held against what the policy says is his. */
@CheckInfo(
        title = "No tenant reaches what is not his",
        severity = Severity.HIGH,
        tags = {"acl", "tenants"},
        references = {
            "pve-access-control src/PVE/AccessControl.pm, roles(); src/PVE/RPCEnvironment.pm, permissions()",
            "Proxmox VE Administration Guide, User Management, Pools",
            "policy access.tenants"
        })
public final class TenantIsolation implements Check.OfCluster<Access.Facts> {

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
        return Access.judgeEverywhere(members, access -> judge(access, policy));
    }

    private static Verdict judge(Access access, Policy policy) {
        List<Tenant> tenants = policy.access().tenants();
        if (tenants.isEmpty()) {
            return notApplicable("the policy names no tenants (access.tenants)");
        }
        if (tenants.stream().noneMatch(tenant -> isHere(access, tenant))) {
            return notApplicable("nobody and no pool of the tenants that the policy names is in this cluster");
        }
        List<String> missing = tenants.stream()
                .filter(tenant -> isHere(access, tenant))
                .flatMap(tenant -> missing(access, tenant).stream())
                .toList();
        List<Culprit> reaching = new ArrayList<>();
        int members = 0;
        for (Tenant tenant : tenants) {
            for (Subject member : members(access, tenant)) {
                members++;
                reaching.addAll(outside(access, tenant, member));
            }
        }
        if (!reaching.isEmpty()) {
            return blame("rights of tenants that reach outside", reaching)
                    .expected("rights on the tenant's pools, storages and paths alone");
        }
        if (access.files().guests() instanceof Reading.Unknown<List<Guest>>(var why)) {
            return unknown("which guests exist could not be read: %s", why);
        }
        if (access.files().storages() instanceof Reading.Unknown<SortedSet<String>>(var why)) {
            return unknown("which storages exist could not be read: %s", why);
        }
        if (!missing.isEmpty()) {
            return unknown(
                    "no right reaches outside, as far as the names are right; the cluster has no %s: a misspelt name is isolated always",
                    names(missing));
        }
        return pass(
                "%s of %s: no right reaches outside",
                count(members, "user or token", "users and tokens"), count(tenants.size(), "tenant", "tenants"));
    }

    private static boolean isHere(Access access, Tenant tenant) {
        return tenant.members().stream().anyMatch(access.config()::exists)
                || tenant.pools().stream()
                        .anyMatch(pool -> access.config().pools().containsKey(pool));
    }

    /** What a tenant of this cluster names that is not there. */
    private static List<String> missing(Access access, Tenant tenant) {
        List<String> missing = new ArrayList<>();
        for (Subject named : tenant.members()) {
            if (!access.config().exists(named)) {
                missing.add("%s %s".formatted(named.kind().label(), named));
            }
        }
        for (String pool : tenant.pools()) {
            if (!access.config().pools().containsKey(pool)) {
                missing.add("pool " + pool);
            }
        }
        return missing;
    }

    /** Users of its groups, users and their tokens, tokens; those that exist here. */
    private static SortedSet<Subject> members(Access access, Tenant tenant) {
        SortedSet<Subject> members = new TreeSet<>();
        for (Subject named : tenant.members()) {
            if (named.kind() == Subject.Kind.TOKEN) {
                if (access.config().exists(named)) {
                    members.add(named);
                }
                continue;
            }
            for (String user : access.permissions().usersBehind(named)) {
                if (access.config().user(user).isPresent()) {
                    members.add(Subject.user(user));
                    // Without privilege separation a token is its user under another name.
                    access.config().tokensOf(user).stream()
                            .filter(Token::separated)
                            .forEach(token -> members.add(Subject.token(token.id())));
                }
            }
        }
        return members;
    }

    /** One for each entry through which it reaches further. */
    private static List<Culprit> outside(Access access, Tenant tenant, Subject member) {
        Set<String> own = own(access, tenant);
        Map<Grant, List<String>> places = new LinkedHashMap<>();
        List<Culprit> culprits = new ArrayList<>();
        for (String path : access.places()) {
            if (isOwn(tenant, own, path)) {
                continue;
            }
            Effective effective = access.permissions().at(member, path);
            if (effective.privileges().isEmpty()) {
                continue;
            }
            for (Held held : effective.roles().values()) {
                boolean gives = access.config()
                        .role(held.role())
                        .filter(role -> role.privileges().stream().anyMatch(effective::has))
                        .isPresent();
                if (gives) {
                    held.grants()
                            .forEach(grant -> places.computeIfAbsent(grant, unused -> new ArrayList<>())
                                    .add(path));
                }
            }
            if (effective.roles().values().stream()
                    .allMatch(held -> held.grants().isEmpty())) {
                culprits.add(culprit(
                        "%s of %s (everything)".formatted(member, tenant.name()),
                        "tenant %s: %s may everything by itself".formatted(tenant.name(), member),
                        "take %s out of the policy's tenant %s".formatted(member, tenant.name())));
                return culprits;
            }
        }
        places.forEach((grant, paths) -> culprits.add(culprit(
                "%s of %s (%s on %s)".formatted(member, tenant.name(), grant.role(), grant.path()),
                line(
                        grant.line(),
                        "tenant %s: %s reaches %s by %s".formatted(tenant.name(), member, names(paths), grant.words())),
                "where the right is needed, give it on what is the tenant's: pveum acl modify PATH %s"
                        .formatted(Pveum.holder(grant.subject(), grant.role())),
                Pveum.deleteAcl(grant))));
        return culprits;
    }

    /** The exact paths that are the tenant's: its pools with those below them, and what is in them. */
    private static Set<String> own(Access access, Tenant tenant) {
        Set<String> own = new TreeSet<>();
        tenant.storages().forEach(storage -> own.add("/storage/" + storage));
        for (Pool pool : access.config().pools().values()) {
            if (tenant.pools().stream().anyMatch(name -> isBelow(pool.name(), name))) {
                own.add(pool.path());
                pool.guests().forEach(guest -> own.add("/vms/" + guest));
                pool.storages().forEach(storage -> own.add("/storage/" + storage));
            }
        }
        return own;
    }

    private static boolean isOwn(Tenant tenant, Set<String> own, String path) {
        return own.contains(path) || tenant.paths().stream().anyMatch(named -> isBelow(path, named));
    }

    private static boolean isBelow(String path, String above) {
        return path.equals(above) || path.startsWith(above.endsWith("/") ? above : above + "/");
    }
}
