package holdfast.fix;

import holdfast.text.Clean;

/**
 * A number, or a share of a whole: {@code 3} or {@code 20%}.
 *
 * @param number 0 or more; at most 100 where it is a percentage
 * @param percent whether it is a percentage
 */
public record Share(int number, boolean percent) {

    /** None. */
    public static final Share NONE = new Share(0, false);

    /** @throws IllegalArgumentException with a sentence that names what is wrong */
    public static Share parse(String text) {
        boolean percent = text.endsWith("%");
        String digits = percent ? text.substring(0, text.length() - 1) : text;
        if (!digits.matches("\\d{1,6}") || (percent && Integer.parseInt(digits) > 100)) {
            throw new IllegalArgumentException(
                    "'%s' is neither a number nor a percentage".formatted(Clean.line(text, 40)));
        }
        return new Share(Integer.parseInt(digits), percent);
    }

    /** How many of {@code whole} that are, rounded down. */
    public int of(int whole) {
        return percent ? (int) ((long) whole * number / 100) : number;
    }
}
