package holdfast.access;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Who has which second factor, from the shape of {@code /etc/pve/priv/tfa.cfg}: its seeds, keys and hashes never leave
 * the node (proxmox-tfa; pve-access-control, TFA.pm).
 *
 * @param users by id
 */
public record SecondFactors(Map<String, OfUser> users) {

    /**
     * One factor.
     *
     * @param type {@code totp}, {@code webauthn}, {@code yubico}, {@code u2f} or {@code recovery}
     * @param enabled whether it is asked for
     * @param created seconds since 1970, 0 where it is not known
     * @param left recovery keys that are not used up; 1 for every other kind
     */
    public record Factor(String type, boolean enabled, long created, int left) {}

    /**
     * The factors of one user.
     *
     * @param totpLocked too many wrong codes: TOTP is refused until a recovery key was used or it is unlocked
     * @param lockedUntil seconds since 1970 until which all factors are refused, 0 for not at all
     */
    public record OfUser(List<Factor> factors, boolean totpLocked, long lockedUntil) {
        public OfUser {
            factors = List.copyOf(factors);
        }

        /** Whether a second factor is asked for at all: recovery keys alone count too. */
        public boolean active() {
            return factors.stream().anyMatch(factor -> factor.enabled() && factor.left() > 0);
        }

        public boolean has(String type) {
            return factors.stream().anyMatch(factor -> factor.type().equals(type) && factor.enabled());
        }

        public int recoveryKeysLeft() {
            return factors.stream()
                    .filter(factor -> factor.type().equals("recovery") && factor.enabled())
                    .mapToInt(Factor::left)
                    .sum();
        }
    }

    public static final OfUser NONE = new OfUser(List.of(), false, 0);

    public SecondFactors {
        users = Collections.unmodifiableMap(new TreeMap<>(users));
    }

    public OfUser of(String user) {
        return users.getOrDefault(user, NONE);
    }

    /**
     * Reads the lines that the node's own script makes of the file: tab-separated, {@code lock USER TOTP UNTIL} and
     * {@code factor USER TYPE ENABLED CREATED LEFT}.
     *
     * @throws IllegalArgumentException when a line is none of these
     */
    static SecondFactors parse(String shape) {
        Map<String, List<Factor>> factors = new TreeMap<>();
        Map<String, OfUser> locks = new TreeMap<>();
        for (String line : shape.split("\n", -1)) {
            if (line.isBlank()) {
                continue;
            }
            String[] field = line.split("\t", -1);
            if (field.length == 4 && field[0].equals("lock") && Subject.isUser(field[1])) {
                locks.put(field[1], new OfUser(List.of(), field[2].equals("1"), number(field[3])));
                factors.computeIfAbsent(field[1], user -> new ArrayList<>());
            } else if (field.length == 6 && field[0].equals("factor") && Subject.isUser(field[1])) {
                factors.computeIfAbsent(field[1], user -> new ArrayList<>())
                        .add(new Factor(field[2], field[3].equals("1"), number(field[4]), (int)
                                Math.min(1000, number(field[5]))));
            } else {
                throw new IllegalArgumentException("the shape of tfa.cfg has a line that is none");
            }
        }
        Map<String, OfUser> users = new TreeMap<>();
        factors.forEach((user, list) -> {
            OfUser lock = locks.getOrDefault(user, NONE);
            users.put(user, new OfUser(list, lock.totpLocked(), lock.lockedUntil()));
        });
        return new SecondFactors(users);
    }

    private static long number(String text) {
        if (!text.matches("\\d{1,15}")) {
            throw new IllegalArgumentException("the shape of tfa.cfg has a number that is none");
        }
        return Long.parseLong(text);
    }
}
