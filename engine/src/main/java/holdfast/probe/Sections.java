package holdfast.probe;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Several small answers in one output, so that one process on the node serves where five would: each begins
 * with {@code #: NAME} and ends with {@code #= STATUS}.
 *
 * @param all the sections in the order in which they came
 */
public record Sections(Map<String, Section> all) {

    /**
     * The shell functions that print sections. {@code section NAME COMMAND…} runs a command with its standard
     * error in the section; {@code contents NAME FILE} prints a file, with status 44 where there is none.
     */
    public static final String SHELL = """
            section() { printf '#: %s\\n' "$1"; shift; "$@" 2>&1; printf '\\n#= %s\\n' "$?"; }
            contents() { printf '#: %s\\n' "$1"; if [ -e "$2" ]; then cat -- "$2" 2>&1; printf '\\n#= %s\\n' "$?"; else printf '#= 44\\n'; fi; }
            """;

    /** The last line of a script whose answer must be whole: see {@link #finished}. */
    public static final String LAST = "section finished :\n";

    /** The status of a {@code contents} section whose file does not exist. */
    public static final int ABSENT = 44;

    /**
     * One answer.
     *
     * @param text what was printed, without the last line feed
     * @param exit the command's status
     */
    public record Section(String text, int exit) {
        public boolean ok() {
            return exit == 0;
        }
    }

    public Sections {
        all = Map.copyOf(all);
    }

    /** Understands an output; a section that was begun and not ended is left out. */
    public static Sections parse(String text) {
        Map<String, Section> found = new LinkedHashMap<>();
        String name = null;
        StringBuilder body = new StringBuilder();
        for (String line : text.split("\n", -1)) {
            if (name == null) {
                if (line.startsWith("#: ")) {
                    name = line.substring(3).strip();
                    body.setLength(0);
                }
            } else if (line.matches("#= \\d{1,3}")) {
                found.putIfAbsent(
                        name, new Section(body.toString().stripTrailing(), Integer.parseInt(line.substring(3))));
                name = null;
            } else {
                body.append(line).append('\n');
            }
        }
        return new Sections(found);
    }

    /**
     * The same, when the script came to its end ({@link #LAST}).
     *
     * @throws IllegalArgumentException when it was cut off
     */
    public Sections finished() {
        if (!all.containsKey("finished")) {
            throw new IllegalArgumentException("the answer was cut off");
        }
        return this;
    }

    public Optional<Section> section(String name) {
        return Optional.ofNullable(all.get(name));
    }

    /** The text of a section that ended well. */
    public Reading<String> text(String name) {
        Section section = all.get(name);
        if (section == null) {
            return Reading.unknown("%s was not answered", name);
        }
        if (section.exit() == ABSENT) {
            return Reading.unknown("%s does not exist", name);
        }
        if (!section.ok()) {
            String first = section.text()
                    .lines()
                    .filter(line -> !line.isBlank())
                    .findFirst()
                    .orElse("no output");
            return Reading.unknown("%s: %s (exit status %d)", name, first, section.exit());
        }
        return Reading.known(section.text());
    }

    /** As {@link #text}, with an absent file as an empty answer. */
    public Reading<Optional<String>> file(String name) {
        Section section = all.get(name);
        if (section != null && section.exit() == ABSENT) {
            return Reading.known(Optional.empty());
        }
        return text(name).then(text -> Reading.known(Optional.of(text)));
    }
}
