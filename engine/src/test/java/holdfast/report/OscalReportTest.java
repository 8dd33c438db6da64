package holdfast.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.stream.StreamSupport;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.commonmark.node.AbstractVisitor;
import org.commonmark.node.Document;
import org.commonmark.node.Node;
import org.commonmark.node.Paragraph;
import org.commonmark.node.Text;
import org.commonmark.parser.Parser;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** The OSCAL assessment results, against the schema that NIST publishes. */
final class OscalReportTest {

    private static final SchemaOf SCHEMA = new SchemaOf("/schema/json/oscal-ar_schema.json");

    @Provide
    Arbitrary<Hostile.Said> said() {
        return Hostile.said();
    }

    @Test
    void everySampleIsValid() {
        for (Reported reported : List.of(
                ReportSamples.reported(), ReportSamples.first(), ReportSamples.clean(), ReportSamples.fleet(60, 40))) {
            SCHEMA.accepts(OscalReport.render(reported));
        }
        SCHEMA.refuses(OscalReport.render(ReportSamples.reported()).replace("\"not-satisfied\"", "\"unsure\""));
    }

    @Test
    void anObjectiveIsSatisfiedOnlyWhereEverythingPassesOrDoesNotApply() {
        JsonNode result = result(ReportSamples.reported());
        assertThat(finding(result, "cluster.quorum").at("/target/status/state").asString())
                .isEqualTo("satisfied");
        JsonNode failing = finding(result, "cluster.links").at("/target/status");
        assertThat(failing.get("state").asString()).isEqualTo("not-satisfied");
        assertThat(failing.get("reason").asString()).isEqualTo("fail");
        JsonNode unknown = finding(result, "time.skew").at("/target/status");
        assertThat(unknown.get("state").asString()).isEqualTo("not-satisfied");
        assertThat(unknown.get("reason").asString()).isEqualTo("other");
        assertThat(finding(result, "time.synchronized")
                        .at("/target/status/state")
                        .asString())
                .as("a waiver satisfies nothing")
                .isEqualTo("not-satisfied");
    }

    @Test
    void aWaivedFailureIsAnApprovedDeviationUntilItsDayAndAnExpiredOneIsOpen() {
        List<JsonNode> waived = StreamSupport.stream(
                        result(ReportSamples.reported()).get("risks").spliterator(), false)
                .filter(risk -> risk.has("deadline"))
                .toList();
        assertThat(waived)
                .extracting(
                        risk -> risk.get("status").asString(),
                        risk -> risk.get("deadline").asString())
                .containsExactlyInAnyOrder(
                        org.assertj.core.groups.Tuple.tuple("deviation-approved", "2027-02-01T00:00:00Z"),
                        org.assertj.core.groups.Tuple.tuple("open", "2026-11-01T00:00:00Z"));
    }

    @Test
    void whatWasNotToldIsSaid() {
        assertThat(result(ReportSamples.reported()).get("remarks").asString())
                .startsWith("1 of 4 nodes could not be read, and nothing is known of them: pve3.")
                .contains("findings could not be told");
        assertThat(result(ReportSamples.clean()).get("remarks").asString())
                .isEqualTo("Every selected node could be read. Every check could be told.");
    }

    @Test
    void everythingThatIsReferredToIsThereOnce() {
        JsonNode root = JsonReport.MAPPER.readTree(OscalReport.render(ReportSamples.reported()));
        Set<String> defined = new HashSet<>();
        Set<String> used = new HashSet<>();
        collect(root, defined, used);
        assertThat(defined).containsAll(used);
        assertThat(defined).allMatch(uuid -> UUID.fromString(uuid).version() == 5);
    }

    /** RFC 9562, appendix A.4, has this one. */
    @Test
    void uuidsAreOfVersionFive() {
        assertThat(Uuids.named(UUID.fromString("6ba7b810-9dad-11d1-80b4-00c04fd430c8"), "www.example.com"))
                .hasToString("2ed6657d-e927-568b-95e1-2665a8aea6a2");
    }

    @Property(tries = 40)
    void whateverNodesSayItIsValid(@ForAll("said") Hostile.Said evil) {
        String json = OscalReport.render(ReportSamples.saying(evil.text()));
        SCHEMA.accepts(json);
        assertThat(OscalReport.render(ReportSamples.saying(evil.text()))).isEqualTo(json);
    }

    @Property(tries = 300)
    void whateverIsSaidIsPlainTextInMarkdown(@ForAll("said") Hostile.Said evil) {
        JsonNode metadata = JsonReport.MAPPER
                .readTree(OscalReport.render(ReportSamples.saying(evil.text())))
                .at("/assessment-results/metadata/title");
        Parser.builder().build().parse(metadata.asString()).accept(new AbstractVisitor() {
            @Override
            protected void visitChildren(Node parent) {
                assertThat(parent).isInstanceOfAny(Document.class, Paragraph.class, Text.class);
                for (Node child = parent.getFirstChild(); child != null; child = child.getNext()) {
                    assertThat(child).isInstanceOfAny(Paragraph.class, Text.class);
                }
                super.visitChildren(parent);
            }
        });
    }

    private static void collect(JsonNode node, Set<String> defined, Set<String> used) {
        node.properties().forEach(field -> {
            if (field.getKey().equals("uuid")) {
                assertThat(defined.add(field.getValue().asString()))
                        .as(field.getValue().asString())
                        .isTrue();
            } else if (field.getKey().endsWith("-uuid")) {
                used.add(field.getValue().asString());
            }
        });
        node.forEach(child -> collect(child, defined, used));
    }

    private static JsonNode result(Reported reported) {
        return JsonReport.MAPPER.readTree(OscalReport.render(reported)).at("/assessment-results/results/0");
    }

    private static JsonNode finding(JsonNode result, String check) {
        return StreamSupport.stream(result.get("findings").spliterator(), false)
                .filter(finding -> finding.at("/target/target-id").asString().equals(check))
                .findFirst()
                .orElseThrow();
    }
}
