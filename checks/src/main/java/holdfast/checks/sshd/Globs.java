package holdfast.checks.sshd;

import holdfast.policy.Cidr;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** The patterns of ssh_config(5): {@code *}, {@code ?}, comma lists with {@code !}, and networks. */
final class Globs {

    private Globs() {}

    /** One pattern against one name. */
    static boolean matches(String glob, String name) {
        StringBuilder pattern = new StringBuilder();
        glob.chars()
                .forEach(c ->
                        pattern.append(c == '*' ? ".*" : c == '?' ? "." : Pattern.quote(Character.toString((char) c))));
        return Pattern.matches(pattern.toString(), name);
    }

    /** A network or a pattern against an address. */
    static boolean address(String pattern, String address) {
        Optional<Cidr> network = Cidr.parse(pattern);
        return network.isPresent()
                ? Cidr.address(address).map(network.get()::contains).orElse(false)
                : matches(pattern, address);
    }

    /** A comma list: a match that no {@code !} pattern takes away. */
    static boolean list(String patterns, String value, boolean addresses) {
        boolean matched = false;
        for (String entry : patterns.split(",")) {
            boolean negated = entry.startsWith("!");
            String pattern = negated ? entry.substring(1) : entry;
            boolean hit = addresses ? address(pattern, value) : matches(pattern, value);
            if (hit && negated) {
                return false;
            }
            matched |= hit;
        }
        return matched;
    }

    static Stream<String> words(String text) {
        return Stream.of(text.strip().split("[\\s=]+"))
                .map(word -> word.replace("\"", ""))
                .filter(word -> !word.isEmpty());
    }
}
