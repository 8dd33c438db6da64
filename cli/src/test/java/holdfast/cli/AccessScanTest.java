package holdfast.cli;

import static org.assertj.core.api.Assertions.assertThat;

import holdfast.lab.access.AccessFault;
import holdfast.lab.access.LargeAccess;
import holdfast.lab.embedded.PracticeCluster;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** A scan of a cluster with 200 users and 60 tokens names who it was told is at fault. */
final class AccessScanTest {

    private static final Map<AccessFault, String> CHECKS = new EnumMap<>(Map.ofEntries(
            Map.entry(AccessFault.ROOT_TOKEN, "access.root-tokens"),
            Map.entry(AccessFault.TOKEN_WITHOUT_SEPARATION, "access.token-privilege-separation"),
            Map.entry(AccessFault.TOKEN_WITHOUT_EXPIRY, "access.token-expiry"),
            Map.entry(AccessFault.TOKEN_EXPIRING_SOON, "access.expiring-tokens"),
            Map.entry(AccessFault.TOKEN_EXPIRED, "access.expired-tokens"),
            Map.entry(AccessFault.TOKEN_NOT_ROTATED, "access.token-rotation"),
            Map.entry(AccessFault.TOKEN_WITHOUT_OWNER, "access.token-ownership"),
            Map.entry(AccessFault.TOKEN_WITHOUT_PURPOSE, "access.token-ownership"),
            Map.entry(AccessFault.TOKEN_WITHOUT_SECRET, "access.token-secrets"),
            Map.entry(AccessFault.SECRET_WITHOUT_TOKEN, "access.token-secrets"),
            Map.entry(AccessFault.ADMINISTRATOR_ON_ROOT, "access.administrators"),
            Map.entry(AccessFault.ORPHANED_ACL, "access.orphaned-acls"),
            Map.entry(AccessFault.SINGLE_GUESTS, "access.guest-grants"),
            Map.entry(AccessFault.USER_WITHOUT_RIGHTS, "access.idle-users"),
            Map.entry(AccessFault.USER_NEVER_USED, "access.unused-users"),
            Map.entry(AccessFault.USER_EXPIRED, "access.expired-users"),
            Map.entry(AccessFault.ADMINISTRATOR_WITHOUT_SECOND_FACTOR, "access.second-factor"),
            Map.entry(AccessFault.REALM_WITHOUT_ENFORCED_TFA, "access.realm-second-factor"),
            Map.entry(AccessFault.TFA_LOCKED, "access.locked-second-factor"),
            Map.entry(AccessFault.ROOT_FOR_DAILY_WORK, "access.root-daily-use"),
            Map.entry(AccessFault.UNUSED_ROLE, "access.unused-roles"),
            Map.entry(AccessFault.UNKNOWN_PRIVILEGE, "access.unknown-privileges"),
            Map.entry(AccessFault.SHARED_ACCOUNT, "access.shared-accounts"),
            Map.entry(AccessFault.REALM_WITHOUT_TLS, "access.realm-encryption"),
            Map.entry(AccessFault.REALM_WITHOUT_VERIFICATION, "access.realm-encryption"),
            Map.entry(AccessFault.WEBAUTHN_FOR_ANOTHER_NAME, "access.webauthn"),
            Map.entry(AccessFault.NO_ACCESS_DEFEATED, "access.ineffective-no-access"),
            Map.entry(AccessFault.MAY_RAISE_OWN_RIGHTS, "access.self-elevation"),
            Map.entry(AccessFault.OUTSIDE_OF_TENANT, "access.tenant-isolation")));

    /** Where each culprit is a line of the evidence, and nobody else is. */
    private static final Set<AccessFault> EXACT = EnumSet.of(
            AccessFault.ROOT_TOKEN,
            AccessFault.TOKEN_WITHOUT_SEPARATION,
            AccessFault.TOKEN_WITHOUT_EXPIRY,
            AccessFault.TOKEN_EXPIRING_SOON,
            AccessFault.TOKEN_EXPIRED,
            AccessFault.ADMINISTRATOR_ON_ROOT,
            AccessFault.SINGLE_GUESTS,
            AccessFault.USER_WITHOUT_RIGHTS,
            AccessFault.REALM_WITHOUT_ENFORCED_TFA,
            AccessFault.TFA_LOCKED,
            AccessFault.UNUSED_ROLE,
            AccessFault.UNKNOWN_PRIVILEGE,
            AccessFault.SHARED_ACCOUNT,
            AccessFault.NO_ACCESS_DEFEATED,
            AccessFault.OUTSIDE_OF_TENANT);

    @Test
    void everyFaultIsFoundWhereItIs(@TempDir Path directory) throws IOException {
        LargeAccess large = LargeAccess.at(Instant.now(), 8);
        StringBuilder policy = new StringBuilder(
                "access: { administrators: [anna.admin@pve], enforced_realms: [pam, pve, corp, ads], unused_days: 5, tenants: [");
        large.tenants()
                .forEach(tenant -> policy.append("{ name: %s, members: ['@%s'], pools: [%s], storages: [%s] },"
                        .formatted(
                                tenant.name(),
                                tenant.group(),
                                String.join(", ", tenant.pools()),
                                String.join(", ", tenant.storages()))));
        Path file = Files.writeString(directory.resolve("policy.yml"), policy.append("] }\n"));
        try (PracticeCluster cluster = PracticeCluster.start(3)) {
            cluster.access(large);
            Invocation run = Invocation.of(
                    "scan",
                    "-i",
                    cluster.inventory().toString(),
                    "-F",
                    cluster.sshConfig().toString(),
                    "--policy",
                    file.toString(),
                    "--format",
                    "json",
                    "--checks",
                    "access.*");
            List<JsonNode> findings = new ArrayList<>();
            run.json().get("clusters").get(0).get("findings").forEach(findings::add);
            assertThat(findings).hasSizeGreaterThan(25);
            CHECKS.forEach((fault, check) -> {
                JsonNode finding = findings.stream()
                        .filter(one -> one.get("check").asString().equals(check))
                        .findFirst()
                        .orElseThrow();
                if (EXACT.contains(fault)) {
                    assertThat(finding.get("evidence"))
                            .as("%s of %s", check, fault)
                            .hasSameSizeAs(large.culprits(fault));
                }
                for (String culprit : large.culprits(fault)) {
                    // Who is an administrator raises nothing; he is told as one.
                    if (fault == AccessFault.MAY_RAISE_OWN_RIGHTS
                            && large.culprits(AccessFault.ADMINISTRATOR_ON_ROOT).contains(culprit)) {
                        continue;
                    }
                    assertThat(finding.toString()).as("%s of %s", check, fault).contains(culprit);
                }
            });
            assertThat(run.out()).doesNotContain(LargeAccess.SECRET);
        }
    }
}
