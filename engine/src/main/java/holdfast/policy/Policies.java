package holdfast.policy;

import holdfast.policy.PolicyReader.Setting;
import holdfast.problem.Problems;
import holdfast.problem.Where;
import holdfast.text.Digests;
import holdfast.yaml.TextFile;
import holdfast.yaml.Value;
import holdfast.yaml.Value.Kind;
import holdfast.yaml.Value.Scalar;
import holdfast.yaml.Yaml;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** A profile with the policy file merged over it: what the {@code holdfast:} maps of the inventory refine. */
public final class Policies {

    private static final String DEFAULT_PROFILE = "baseline";

    private final Map<String, Setting> file;
    private final Map<String, Map<String, Setting>> profiles = new LinkedHashMap<>();

    private Policies(Map<String, Setting> file) {
        this.file = file;
        PolicyKeys.PROFILES.forEach(name -> profiles.put(name, profile(name)));
    }

    /** The baseline profile and nothing over it. */
    public static Policies builtIn() {
        return new Policies(Map.of());
    }

    /** A built-in profile, one of {@link PolicyKeys#PROFILES}. */
    public static Policies builtIn(String profile) {
        return new Policies(Map.of("profile", new Setting(profile, Where.in("built-in"))));
    }

    /**
     * The policy of {@code --policy FILE}, given once or several times: a later file is merged over those before it, key
     * by key. The mistakes of each are added to {@code problems}.
     */
    public static Policies read(List<Path> files, Problems problems) {
        List<Value> layers = files.stream()
                .flatMap(file -> TextFile.parse(file, problems).stream())
                .toList();
        return of(layers, problems);
    }

    /** A policy that has been parsed already. */
    public static Policies of(Value policy, Problems problems) {
        return of(List.of(policy), problems);
    }

    private static Policies of(List<Value> layers, Problems problems) {
        Map<String, Setting> settings = new LinkedHashMap<>();
        layers.forEach(layer -> settings.putAll(PolicyReader.read(layer, "", problems)));
        Policies read = new Policies(settings);
        if (!layers.isEmpty()) {
            read.merge(new Scalar(layers.get(layers.size() - 1).where(), "", Kind.NULL), problems);
        }
        return read;
    }

    /** The policy where the inventory says nothing. */
    public Policy base() {
        return merge(new Scalar(Where.in("built-in"), "", Kind.NULL), new Problems());
    }

    /** Tells the mistakes of one {@code holdfast:} map, whether or not another one is merged over it. */
    public void check(Value holdfast, Problems problems) {
        PolicyReader.read(holdfast, "holdfast.", problems);
    }

    /** The policy with the merged {@code holdfast:} maps over it; what is wrong in them is told and left out. */
    public Policy merge(Value holdfast, Problems problems) {
        Map<String, Setting> over = PolicyReader.read(holdfast, "holdfast.", problems);
        Map<String, Setting> merged = new LinkedHashMap<>(file);
        merged.putAll(over);
        Setting named = merged.get("profile");
        String profile = named == null ? DEFAULT_PROFILE : (String) named.value();
        Map<String, Setting> all = new LinkedHashMap<>(profiles.getOrDefault(profile, Map.of()));
        all.putAll(merged);
        Policy policy = PolicyReader.policy(all);
        int warn = policy.certificates().warnDays();
        int fail = policy.certificates().failDays();
        if (fail > warn) {
            Setting culprit = merged.getOrDefault(
                    "certificates.fail_days",
                    merged.getOrDefault("certificates.warn_days", new Setting("", holdfast.where())));
            problems.add(
                    culprit.where(),
                    "certificates.fail_days (%d) must not be more than certificates.warn_days (%d)"
                            .formatted(fail, warn));
        }
        return policy;
    }

    /** One line for each key of a policy, in the order of the reference: the same policies have the same lines. */
    public static List<String> canonical(Policy policy) {
        return PolicyKeys.all().stream()
                .map(key -> key.path() + ": " + quoted(key.get().apply(policy)))
                .toList();
    }

    /** SHA-256, in hex, of the canonical form of these policies by node: what a report keeps of them. */
    public static String digest(Map<String, Policy> byNode) {
        StringBuilder text = new StringBuilder();
        new TreeMap<>(byNode)
                .forEach((node, policy) -> text.append(quoted(node))
                        .append('\n')
                        .append(String.join("\n", canonical(policy)))
                        .append('\n'));
        return Digests.sha256(text.toString());
    }

    private static String quoted(Object value) {
        return switch (value) {
            case String text ->
                "\"" + text.replace("\\", "\\\\").replace("\"", "\\\"").replace("\n", "\\n") + "\"";
            case Collection<?> items ->
                items.stream().map(Policies::quoted).toList().toString();
            case Map<?, ?> map -> {
                Map<String, String> fields = new LinkedHashMap<>();
                map.forEach((key, field) -> fields.put(String.valueOf(key), quoted(field)));
                yield fields.toString();
            }
            default -> value.toString();
        };
    }

    private static Map<String, Setting> profile(String name) {
        try (InputStream in = Policies.class.getResourceAsStream(name + ".yml")) {
            if (in == null) {
                throw new IllegalStateException("profile " + name + " is not in this program");
            }
            String text = new String(in.readAllBytes(), StandardCharsets.UTF_8);
            Problems problems = new Problems();
            Map<String, Setting> settings = new LinkedHashMap<>();
            settings.put("profile", new Setting(name, Where.in(name)));
            Yaml.read(name + ".yml", text, problems)
                    .ifPresent(value -> settings.putAll(PolicyReader.read(value, "", problems)));
            problems.throwIfAny();
            return settings;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
