package holdfast.inventory;

import java.util.ArrayList;
import java.util.List;

/** Splits a line into words as Python's shlex does, which Ansible uses: quotes, backslashes, {@code #} comments. */
final class Words {

    /** @param column from 0 */
    record Word(String text, int column) {}

    private Words() {}

    /** @throws IllegalArgumentException with a sentence for the person who wrote it */
    static List<Word> split(String line) {
        List<Word> words = new ArrayList<>();
        StringBuilder word = new StringBuilder();
        int start = -1;
        for (int i = 0; i < line.length(); i++) {
            char c = line.charAt(i);
            if (c == '#') {
                break;
            }
            if (Character.isWhitespace(c)) {
                if (start >= 0) {
                    words.add(new Word(word.toString(), start));
                    word.setLength(0);
                    start = -1;
                }
                continue;
            }
            start = start < 0 ? i : start;
            if (c == '\\') {
                if (++i == line.length()) {
                    throw new IllegalArgumentException("a backslash at the end of the line escapes nothing");
                }
                word.append(line.charAt(i));
            } else if (c == '\'' || c == '"') {
                int end = i + 1;
                while (end < line.length() && line.charAt(end) != c) {
                    if (c == '"'
                            && line.charAt(end) == '\\'
                            && end + 1 < line.length()
                            && (line.charAt(end + 1) == '"' || line.charAt(end + 1) == '\\')) {
                        end++;
                    }
                    word.append(line.charAt(end++));
                }
                if (end >= line.length()) {
                    throw new IllegalArgumentException("the quote " + c + " is not closed on this line");
                }
                i = end;
            } else {
                word.append(c);
            }
        }
        if (start >= 0) {
            words.add(new Word(word.toString(), start));
        }
        return words;
    }
}
