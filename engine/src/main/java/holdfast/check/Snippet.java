package holdfast.check;

/**
 * A file that would mend a failure, as data: the engine renders it.
 *
 * @param path where it belongs on the node
 * @param template its template below {@code templates/}, without {@code .ftl}
 * @param model the values that the template may use; only values that were validated by type
 */
public record Snippet(String path, String template, Record model) {}
