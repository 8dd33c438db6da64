package holdfast.fix;

import java.util.List;

/**
 * A failure that a fix exists for, and that is not mended here.
 *
 * @param target the node's name, or {@code cluster NAME}
 * @param check the failed check's id
 * @param why the harm that it would do, as a sentence
 * @param instead what to do about it
 */
public record Refusal(String target, String check, String why, List<String> instead) {
    public Refusal {
        instead = List.copyOf(instead);
    }
}
