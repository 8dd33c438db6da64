package holdfast.yaml;

import holdfast.problem.Where;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A value of a document, and where it stands. */
public sealed interface Value {

    Where where();

    /** What the value is, in words for a message. */
    String what();

    /** What YAML 1.1, which Ansible reads, takes a scalar for. */
    enum Kind {
        STRING("text"),
        BOOL("a boolean"),
        INT("a whole number"),
        FLOAT("a decimal number"),
        NULL("nothing"),
        /** {@code !vault}: the text is encrypted. */
        VAULT("an encrypted value (!vault)"),
        /** {@code !unsafe}: text that Ansible does not template. */
        UNSAFE("a value tagged !unsafe");

        private final String what;

        Kind(String what) {
            this.what = what;
        }
    }

    /** @param text as written, without quotes */
    record Scalar(Where where, String text, Kind kind) implements Value {
        @Override
        public String what() {
            return kind.what;
        }
    }

    record Sequence(Where where, List<Value> items) implements Value {
        public Sequence {
            items = List.copyOf(items);
        }

        @Override
        public String what() {
            return "a list";
        }
    }

    /** @param entries by key, in the order of the document */
    record Mapping(Where where, Map<String, Entry> entries) implements Value {
        public Mapping {
            entries = Collections.unmodifiableMap(new LinkedHashMap<>(entries));
        }

        public Optional<Value> get(String key) {
            return Optional.ofNullable(entries.get(key)).map(Entry::value);
        }

        @Override
        public String what() {
            return "a map";
        }

        /** This map with {@code over} laid on it: maps merge key by key, anything else is replaced. */
        public Mapping merge(Mapping over) {
            Map<String, Entry> merged = new LinkedHashMap<>(entries);
            over.entries.forEach((key, entry) -> merged.merge(
                    key,
                    entry,
                    (mine, theirs) -> mine.value() instanceof Mapping lower && theirs.value() instanceof Mapping upper
                            ? new Entry(theirs.where(), lower.merge(upper))
                            : theirs));
            return new Mapping(over.where, merged);
        }
    }

    /** @param where the key's place */
    record Entry(Where where, Value value) {}

    /** Whether this is an empty place: {@code key:} with nothing behind it. */
    default boolean isNull() {
        return this instanceof Scalar scalar && scalar.kind() == Kind.NULL;
    }
}
