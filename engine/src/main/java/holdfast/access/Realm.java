package holdfast.access;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A way to log in, from {@code /etc/pve/domains.cfg} (pve-access-control, Auth/*.pm; pve-common, SectionConfig.pm).
 *
 * @param name such as {@code pam}
 * @param type {@code pam}, {@code pve}, {@code ldap}, {@code ad} or {@code openid}
 * @param options those without secrets, as the file has them
 */
public record Realm(String name, String type, Map<String, String> options) {

    /**
     * The options that may leave the node; all others stay there, since {@code client-key} is a secret and so may be
     * what comes after us. Of {@code tfa} only the type goes: the rest is the key of a Yubico account, and where to ask.
     */
    static final List<String> TOLD = List.of(
            "autocreate",
            "capath",
            "case-sensitive",
            "comment",
            "default",
            "domain",
            "issuer-url",
            "mode",
            "port",
            "secure",
            "server1",
            "server2",
            "sslversion",
            "tfa",
            "username-claim",
            "verify");

    private static final Pattern HEADER = Pattern.compile("(\\S{1,40}):\\s*(\\S{1,64})\\s*");
    private static final Pattern OPTION = Pattern.compile("\\s+(\\S+)(\\s+(.*\\S))?\\s*");

    public Realm {
        options = Collections.unmodifiableMap(new TreeMap<>(options));
    }

    /** All realms by name; {@code pam} and {@code pve} are there without a line. */
    public static Map<String, Realm> parse(String text) {
        Map<String, Realm> realms = new LinkedHashMap<>();
        List<String> section = new ArrayList<>();
        for (String line : (text + "\n").split("\n", -1)) {
            if (line.isBlank()) {
                section(section, realms);
                section.clear();
            } else if (!line.stripLeading().startsWith("#")) {
                section.add(line);
            }
        }
        section(section, realms);
        realms.putIfAbsent("pam", new Realm("pam", "pam", Map.of()));
        realms.putIfAbsent("pve", new Realm("pve", "pve", Map.of()));
        return Collections.unmodifiableMap(new TreeMap<>(realms));
    }

    private static void section(List<String> lines, Map<String, Realm> realms) {
        Matcher header = HEADER.matcher(lines.isEmpty() ? "" : lines.get(0));
        if (!header.matches() || !Subject.isRealm(header.group(2))) {
            return;
        }
        Map<String, String> options = new LinkedHashMap<>();
        for (String line : lines.subList(1, lines.size())) {
            Matcher option = OPTION.matcher(line);
            if (option.matches()) {
                options.put(option.group(1), option.group(3) == null ? "" : option.group(3));
            }
        }
        realms.put(header.group(2), new Realm(header.group(2), header.group(1), options));
    }

    public Optional<String> option(String key) {
        return Optional.ofNullable(options.get(key));
    }

    /** Whether an option is switched on. */
    public boolean flag(String key) {
        return option(key).filter(value -> value.matches("(?i)1|on|yes|true")).isPresent();
    }

    /** The kind of second factor that everybody in the realm has to have: {@code oath} or {@code yubico}. */
    public Optional<String> requiredFactor() {
        return option("tfa")
                .flatMap(value -> List.of(value.split(",")).stream()
                        .map(String::strip)
                        .filter(part -> part.startsWith("type="))
                        .map(part -> part.substring(5))
                        .findFirst());
    }

    /** Whether passwords are checked by a directory server. */
    public boolean isDirectory() {
        return type.equals("ldap") || type.equals("ad");
    }

    /** How a directory server is spoken to: {@code ldap} (clear text, the default), {@code ldaps}, {@code ldap+starttls}. */
    public String mode() {
        return option("mode").orElseGet(() -> flag("secure") ? "ldaps" : "ldap");
    }
}
