package holdfast.yaml;

import holdfast.problem.Problems;
import holdfast.problem.Where;
import holdfast.yaml.Value.Entry;
import holdfast.yaml.Value.Kind;
import holdfast.yaml.Value.Mapping;
import holdfast.yaml.Value.Scalar;
import holdfast.yaml.Value.Sequence;
import java.io.StringReader;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.constructor.SafeConstructor;
import org.yaml.snakeyaml.error.Mark;
import org.yaml.snakeyaml.error.MarkedYAMLException;
import org.yaml.snakeyaml.nodes.MappingNode;
import org.yaml.snakeyaml.nodes.Node;
import org.yaml.snakeyaml.nodes.NodeTuple;
import org.yaml.snakeyaml.nodes.ScalarNode;
import org.yaml.snakeyaml.nodes.SequenceNode;
import org.yaml.snakeyaml.nodes.Tag;
import org.yaml.snakeyaml.reader.ReaderException;

/** Reads one YAML document of bounded size into values; nothing in it can name a class. */
public final class Yaml {

    /** The longest document, in characters. */
    public static final int MAX_LENGTH = 1 << 20;

    private static final int MAX_DEPTH = 40;
    private static final int MAX_VALUES = 200_000;
    private static final String GLOBAL_TAG = "Global tag is not allowed: ";
    private static final String TAB = "a tab cannot indent or separate here: YAML wants spaces";
    private static final String UNFOLDS =
            "the aliases of this document unfold to more than " + MAX_VALUES + " values: write the values out";

    private final Where start;
    private final Problems problems;
    private final Set<Node> open = Collections.newSetFromMap(new IdentityHashMap<>());
    private int values;

    private Yaml(Where start, Problems problems) {
        this.start = start;
        this.problems = problems;
    }

    /** The document's value, or empty with at least one problem added. An empty document is a null scalar. */
    public static Optional<Value> read(String file, String text, Problems problems) {
        return read(new Where(file, 1, 1), text, problems);
    }

    /** As {@link #read(String, String, Problems)}, for text that begins in the middle of a file. */
    public static Optional<Value> read(Where start, String text, Problems problems) {
        return new Yaml(start, problems).document(text);
    }

    private Optional<Value> document(String text) {
        if (text.length() > MAX_LENGTH) {
            problems.add(Where.in(start.file()), "longer than " + MAX_LENGTH + " characters: split it");
            return Optional.empty();
        }
        LoaderOptions options = new LoaderOptions();
        options.setNestingDepthLimit(MAX_DEPTH);
        options.setCodePointLimit(MAX_LENGTH);
        // The budget of values below is what stops an alias bomb.
        options.setMaxAliasesForCollections(Integer.MAX_VALUE);
        String body = text.startsWith("\uFEFF") ? text.substring(1) : text;
        @Nullable Node root;
        try {
            root = new org.yaml.snakeyaml.Yaml(new SafeConstructor(options)).compose(new StringReader(body));
        } catch (MarkedYAMLException e) {
            Mark mark = e.getProblemMark() == null ? e.getContextMark() : e.getProblemMark();
            problems.add(mark == null ? Where.in(start.file()) : where(mark), explain(e, body, mark));
            return Optional.empty();
        } catch (ReaderException e) {
            int at = Math.min(Math.max(0, e.getPosition()), body.length());
            String before = body.substring(0, at);
            int line = (int) before.chars().filter(c -> c == '\n').count();
            problems.add(
                    where(line, at - (before.lastIndexOf('\n') + 1)),
                    "the character U+%04X cannot stand in YAML".formatted(e.getCodePoint()));
            return Optional.empty();
        } catch (RuntimeException e) {
            // The parser's other exceptions (depth, numbers in directives) carry no place.
            String message = String.valueOf(e.getMessage());
            problems.add(
                    Where.in(start.file()),
                    message.contains("Nesting Depth")
                            ? "nested deeper than " + MAX_DEPTH + " levels"
                            : "not valid YAML: " + message);
            return Optional.empty();
        }
        if (root == null) {
            return Optional.of(new Scalar(start, "", Kind.NULL));
        }
        int before = problems.size();
        try {
            Value value = value(root);
            return problems.size() == before ? Optional.of(value) : Optional.empty();
        } catch (TooMany e) {
            problems.add(Where.in(start.file()), UNFOLDS);
            return Optional.empty();
        }
    }

    private static String explain(MarkedYAMLException e, String text, @Nullable Mark mark) {
        String problem = String.valueOf(e.getProblem());
        if (problem.contains("(TAB)") || (mark != null && charAt(text, mark.getIndex()) == '\t')) {
            return TAB;
        }
        if (problem.contains("mapping values are not allowed")) {
            return "a second \": \" on this line: quote the value, or begin a new line";
        }
        if (problem.startsWith(GLOBAL_TAG)) {
            return "the tag " + problem.substring(GLOBAL_TAG.length()).replace("tag:yaml.org,2002:", "!!")
                    + " is not read: remove it";
        }
        if (problem.contains("undefined alias")) {
            return problem.replace("found ", "");
        }
        String context = e.getContext() == null ? "" : " " + e.getContext();
        if (context.contains("expected a single document")) {
            return "a second document begins here: only one is read, remove the \"---\"";
        }
        return "not valid YAML" + context + ": " + problem;
    }

    private static int charAt(String text, int codePointIndex) {
        return text.codePoints().skip(Math.max(0, codePointIndex)).findFirst().orElse(-1);
    }

    private Value value(Node node) {
        if (++values > MAX_VALUES) {
            throw new TooMany();
        }
        Where where = where(node.getStartMark());
        if (node instanceof ScalarNode scalar) {
            return new Scalar(where, scalar.getValue(), kind(scalar, where));
        }
        if (!open.add(node)) {
            problems.add(where, "an alias that contains itself");
            return new Scalar(where, "", Kind.NULL);
        }
        try {
            checkTag(node, where);
            if (node instanceof SequenceNode sequence) {
                List<Value> items = new ArrayList<>();
                sequence.getValue().forEach(item -> items.add(value(item)));
                return new Sequence(where, items);
            }
            return node instanceof MappingNode mapping ? mapping(mapping, where) : new Scalar(where, "", Kind.NULL);
        } finally {
            open.remove(node);
        }
    }

    private Mapping mapping(MappingNode node, Where where) {
        Map<String, Entry> entries = new LinkedHashMap<>();
        List<Mapping> inherited = new ArrayList<>();
        for (NodeTuple tuple : node.getValue()) {
            Where keyWhere = where(tuple.getKeyNode().getStartMark());
            Value value = value(tuple.getValueNode());
            if (!(tuple.getKeyNode() instanceof ScalarNode key)) {
                problems.add(keyWhere, "a key must be plain text, not a list or map");
                continue;
            }
            if (key.getTag().equals(Tag.MERGE)) {
                inherited.addAll(merged(value));
                continue;
            }
            kind(key, keyWhere);
            Entry earlier = entries.putIfAbsent(key.getValue(), new Entry(keyWhere, value));
            if (earlier != null) {
                problems.add(
                        keyWhere,
                        "the key \"" + key.getValue() + "\" stands here twice: first on line "
                                + earlier.where().line());
            }
        }
        for (Mapping parent : inherited) {
            parent.entries().forEach((key, entry) -> {
                if (++values > MAX_VALUES) {
                    throw new TooMany();
                }
                entries.putIfAbsent(key, entry);
            });
        }
        return new Mapping(where, entries);
    }

    private List<Mapping> merged(Value value) {
        List<Mapping> found = new ArrayList<>();
        for (Value parent : value instanceof Sequence several ? several.items() : List.of(value)) {
            if (parent instanceof Mapping mapping) {
                found.add(mapping);
            } else {
                problems.add(parent.where(), "\"<<\" merges maps, but this is " + parent.what());
            }
        }
        return found;
    }

    private Kind kind(ScalarNode node, Where where) {
        return switch (node.getTag().getValue()) {
            case "tag:yaml.org,2002:bool" -> Kind.BOOL;
            case "tag:yaml.org,2002:int" -> Kind.INT;
            case "tag:yaml.org,2002:float" -> Kind.FLOAT;
            case "tag:yaml.org,2002:null" -> Kind.NULL;
            case "tag:yaml.org,2002:str",
                    "tag:yaml.org,2002:timestamp",
                    "tag:yaml.org,2002:merge",
                    "tag:yaml.org,2002:value",
                    "!" -> Kind.STRING;
            case "!vault", "!vault-encrypted" -> Kind.VAULT;
            case "!unsafe" -> Kind.UNSAFE;
            default -> {
                refuse(node, where);
                yield Kind.STRING;
            }
        };
    }

    private void checkTag(Node node, Where where) {
        Tag tag = node.getTag();
        if (!tag.equals(Tag.MAP)
                && !tag.equals(Tag.SEQ)
                && !tag.getValue().equals("!")
                && !tag.getValue().equals("!unsafe")) {
            refuse(node, where);
        }
    }

    private void refuse(Node node, Where where) {
        String tag = node.getTag().getValue().replace("tag:yaml.org,2002:", "!!");
        problems.add(where, "the tag " + tag + " is not read: remove it");
    }

    private Where where(Mark mark) {
        return where(mark.getLine(), mark.getColumn());
    }

    private Where where(int line, int column) {
        return new Where(start.file(), start.line() + line, (line == 0 ? start.column() : 1) + column);
    }

    /** Unwinds when the budget of values is spent. */
    private static final class TooMany extends RuntimeException {
        TooMany() {
            super(null, null, false, false);
        }
    }
}
