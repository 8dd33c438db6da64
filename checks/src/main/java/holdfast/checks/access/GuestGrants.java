package holdfast.checks.access;

import static holdfast.check.Verdict.pass;
import static holdfast.checks.access.Access.blame;
import static holdfast.checks.access.Access.names;

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
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Entries for one guest after the other are forgotten when a guest comes or goes; a pool is given rights once. */
@CheckInfo(
        title = "Rights on guests are given by pools",
        severity = Severity.LOW,
        tags = {"acl", "hygiene"},
        references = {
            "Proxmox VE Administration Guide, User Management, Pools",
            "Proxmox VE Administration Guide, User Management, Permission Management"
        })
public final class GuestGrants implements Check.OfCluster<Access.Facts> {

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

    /** Two guests are no pattern. */
    private static final int MANY = 3;

    private record Same(Subject subject, String role) {}

    private static Verdict judge(Access access) {
        Map<Same, List<Grant>> all = new LinkedHashMap<>();
        for (Grant grant : access.config().grants()) {
            if (grant.path().matches("/vms/\\d{1,9}")
                    && !grant.role().equals(Privileges.NO_ACCESS)
                    && access.config().exists(grant.subject())) {
                all.computeIfAbsent(new Same(grant.subject(), grant.role()), same -> new ArrayList<>())
                        .add(grant);
            }
        }
        List<Culprit> culprits = new ArrayList<>();
        all.forEach((same, grants) -> {
            if (grants.size() >= MANY) {
                culprits.add(culpritOf(same, grants));
            }
        });
        if (culprits.isEmpty()) {
            return pass("nobody has the same role on %d guests or more one by one", MANY);
        }
        return blame("the same role on one guest after the other", culprits)
                .expected("a pool with the guests, and one entry for it");
    }

    private static Culprit culpritOf(Same same, List<Grant> grants) {
        List<String> guests = grants.stream()
                .map(grant -> grant.path().substring("/vms/".length()))
                .toList();
        List<String> advice = new ArrayList<>();
        advice.add("pveum pool add POOL; pveum pool modify POOL --vms %s; pveum acl modify /pool/POOL %s"
                .formatted(String.join(",", guests), Pveum.holder(same.subject(), same.role())));
        grants.forEach(grant -> advice.add(Pveum.deleteAcl(grant)));
        return new Culprit(
                "%s has %s on %d guests".formatted(same.subject(), same.role(), grants.size()),
                "%s for %s: %s"
                        .formatted(
                                same.role(),
                                same.subject(),
                                names(grants.stream()
                                        .map(grant -> "%s (line %d)".formatted(grant.path(), grant.line()))
                                        .toList())),
                advice,
                Optional.empty());
    }
}
