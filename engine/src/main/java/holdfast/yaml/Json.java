package holdfast.yaml;

import holdfast.problem.Problems;
import holdfast.problem.Where;
import holdfast.yaml.Value.Entry;
import holdfast.yaml.Value.Kind;
import holdfast.yaml.Value.Mapping;
import holdfast.yaml.Value.Scalar;
import holdfast.yaml.Value.Sequence;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.TokenStreamLocation;
import tools.jackson.core.json.JsonFactory;

/** Reads one JSON document into the same values as {@link Yaml}. */
public final class Json {

    private static final JsonFactory FACTORY = JsonFactory.builder()
            .streamReadConstraints(
                    StreamReadConstraints.builder().maxNestingDepth(40).build())
            .build();

    private final String file;
    private final Problems problems;

    private Json(String file, Problems problems) {
        this.file = file;
        this.problems = problems;
    }

    /** The document's value, or empty with at least one problem added. */
    public static Optional<Value> read(String file, String text, Problems problems) {
        return new Json(file, problems).document(text);
    }

    private Optional<Value> document(String text) {
        int before = problems.size();
        try (JsonParser parser = FACTORY.createParser(ObjectReadContext.empty(), text)) {
            if (parser.nextToken() == null) {
                problems.add(Where.in(file), "empty: a JSON object is expected");
                return Optional.empty();
            }
            Value value = value(parser);
            if (parser.nextToken() != null) {
                problems.add(where(parser.currentTokenLocation()), "text after the end of the JSON document");
            }
            return problems.size() == before ? Optional.of(value) : Optional.empty();
        } catch (JacksonException e) {
            problems.add(where(e.getLocation()), "not valid JSON: " + e.getOriginalMessage());
            return Optional.empty();
        }
    }

    private Value value(JsonParser parser) {
        Where where = where(parser.currentTokenLocation());
        JsonToken token = parser.currentToken();
        return switch (token) {
            case START_OBJECT -> {
                Map<String, Entry> entries = new LinkedHashMap<>();
                while (parser.nextToken() != JsonToken.END_OBJECT) {
                    Where keyWhere = where(parser.currentTokenLocation());
                    String key = parser.currentName();
                    parser.nextToken();
                    if (entries.put(key, new Entry(keyWhere, value(parser))) != null) {
                        problems.add(keyWhere, "the key \"" + key + "\" stands here twice");
                    }
                }
                yield new Mapping(where, entries);
            }
            case START_ARRAY -> {
                List<Value> items = new ArrayList<>();
                while (parser.nextToken() != JsonToken.END_ARRAY) {
                    items.add(value(parser));
                }
                yield new Sequence(where, items);
            }
            case VALUE_TRUE, VALUE_FALSE -> new Scalar(where, parser.getString(), Kind.BOOL);
            case VALUE_NULL -> new Scalar(where, "", Kind.NULL);
            case VALUE_NUMBER_INT -> new Scalar(where, parser.getString(), Kind.INT);
            case VALUE_NUMBER_FLOAT -> new Scalar(where, parser.getString(), Kind.FLOAT);
            case VALUE_STRING -> new Scalar(where, parser.getString(), Kind.STRING);
            case NOT_AVAILABLE, END_OBJECT, END_ARRAY, PROPERTY_NAME, VALUE_EMBEDDED_OBJECT -> {
                problems.add(where, "not valid JSON");
                yield new Scalar(where, "", Kind.NULL);
            }
        };
    }

    private Where where(@Nullable TokenStreamLocation at) {
        return at == null
                ? Where.in(file)
                : new Where(file, Math.max(1, at.getLineNr()), Math.max(1, at.getColumnNr()));
    }
}
