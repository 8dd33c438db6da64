package holdfast.bench;

/** Outputs in the shape of {@link holdfast.probe.Sections}, as the shell functions there print them. */
public final class Answers {

    private Answers() {}

    /** A command that ended well. */
    public static String section(String name, String text) {
        return section(name, text, 0);
    }

    public static String section(String name, String text, int exit) {
        return "#: %s\n%s\n#= %d\n".formatted(name, text.isEmpty() || text.endsWith("\n") ? text : text + "\n", exit);
    }

    /** The script came to its end. */
    public static String finished() {
        return section("finished", "");
    }

    /** A file that does not exist. */
    public static String absent(String name) {
        return "#: %s\n#= 44\n".formatted(name);
    }
}
