package holdfast.access;

import holdfast.access.Permissions.Effective;
import holdfast.access.Permissions.Held;
import holdfast.access.UserConfig.Grant;
import holdfast.access.UserConfig.Token;
import holdfast.access.UserConfig.User;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * Whether a user or token may do one thing at one path, and why.
 *
 * @param allowed whether Proxmox VE would let it
 * @param because one sentence
 * @param reasons what it follows from, in the order in which Proxmox VE asks
 */
public record Answer(boolean allowed, String because, List<String> reasons) {

    public Answer {
        reasons = List.copyOf(reasons);
    }

    /**
     * Asks as the API asks for each call: is the user enabled and not expired, is the token not expired, and do the
     * entries give the privilege.
     *
     * @param subject a user or token
     * @param privilege a privilege of the release, such as {@code VM.PowerMgmt}
     * @param path normalised, such as {@code /vms/100}
     * @param now seconds since 1970
     */
    public static Answer of(Permissions permissions, Subject subject, String privilege, String path, long now) {
        return new Questioning(permissions, subject, privilege, path, now).answer();
    }

    private static final class Questioning {
        private final Permissions permissions;
        private final UserConfig config;
        private final Subject subject;
        private final String privilege;
        private final String path;
        private final long now;
        private final List<String> reasons = new ArrayList<>();

        Questioning(Permissions permissions, Subject subject, String privilege, String path, long now) {
            this.permissions = permissions;
            this.config = permissions.config();
            this.subject = subject;
            this.privilege = privilege;
            this.path = path;
            this.now = now;
        }

        private Answer no(String because) {
            return new Answer(false, because, reasons);
        }

        Answer answer() {
            if (!config.release().knows(privilege)) {
                return no("this release of Proxmox VE knows no privilege %s".formatted(privilege));
            }
            Optional<User> user = config.user(subject.owner());
            if (user.isEmpty()) {
                return no("there is no user %s".formatted(subject.owner()));
            }
            if (!user.get().enabled()) {
                return no("the user %s is disabled".formatted(subject.owner()));
            }
            if (user.get().isExpired(now)) {
                return no("the user %s expired on %s"
                        .formatted(subject.owner(), day(user.get().expires())));
            }
            Optional<Token> token = config.token(subject.id());
            if (subject.kind() == Subject.Kind.TOKEN) {
                if (token.isEmpty()) {
                    return no("there is no token %s".formatted(subject.id()));
                }
                if (token.get().isExpired(now)) {
                    return no(
                            "the token expired on %s".formatted(day(token.get().expires())));
                }
            }
            Effective has = permissions.at(subject, path);
            if (token.isPresent() && token.get().separated()) {
                reasons.add("the token has privilege separation: it may do what both it and its user may");
                boolean itself = side("the token", has);
                if (subject.owner().equals(UserConfig.ROOT)) {
                    return itself ? yes() : no(lacks("the token"));
                }
                boolean owner =
                        side("its user " + subject.owner(), permissions.at(Subject.user(subject.owner()), path));
                return itself && owner ? yes() : no(lacks(itself ? "its user " + subject.owner() : "the token"));
            }
            if (token.isPresent()) {
                reasons.add(
                        "the token has no privilege separation: it may do all that %s may".formatted(subject.owner()));
            }
            return side(subject.owner(), has) ? yes() : no(lacks(subject.owner()));
        }

        private Answer yes() {
            return new Answer(true, "%s may: it has %s on %s".formatted(subject, privilege, path), reasons);
        }

        private String lacks(String who) {
            return "%s lacks %s on %s".formatted(who, privilege, path);
        }

        /** Whether the roles of one side give the privilege, whatever the other side says. */
        private boolean side(String who, Effective effective) {
            List<Held> giving = effective.roles().values().stream()
                    .filter(held -> config.role(held.role())
                            .filter(role -> role.privileges().contains(privilege))
                            .isPresent())
                    .toList();
            for (Held held : giving) {
                reasons.add("%s: %s on %s".formatted(who, held.role(), held.source()));
            }
            if (giving.isEmpty()) {
                Held denied = effective.roles().get(Privileges.NO_ACCESS);
                reasons.add(
                        denied != null
                                ? "%s: NoAccess on %s leaves nothing".formatted(who, denied.source())
                                : effective.roles().isEmpty()
                                        ? "%s: no role counts on %s".formatted(who, path)
                                        : "%s: none of its roles there has it: %s"
                                                .formatted(
                                                        who,
                                                        effective.roles().values().stream()
                                                                .map(held -> held.role() + " on " + held.source())
                                                                .collect(Collectors.joining("; "))));
                overridden(who).ifPresent(reasons::add);
            }
            return !giving.isEmpty();
        }

        /** An entry further up that would give it, if it were not replaced or kept from counting below. */
        private Optional<String> overridden(String who) {
            Subject asked = who.equals("the token") ? subject : Subject.user(subject.owner());
            List<Subject> voices = new ArrayList<>(List.of(asked));
            if (asked.kind() == Subject.Kind.USER) {
                config.groupsOf(asked.id()).forEach(group -> voices.add(Subject.group(group.name())));
            }
            List<String> levels = Permissions.levels(path);
            return config.grants().stream()
                    .filter(grant -> voices.contains(grant.subject()) && levels.contains(grant.path()))
                    .filter(grant -> config.role(grant.role())
                            .filter(role -> role.privileges().contains(privilege))
                            .isPresent())
                    .findFirst()
                    .map(this::why);
        }

        private String why(Grant grant) {
            return !grant.propagate() && !grant.path().equals(path)
                    ? "%s by acl line %d would give it, but does not count below its path"
                            .formatted(grant.words(), grant.line())
                    : "%s by acl line %d would give it, but an entry for %s, or further down, replaces it"
                            .formatted(
                                    grant.words(),
                                    grant.line(),
                                    grant.subject().kind() == Subject.Kind.GROUP ? "the user itself" : "the same path");
        }

        private static String day(long epoch) {
            return Instant.ofEpochSecond(epoch).toString().substring(0, 10);
        }
    }
}
