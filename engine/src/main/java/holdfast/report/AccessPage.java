package holdfast.report;

import holdfast.access.AccessMatrix;
import holdfast.access.ClusterAccess;
import holdfast.access.Subject;
import holdfast.probe.Reading;
import holdfast.run.AccessRun;
import java.time.temporal.ChronoUnit;
import java.util.List;

/** The rows of {@code holdfast access matrix} as one HTML file: to be sent, opened anywhere, searched and printed. */
public final class AccessPage {

    private AccessPage() {}

    /** @param version of the program */
    public static String of(AccessRun run, List<AccessRun.Matrix> clusters, String version) {
        Html page = new Html("Who may do what", "access.css", "access.js");
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
        clusters.forEach(cluster -> cluster(page, cluster));
        return page.finished();
    }

    private static void cluster(Html page, AccessRun.Matrix cluster) {
        page.raw("<section>\n<h2>")
                .text(cluster.cluster().standalone() ? "Node " : "Cluster ")
                .text(cluster.cluster().name())
                .raw("</h2>\n");
        if (cluster.cluster().access() instanceof Reading.Unknown<ClusterAccess>(var why)) {
            page.raw("<p>Cannot tell: ").text(why).raw("</p>\n</section>\n");
            return;
        }
        if (!cluster.notes().isEmpty()) {
            page.raw("<ul>");
            cluster.notes().forEach(note -> page.raw("<li>").text(note).raw("</li>"));
            page.raw("</ul>\n");
        }
        page.raw("<table>\n<thead><tr><th scope=\"col\">Who</th><th scope=\"col\">Path</th><th scope=\"col\">Role</th>"
                + "<th scope=\"col\">Where from</th><th scope=\"col\">Privileges</th></tr></thead>\n<tbody>\n");
        cluster.matrix().rows().forEach(row -> row(page, row));
        page.raw("</tbody>\n</table>\n</section>\n");
    }

    private static void row(Html page, AccessMatrix.Row row) {
        boolean off = row.state() != AccessMatrix.State.ACTIVE;
        String marks = (off ? "off " : "") + (row.administrative() ? "admin" : "");
        page.raw("<tr")
                .raw(marks.isEmpty() ? "" : " class=\"" + marks.strip() + "\"")
                .raw(">");
        page.raw("<td class=\"id\" data-label=\"Who\"><span>")
                .text(row.subject().toString())
                .raw(off ? " <span class=\"state\">(" : "")
                .text(row.state().label())
                .raw(off ? ")</span>" : "")
                .raw(row.subject().kind() == Subject.Kind.TOKEN ? " <span class=\"state\">token</span>" : "")
                .raw("</span></td>");
        page.raw("<td class=\"path\" data-label=\"Path\">").text(row.path()).raw("</td>");
        page.raw("<td class=\"role\" data-label=\"Role\">").text(row.role()).raw("</td>");
        page.raw("<td data-label=\"Where from\">").text(row.how()).raw("</td>");
        page.raw("<td data-label=\"Privileges\">");
        if (row.privileges().isEmpty()) {
            page.raw("none");
        } else {
            page.raw("<details><summary>")
                    .text(String.valueOf(row.privileges().size()))
                    .raw("</summary>")
                    .text(String.join(" ", row.privileges()))
                    .raw("</details>");
        }
        page.raw("</td></tr>\n");
    }
}
