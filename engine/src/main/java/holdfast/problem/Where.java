package holdfast.problem;

import holdfast.text.Clean;

/**
 * A place in something that a person wrote.
 *
 * @param file the file as the person named it, or what else it is ({@code --limit})
 * @param line from 1; 0 when the whole file is meant
 * @param column from 1; 0 when the whole line is meant
 */
public record Where(String file, int line, int column) {

    /** The file as a whole. */
    public static Where in(String file) {
        return new Where(file, 0, 0);
    }

    /** The same line, {@code columns} further to the right. */
    public Where right(int columns) {
        return new Where(file, line, column + columns);
    }

    @Override
    public String toString() {
        return Clean.line(file) + (line > 0 ? ":" + line : "") + (line > 0 && column > 0 ? ":" + column : "");
    }
}
