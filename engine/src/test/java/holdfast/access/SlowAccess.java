package holdfast.access;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Permissions worked out a second time, as plainly as the documentation tells them and without a thought for speed: no
 * tree, no index, every question asks every entry.
 */
final class SlowAccess {

    record Entry(String path, String who, String role, boolean below) {}

    record Pool(String name, Set<String> contents) {}

    private static final List<String> USERS = List.of("al@pve", "bo@pve", "cy@pam");
    private static final List<String> GROUPS = List.of("ops", "dev");
    private static final List<String> TOKENS = List.of("al@pve!ci", "bo@pve!mon", "root@pam!job");
    private static final List<String> ROLES =
            List.of("PVEAuditor", "PVEVMUser", "NoAccess", "Administrator", "Custom", "PVEDatastoreUser");
    private static final List<String> PATHS = List.of(
            "/",
            "/vms",
            "/vms/100",
            "/vms/101",
            "/storage",
            "/storage/nfs1",
            "/pool",
            "/pool/prod",
            "/pool/prod/web",
            "/nodes/pve1",
            "/access/groups/ops");

    final List<Entry> entries = new ArrayList<>();
    final List<Pool> pools = new ArrayList<>();
    final Set<String> opsMembers = new TreeSet<>();
    final Set<String> devMembers = new TreeSet<>();
    final Set<String> separated = new TreeSet<>();

    SlowAccess(long seed) {
        Random random = new Random(seed);
        for (String user : USERS) {
            if (random.nextBoolean()) {
                opsMembers.add(user);
            }
            if (random.nextBoolean()) {
                devMembers.add(user);
            }
        }
        for (String token : TOKENS) {
            if (random.nextInt(3) > 0) {
                separated.add(token);
            }
        }
        if (random.nextBoolean()) {
            pools.add(new Pool("prod", Set.of("/vms/100", "/storage/nfs1")));
        }
        if (random.nextBoolean()) {
            pools.add(new Pool("prod/web", Set.of("/vms/101")));
        }
        List<String> subjects = new ArrayList<>(USERS);
        GROUPS.forEach(group -> subjects.add("@" + group));
        subjects.addAll(TOKENS);
        subjects.add("@nobody");
        int count = random.nextInt(12);
        Set<List<String>> taken = new HashSet<>();
        for (int i = 0; i < count; i++) {
            Entry entry =
                    new Entry(pick(PATHS, random), pick(subjects, random), pick(ROLES, random), random.nextInt(3) > 0);
            if (taken.add(List.of(entry.path(), entry.who(), entry.role())) && !twoGroupsDiffer(entry)) {
                entries.add(entry);
            }
        }
    }

    /** Of two groups with one role at one path, Proxmox VE lets chance decide which of them says whether it counts below. */
    private boolean twoGroupsDiffer(Entry entry) {
        return entry.who().startsWith("@")
                && entries.stream()
                        .anyMatch(other -> other.who().startsWith("@")
                                && other.path().equals(entry.path())
                                && other.role().equals(entry.role())
                                && other.below() != entry.below());
    }

    private static String pick(List<String> items, Random random) {
        return items.get(random.nextInt(items.size()));
    }

    /** The same as user.cfg has it. */
    String userConfig() {
        StringBuilder text = new StringBuilder();
        USERS.forEach(user -> text.append("user:" + user + ":1:0::::::\n"));
        text.append("user:root@pam:1:0::::::\n");
        TOKENS.forEach(token -> text.append("token:" + token + ":0:" + (separated.contains(token) ? 1 : 0) + "::\n"));
        text.append("\ngroup:ops:" + String.join(",", opsMembers) + "::\n");
        text.append("group:dev:" + String.join(",", devMembers) + "::\n\n");
        for (Pool pool : pools) {
            List<String> guests = new ArrayList<>();
            List<String> storages = new ArrayList<>();
            pool.contents()
                    .forEach(path -> (path.startsWith("/vms/") ? guests : storages)
                            .add(path.substring(path.lastIndexOf('/') + 1)));
            text.append(
                    "pool:" + pool.name() + "::" + String.join(",", guests) + ":" + String.join(",", storages) + ":\n");
        }
        text.append("\nrole:Custom:VM.Console,Sys.Audit:\n\n");
        entries.forEach(entry -> text.append("acl:" + (entry.below() ? 1 : 0) + ":" + entry.path() + ":" + entry.who()
                + ":" + entry.role() + ":\n"));
        return text.toString();
    }

    static List<String> subjects() {
        List<String> all = new ArrayList<>(USERS);
        all.addAll(TOKENS);
        all.add("root@pam");
        return all;
    }

    static List<String> paths() {
        List<String> all = new ArrayList<>(PATHS);
        all.add("/vms/999");
        all.add("/storage/other");
        all.add("/sdn/zones/z1");
        return all;
    }

    /** Privileges, with whether each counts below. */
    SortedMap<String, Boolean> privileges(String who, String path) {
        if (who.equals("root@pam")) {
            return everything();
        }
        int mark = who.indexOf('!');
        if (mark > 0) {
            String owner = who.substring(0, mark);
            if (!separated.contains(who)) {
                return privileges(owner, path);
            }
            SortedMap<String, Boolean> own = ofRoles(rolesWithPools(who, path));
            if (owner.equals("root@pam")) {
                return own;
            }
            SortedMap<String, Boolean> owners = privileges(owner, path);
            SortedMap<String, Boolean> common = new TreeMap<>();
            for (String privilege : own.keySet()) {
                if (owners.containsKey(privilege)) {
                    common.put(privilege, own.get(privilege) && owners.get(privilege));
                }
            }
            return common;
        }
        return ofRoles(rolesWithPools(who, path));
    }

    private static SortedMap<String, Boolean> everything() {
        SortedMap<String, Boolean> all = new TreeMap<>();
        Privileges.PVE_8.all().forEach(privilege -> all.put(privilege, true));
        return all;
    }

    private static SortedMap<String, Boolean> ofRoles(SortedMap<String, Boolean> roles) {
        SortedMap<String, Boolean> all = new TreeMap<>();
        for (String role : roles.keySet()) {
            Set<String> privileges = role.equals("Custom")
                    ? Set.of("VM.Console", "Sys.Audit")
                    : new TreeSet<>(Privileges.PVE_8.builtInRoles().get(role));
            for (String privilege : privileges) {
                boolean before = all.getOrDefault(privilege, false);
                all.put(privilege, before || roles.get(role));
            }
        }
        return all;
    }

    private SortedMap<String, Boolean> rolesWithPools(String who, String path) {
        SortedMap<String, Boolean> direct = roles(who, path);
        SortedMap<String, Boolean> ofPools = new TreeMap<>();
        for (Pool pool : pools) {
            if (pool.contents().contains(path)) {
                roles(who, "/pool/" + pool.name()).keySet().forEach(role -> ofPools.put(role, false));
            }
        }
        if (direct.containsKey("NoAccess")) {
            return direct;
        }
        if (ofPools.containsKey("NoAccess")) {
            return new TreeMap<>();
        }
        for (String role : ofPools.keySet()) {
            direct.putIfAbsent(role, false);
        }
        return direct;
    }

    private SortedMap<String, Boolean> roles(String who, String path) {
        // The level nearest to the path that says anything about the one who asks is the only one that counts.
        for (String level = path; ; level = above(level)) {
            var found = atLevel(who, level, level.equals(path));
            if (!found.isEmpty()) {
                if (found.containsKey("NoAccess")) {
                    found.keySet().retainAll(Set.of("NoAccess"));
                }
                return found;
            }
            if (level.equals("/")) {
                return found;
            }
        }
    }

    private static String above(String path) {
        int slash = path.lastIndexOf('/');
        return slash == 0 ? "/" : path.substring(0, slash);
    }

    private SortedMap<String, Boolean> atLevel(String who, String level, boolean itself) {
        SortedMap<String, Boolean> own = new TreeMap<>();
        SortedMap<String, Boolean> ofGroups = new TreeMap<>();
        for (Entry entry : entries) {
            if (!entry.path().equals(level) || !(itself || entry.below())) {
                continue;
            }
            if (entry.who().equals(who)) {
                own.put(entry.role(), entry.below());
            }
            if ((entry.who().equals("@ops") && opsMembers.contains(who))
                    || (entry.who().equals("@dev") && devMembers.contains(who))) {
                ofGroups.put(entry.role(), entry.below());
            }
        }
        return own.isEmpty() ? ofGroups : own;
    }
}
