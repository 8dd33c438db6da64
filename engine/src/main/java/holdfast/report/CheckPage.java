package holdfast.report;

import holdfast.check.Severity;
import java.util.List;

/**
 * What is known of a check apart from any run.
 *
 * @param id such as {@code sshd.root-login}
 * @param title what it wants
 * @param severity how much a failure matters
 * @param cluster whether it is about a cluster as one thing
 * @param tags words that it can be selected by
 * @param references where the demand comes from, such as {@code CIS Debian 12 5.1.20}
 * @param text why it is asked, what mends it and when not to, in Markdown
 */
public record CheckPage(
        String id,
        String title,
        Severity severity,
        boolean cluster,
        List<String> tags,
        List<String> references,
        String text) {

    public CheckPage {
        tags = List.copyOf(tags);
        references = List.copyOf(references);
    }
}
