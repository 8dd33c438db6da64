package holdfast.proxmox;

import holdfast.problem.Problems;
import holdfast.yaml.Json;
import holdfast.yaml.Value;

/** The JSON files of {@code /etc/pve}: an object each. */
final class PmxcfsJson {

    private PmxcfsJson() {}

    /** @throws IllegalArgumentException when the text is not one whole JSON object */
    static Value.Mapping object(String file, String text) {
        Problems problems = new Problems();
        if (Json.read(file, text, problems).orElse(null) instanceof Value.Mapping object) {
            return object;
        }
        throw new IllegalArgumentException(file + " is not a JSON object");
    }

    /** A text or number of the object; empty when it is missing, null, or no such thing. */
    static String text(Value.Mapping object, String key) {
        return object.get(key)
                .filter(value -> !value.isNull())
                .map(value -> value instanceof Value.Scalar scalar ? scalar.text() : "")
                .orElse("");
    }

    /** An object in the object; an empty one when it is missing. */
    static Value.Mapping inner(Value.Mapping object, String key) {
        return object.get(key).orElse(null) instanceof Value.Mapping inner
                ? inner
                : new Value.Mapping(object.where(), java.util.Map.of());
    }
}
