package holdfast.token;

import holdfast.access.Permissions;
import holdfast.access.Privileges;
import holdfast.access.Subject;
import holdfast.access.TokenNote;
import holdfast.access.UserConfig;
import holdfast.access.UserConfig.Role;
import holdfast.access.UserConfig.User;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * A token that is to be made.
 *
 * @param token its full id
 * @param expires seconds since 1970, 0 for never
 * @param separated whether it has privilege separation
 * @param note what its comment says
 * @param grants what it is to be given; the subject and line of each are not looked at
 */
public record TokenRequest(
        Subject token, long expires, boolean separated, TokenNote note, List<UserConfig.Grant> grants) {

    public TokenRequest {
        grants = List.copyOf(grants);
    }

    /** One role at one path, to be given to the token. */
    public static UserConfig.Grant grant(String path, Subject token, String role, boolean propagate) {
        return new UserConfig.Grant(path, token, role, propagate, 0);
    }

    /**
     * Why it cannot be made so; empty where it can.
     *
     * @param now seconds since 1970
     */
    public List<String> against(Permissions permissions, long now) {
        UserConfig config = permissions.config();
        List<String> why = new ArrayList<>();
        Optional<User> user = config.user(token.owner());
        if (user.isEmpty()) {
            why.add("there is no user %s: pveum user add %s".formatted(token.owner(), token.owner()));
        } else if (!user.get().isActive(now)) {
            why.add("the user %s is disabled or expired, and so would be its token".formatted(token.owner()));
        }
        if (config.token(token.id()).isPresent()) {
            why.add("the token %s exists already: holdfast token rotate %s".formatted(token.id(), token.id()));
        }
        if (expires != 0 && expires <= now) {
            why.add("it would expire on %s, which is over"
                    .formatted(Instant.ofEpochSecond(expires).toString().substring(0, 10)));
        }
        for (UserConfig.Grant grant : grants) {
            Optional<Role> role = config.role(grant.role());
            if (role.isEmpty()) {
                why.add("there is no role %s".formatted(grant.role()));
            } else if (separated
                    && user.isPresent()
                    && !token.owner().equals(UserConfig.ROOT)
                    && !isCopied(config, grant)) {
                Set<String> lacking = new TreeSet<>(role.get().privileges());
                lacking.removeAll(permissions
                        .at(Subject.user(token.owner()), grant.path())
                        .privileges()
                        .keySet());
                if (!lacking.isEmpty() && !grant.role().equals(Privileges.NO_ACCESS)) {
                    why.add("a token has what both it and its user have, and %s lacks on %s: %s; give it first: %s"
                            .formatted(
                                    token.owner(),
                                    grant.path(),
                                    some(lacking),
                                    Pveum.grant(
                                            grant.path(),
                                            Subject.user(token.owner()),
                                            grant.role(),
                                            grant.propagate())));
                }
            }
        }
        return why;
    }

    /** What the token whose place it takes has is given as it is, whatever of it counts. */
    private boolean isCopied(UserConfig config, UserConfig.Grant grant) {
        return note.replaces().isPresent()
                && config.grants().stream()
                        .anyMatch(one -> one.path().equals(grant.path())
                                && one.role().equals(grant.role())
                                && one.subject()
                                        .equals(Subject.token(token.owner() + "!"
                                                + note.replaces().get())));
    }

    private static String some(Set<String> privileges) {
        List<String> list = List.copyOf(privileges);
        return list.size() <= 6
                ? String.join(", ", list)
                : "%s and %d more".formatted(String.join(", ", list.subList(0, 6)), list.size() - 6);
    }
}
