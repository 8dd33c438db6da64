package holdfast.report;

import holdfast.access.AccessMatrix;
import holdfast.access.ClusterAccess;
import holdfast.access.UserConfig;
import holdfast.probe.Reading;
import holdfast.run.AccessRun;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeSet;

/** The rows of {@code holdfast access matrix} as one HTML file: to be sent, opened anywhere, searched and printed. */
public final class AccessPage {

    private AccessPage() {}

    /** @param version of the program */
    public static String of(AccessRun run, List<AccessRun.Matrix> clusters, String version) {
        Html page = new Html("Who may do what", List.of("page.css", "access.css"), "access.js");
        page.raw("<h1>Who may do what</h1>\n<p>As the clusters said at ")
                .text(run.askedAt().truncatedTo(ChronoUnit.SECONDS).toString())
                .raw("; holdfast ")
                .text(version)
                .raw(".</p>\n");
        page.raw("<div class=\"bar\"><label for=\"filter\">Filter <input id=\"filter\" type=\"search\""
                + " autocomplete=\"off\" spellcheck=\"false\" placeholder=\"words: a user, a path, a role, a privilege\">"
                + "</label><output id=\"count\" for=\"filter\"></output></div>\n");
        run.polled()
                .unplaced()
                .forEach((node, why) -> page.raw("<p><strong>")
                        .text(node)
                        .raw("</strong> does not answer, and no cluster that did knows it: ")
                        .text(why)
                        .raw("</p>\n"));
        int number = 0;
        for (AccessRun.Matrix cluster : clusters) {
            cluster(page, cluster, ++number);
        }
        return page.finished();
    }

    private static void cluster(Html page, AccessRun.Matrix cluster, int number) {
        page.raw("<section>\n<h2>")
                .text(cluster.cluster().standalone() ? "Node " : "Cluster ")
                .text(cluster.cluster().name())
                .raw("</h2>\n");
        switch (cluster.cluster().access()) {
            case Reading.Unknown<ClusterAccess>(var why) ->
                page.raw("<p>Cannot tell: ").text(why).raw("</p>\n");
            case Reading.Known<ClusterAccess>(var known) ->
                tables(page, cluster, known.files().config(), "c%d".formatted(number));
        }
        page.raw("</section>\n");
    }

    private static void tables(Html page, AccessRun.Matrix cluster, UserConfig config, String prefix) {
        if (!cluster.notes().isEmpty()) {
            page.raw("<ul>");
            cluster.notes().forEach(note -> page.raw("<li>").text(note).raw("</li>"));
            page.raw("</ul>\n");
        }
        // A role's privileges stand in one place: the rows lead there, and the filter looks there.
        Map<String, String> roles = new LinkedHashMap<>();
        page.raw("<table class=\"rows\">\n<thead><tr><th scope=\"col\">Who</th><th scope=\"col\">Path</th>"
                + "<th scope=\"col\">Role</th><th scope=\"col\">Where from</th>"
                + "<th scope=\"col\">Privileges</th></tr></thead>\n<tbody>\n");
        cluster.matrix()
                .rows()
                .forEach(row -> row(
                        page,
                        row,
                        privileges(config, row.role()),
                        roles.computeIfAbsent(row.role(), role -> prefix + "r" + roles.size())));
        page.raw("</tbody>\n</table>\n<details class=\"roles\"><summary>What these roles hold</summary>\n<dl>\n");
        roles.forEach((role, id) -> page.raw("<dt>")
                .text(role)
                .raw("</dt><dd id=\"" + id + "\">")
                .text(privileges(config, role).isEmpty() ? "nothing" : String.join(" ", privileges(config, role)))
                .raw("</dd>\n"));
        page.raw("</dl>\n</details>\n");
    }

    private static SortedSet<String> privileges(UserConfig config, String role) {
        return config.role(role).map(UserConfig.Role::privileges).orElseGet(TreeSet::new);
    }

    /** @param id of the role's privileges on the page, ours */
    private static void row(Html page, AccessMatrix.Row row, SortedSet<String> whole, String id) {
        boolean off = row.state() != AccessMatrix.State.ACTIVE;
        boolean all = row.privileges().equals(whole);
        String marks = (off ? "off " : "") + (row.administrative() ? "admin" : "");
        page.raw("<tr")
                .raw(marks.isEmpty() ? "" : " class=\"" + marks.strip() + "\"")
                .raw(all ? " data-role=\"" + id + "\"" : "")
                .raw("><td class=\"id\" data-label=\"Who\"><span>")
                .text(row.subject().toString())
                .raw(off ? " <span class=\"state\">(" : "")
                .text(row.state().label())
                .raw(off ? ")</span>" : "")
                .raw("</span></td><td class=\"path\" data-label=\"Path\">")
                .text(row.path())
                .raw("</td><td class=\"role\" data-label=\"Role\">")
                .text(row.role())
                .raw("</td><td data-label=\"Where from\">")
                .text(row.how())
                .raw("</td><td data-label=\"Privileges\"><span>")
                .text(
                        row.privileges().isEmpty()
                                ? "none"
                                : all ? "all " + whole.size() : String.join(" ", row.privileges()))
                .raw("</span></td></tr>\n");
    }
}
