package holdfast.token;

import holdfast.access.AccessList;
import holdfast.access.AccessLog;
import holdfast.access.ClusterAccess;
import holdfast.access.TokenNote;
import holdfast.access.UserConfig;
import holdfast.access.UserConfig.Grant;
import holdfast.access.UserConfig.Token;
import holdfast.probe.Reading;
import java.time.LocalDate;
import java.util.List;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * What is known of one API token.
 *
 * @param token its record
 * @param owner who answers for it: the policy's access list says so, or its comment
 * @param purpose what it is for, likewise
 * @param scope what it is given: its own ACL entries; without privilege separation its user's
 * @param secretSince the day since which its secret is the same
 * @param lastUse the last day that the access log names it on; unknown where the log cannot be read
 * @param addresses where it was used from
 * @param hasSecret whether {@code token.cfg} has a secret for it: without one nobody can use it
 * @param active whether its user is enabled and not expired
 * @param expired whether it is expired itself
 * @param inUse whether the access list says that something depends on it
 */
public record TokenRow(
        Token token,
        Optional<String> owner,
        Optional<String> purpose,
        List<Grant> scope,
        Optional<LocalDate> secretSince,
        Reading<Optional<LocalDate>> lastUse,
        SortedSet<String> addresses,
        Reading<Boolean> hasSecret,
        boolean active,
        boolean expired,
        boolean inUse) {

    public TokenRow {
        scope = List.copyOf(scope);
        addresses = java.util.Collections.unmodifiableSortedSet(new TreeSet<>(addresses));
    }

    /**
     * All tokens of a cluster, by id.
     *
     * @param log the members' access logs together, or why there is none
     * @param list the access list of the policy
     * @param now seconds since 1970
     */
    public static List<TokenRow> of(ClusterAccess access, Reading<AccessLog> log, Optional<AccessList> list, long now) {
        UserConfig config = access.files().config();
        Reading<java.util.Map<String, LocalDate>> last = log.then(known -> Reading.known(known.lastUse()));
        return config.tokens().values().stream()
                .map(token -> {
                    Optional<AccessList.TokenEntry> entry = list.flatMap(known -> known.token(token.id()));
                    TokenNote note = token.note();
                    return new TokenRow(
                            token,
                            entry.flatMap(AccessList.TokenEntry::owner).or(note::owner),
                            entry.flatMap(AccessList.TokenEntry::purpose).or(note::purpose),
                            config.grants().stream()
                                    .filter(grant ->
                                            grant.subject().id().equals(token.separated() ? token.id() : token.user()))
                                    .toList(),
                            entry.flatMap(known -> known.rotated().or(known::created))
                                    .or(note::secretSince),
                            last.then(days -> Reading.known(Optional.ofNullable(days.get(token.id())))),
                            addresses(log, token.id()),
                            access.files().secrets().then(ids -> Reading.known(ids.contains(token.id()))),
                            config.user(token.user())
                                    .filter(user -> user.isActive(now))
                                    .isPresent(),
                            token.isExpired(now),
                            entry.filter(AccessList.TokenEntry::inUse).isPresent());
                })
                .toList();
    }

    private static SortedSet<String> addresses(Reading<AccessLog> log, String id) {
        SortedSet<String> addresses = new TreeSet<>();
        if (log instanceof Reading.Known<AccessLog>(var known)) {
            known.by(id).forEach(use -> addresses.add(use.address()));
        }
        return addresses;
    }
}
