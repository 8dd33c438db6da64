package holdfast.access;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * The privileges that a release of Proxmox VE knows, and its built-in roles (pve-access-control, AccessControl.pm:
 * {@code $privgroups}, {@code create_roles}; 8.2.3 and 9.1.1).
 */
public final class Privileges {
    /** The role that denies; it has no privileges. */
    public static final String NO_ACCESS = "NoAccess";

    /** The role that has every privilege. */
    public static final String ADMINISTRATOR = "Administrator";

    /**
     * Privileges with which one can give oneself the others, on {@code /} at least: to change ACLs, to change the
     * nodes, to add a realm of one's own.
     */
    public static final SortedSet<String> ADMINISTRATIVE = Collections.unmodifiableSortedSet(
            new TreeSet<>(List.of("Permissions.Modify", "Realm.Allocate", "Sys.Modify")));

    /** libpve-access-control before 9.0.2. */
    public static final Privileges PVE_8 = new Privileges(List.of("VM.Monitor"), List.of(), List.of());

    /** libpve-access-control 9.0.2 and newer: the guest agent has privileges of its own, VM.Monitor is gone. */
    public static final Privileges PVE_9 = new Privileges(
            List.of("VM.GuestAgent.Unrestricted", "VM.Replicate"),
            List.of("VM.GuestAgent.FileRead", "VM.GuestAgent.FileSystemMgmt", "VM.GuestAgent.FileWrite"),
            List.of("VM.GuestAgent.Audit"));

    private final SortedSet<String> all = new TreeSet<>();
    private final Map<String, SortedSet<String>> roles = new TreeMap<>();

    private Privileges(List<String> administrators, List<String> users, List<String> auditors) {
        all.add("Permissions.Modify");
        category(
                "VM",
                List.of(),
                plus(
                        administrators,
                        "VM.Config.Disk",
                        "VM.Config.CPU",
                        "VM.Config.Memory",
                        "VM.Config.Network",
                        "VM.Config.HWType",
                        "VM.Config.Options",
                        "VM.Allocate",
                        "VM.Clone",
                        "VM.Migrate",
                        "VM.Snapshot",
                        "VM.Snapshot.Rollback"),
                plus(users, "VM.Config.CDROM", "VM.Config.Cloudinit", "VM.Console", "VM.Backup", "VM.PowerMgmt"),
                plus(auditors, "VM.Audit"));
        category(
                "Sys",
                List.of("Sys.PowerMgmt", "Sys.Modify", "Sys.Incoming", "Sys.AccessNetwork"),
                List.of("Sys.Console", "Sys.Syslog"),
                List.of(),
                List.of("Sys.Audit"));
        category(
                "Datastore",
                List.of(),
                List.of("Datastore.Allocate", "Datastore.AllocateTemplate"),
                List.of("Datastore.AllocateSpace"),
                List.of("Datastore.Audit"));
        category("SDN", List.of(), List.of("SDN.Allocate", "SDN.Audit"), List.of("SDN.Use"), List.of("SDN.Audit"));
        category(
                "User",
                List.of("Realm.Allocate"),
                List.of("User.Modify", "Group.Allocate", "Realm.AllocateUser"),
                List.of(),
                List.of());
        category("Pool", List.of(), List.of("Pool.Allocate"), List.of("Pool.Audit"), List.of("Pool.Audit"));
        category("Mapping", List.of(), List.of("Mapping.Modify"), List.of("Mapping.Use"), List.of("Mapping.Audit"));
        role("PVEAdmin").remove("Mapping.Modify");
        roles.put("PVETemplateUser", new TreeSet<>(List.of("VM.Clone", "VM.Audit")));
        roles.put(NO_ACCESS, new TreeSet<>());
        roles.put(ADMINISTRATOR, new TreeSet<>(all));
        roles.replaceAll((name, privileges) -> Collections.unmodifiableSortedSet(privileges));
    }

    private static List<String> plus(List<String> more, String... always) {
        List<String> list = new ArrayList<>(List.of(always));
        list.addAll(more);
        return list;
    }

    /** As Proxmox VE makes its roles: an administrator's, a user's where there is something to use, an auditor's. */
    private void category(
            String name, List<String> root, List<String> administrators, List<String> users, List<String> auditors) {
        for (List<String> group : List.of(root, administrators, users, auditors)) {
            all.addAll(group);
        }
        for (List<String> group : List.of(administrators, users, auditors)) {
            role("PVE" + name + "Admin").addAll(group);
            role("PVEAdmin").addAll(group);
        }
        if (!users.isEmpty()) {
            role("PVE" + name + "User").addAll(users);
            role("PVE" + name + "User").addAll(auditors);
        }
        if (!auditors.isEmpty()) {
            role("PVEAuditor").addAll(auditors);
        }
    }

    private SortedSet<String> role(String name) {
        return roles.computeIfAbsent(name, n -> new TreeSet<>());
    }

    /**
     * The table of an installed libpve-access-control.
     *
     * @param version such as {@code 8.2.3} or {@code 9.0.2~1}
     * @throws IllegalArgumentException when it does not begin with a number
     */
    public static Privileges of(String version) {
        java.util.regex.Matcher matcher = java.util.regex.Pattern.compile(
                        "(\\d{1,4})(?:\\.(\\d{1,4}))?(?:\\.(\\d{1,4}))?.*")
                .matcher(version);
        if (!matcher.matches()) {
            throw new IllegalArgumentException("not a version of libpve-access-control: " + version);
        }
        int major = Integer.parseInt(matcher.group(1));
        int minor = matcher.group(2) == null ? 0 : Integer.parseInt(matcher.group(2));
        int patch = matcher.group(3) == null ? 0 : Integer.parseInt(matcher.group(3));
        return major > 9 || (major == 9 && (minor > 0 || patch >= 2)) ? PVE_9 : PVE_8;
    }

    /** Every privilege of the release. */
    public SortedSet<String> all() {
        return Collections.unmodifiableSortedSet(all);
    }

    public boolean knows(String privilege) {
        return all.contains(privilege);
    }

    /** The built-in roles and their privileges. */
    public Map<String, SortedSet<String>> builtInRoles() {
        return Collections.unmodifiableMap(roles);
    }

    public boolean isBuiltIn(String role) {
        return roles.containsKey(role);
    }

    /** Whether a set of privileges holds one of {@link #ADMINISTRATIVE}. */
    public static boolean areAdministrative(Set<String> privileges) {
        return ADMINISTRATIVE.stream().anyMatch(privileges::contains);
    }
}
