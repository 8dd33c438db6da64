package holdfast.access;

import java.util.List;

/**
 * Somebody who shares a cluster with others, and what is theirs.
 *
 * @param name as reports call it
 * @param members groups, users and tokens
 * @param pools pools with all that is in them and in the pools below
 * @param storages storages they may use
 * @param paths further ACL paths, with all below them
 */
public record Tenant(
        String name, List<Subject> members, List<String> pools, List<String> storages, List<String> paths) {
    public Tenant {
        members = List.copyOf(members);
        pools = List.copyOf(pools);
        storages = List.copyOf(storages);
        paths = List.copyOf(paths);
    }
}
