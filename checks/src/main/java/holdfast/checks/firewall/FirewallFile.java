package holdfast.checks.firewall;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The {@code [OPTIONS]} of cluster.fw or host.fw as Proxmox's own parser takes them (pve-firewall, Firewall.pm):
 * a value outside the pattern is warned about and ignored, so that {@code enable: yes} means nothing.
 *
 * @param options the accepted options, keys in lower case
 * @param ignored the lines of the section that the parser would skip, with their numbers
 */
record FirewallFile(Map<String, String> options, List<String> ignored) {

    private static final Pattern SECTION = Pattern.compile("^\\[(\\S+)(?:\\s+[^\\]]*)?\\]\\s*(#.*)?$");
    private static final Pattern OPTION = Pattern.compile("^([A-Za-z_]+):\\s*(.*?)\\s*$");

    FirewallFile {
        options = Map.copyOf(options);
        ignored = List.copyOf(ignored);
    }

    static FirewallFile parse(String text) {
        Map<String, String> options = new HashMap<>();
        List<String> ignored = new ArrayList<>();
        boolean inside = false;
        String[] lines = text.split("\n", -1);
        for (int i = 0; i < lines.length; i++) {
            String line = lines[i].strip();
            if (line.isEmpty() || line.startsWith("#")) {
                continue;
            }
            Matcher section = SECTION.matcher(line);
            if (section.matches()) {
                inside = section.group(1).equalsIgnoreCase("OPTIONS");
                continue;
            }
            if (!inside) {
                continue;
            }
            Matcher option = OPTION.matcher(line);
            String key = option.matches() ? option.group(1).toLowerCase(Locale.ROOT) : "";
            if (option.matches() && accepted(key, option.group(2))) {
                options.put(key, option.group(2));
            } else {
                ignored.add("line %d: %s".formatted(i + 1, line));
            }
        }
        return new FirewallFile(options, ignored);
    }

    private static boolean accepted(String key, String value) {
        return switch (key) {
            case "enable" -> value.matches("\\d{1,12}");
            case "nftables" -> value.matches("[01]");
            case "policy_in", "policy_out" -> value.toUpperCase(Locale.ROOT).matches("ACCEPT|DROP|REJECT");
            // The other options do not bear on whether the firewall is on.
            default -> true;
        };
    }

    Optional<Long> number(String key) {
        return Optional.ofNullable(options.get(key)).map(Long::parseLong);
    }
}
