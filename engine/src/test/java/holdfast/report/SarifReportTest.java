package holdfast.report;

import static org.assertj.core.api.Assertions.assertThat;

import holdfast.run.Finding;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** The SARIF log, against the schema that OASIS publishes. */
final class SarifReportTest {

    private static final SchemaOf SCHEMA = new SchemaOf("/schema/sarif-schema-2.1.0.json");

    @Provide
    Arbitrary<Hostile.Said> said() {
        return Hostile.said();
    }

    @Test
    void everySampleIsValid() {
        for (Reported reported : List.of(
                ReportSamples.reported(), ReportSamples.first(), ReportSamples.clean(), ReportSamples.fleet(60, 40))) {
            SCHEMA.accepts(SarifReport.render(reported));
        }
        SCHEMA.refuses(
                SarifReport.render(ReportSamples.reported()).replace("\"ruleIndex\" : 0", "\"ruleIndex\" : \"0\""));
    }

    @Test
    void thereIsAResultForWhatFailsIsWaivedOrCouldNotBeTold() {
        JsonNode run = run(ReportSamples.reported());
        assertThat(run.get("results").size()).isEqualTo((int) ReportSamples.run()
                .findings()
                .filter(finding -> finding.failing() || finding.status() == Finding.Status.UNKNOWN)
                .count());
        for (JsonNode result : run.get("results")) {
            assertThat(result.at("/kind").asString().equals("fail"))
                    .as("whatever is no failure has no level")
                    .isEqualTo(!result.at("/level").asString().equals("none"));
            assertThat(run.get("tool")
                            .get("driver")
                            .get("rules")
                            .get(result.get("ruleIndex").asInt())
                            .get("id"))
                    .isEqualTo(result.get("ruleId"));
        }
    }

    /** GitHub: "over 9.0 is critical, from 7.0 to 8.9 is high, from 4.0 to 6.9 is medium and from 0.1 to 3.9 is low". */
    @Test
    void gitHubShowsARulesSeverityAsItIs() {
        for (JsonNode rule : run(ReportSamples.reported()).at("/tool/driver/rules")) {
            double score =
                    Double.parseDouble(rule.at("/properties/security-severity").asString());
            String shown = score > 9 ? "critical" : score >= 7 ? "high" : score >= 4 ? "medium" : "low";
            CheckPage page = java.util.Objects.requireNonNull(
                    ReportSamples.checks().get(rule.get("id").asString()));
            assertThat(shown).isEqualTo(page.severity().label());
            for (String required : List.of("/shortDescription/text", "/fullDescription/text", "/help/text")) {
                assertThat(rule.at(required).asString()).isNotBlank();
            }
        }
    }

    @Test
    void aWaivedResultIsSuppressedWithItsReasonAndAnExpiredWaiverIsNot() {
        for (JsonNode result : run(ReportSamples.reported()).get("results")) {
            boolean waived = result.at("/properties/status").asString().equals("waived");
            assertThat(result.get("suppressions").size()).isEqualTo(waived ? 1 : 0);
            if (waived) {
                assertThat(result.at("/suppressions/0/justification").asString())
                        .isEqualTo("accepted by Kim Berg <kim@example.com> until 2027-01-31:"
                                + " the GPS clock is repaired in January");
            }
        }
    }

    @Test
    void everyResultHasAnIdentityOfItsOwnThatTheNextRunHasToo() {
        Set<String> now = identities(ReportSamples.fleet(60, 40));
        assertThat(now)
                .hasSize(run(ReportSamples.fleet(60, 40)).get("results").size())
                .isEqualTo(identities(ReportSamples.fleet(60, 40)));
        Reported reported = ReportSamples.reported();
        Reported changed = new Reported(ReportSamples.before(), reported.drift(), List.of(), reported.checks());
        Set<String> both = identities(changed);
        both.retainAll(identities(reported));
        assertThat(both).as("what fails in both runs").isNotEmpty();
    }

    @Test
    void aBaselineSaysWhatIsNewAndWithoutOneNothingIsSaid() {
        JsonNode run = run(ReportSamples.reported());
        assertThat(run.get("baselineGuid").asString()).isNotEmpty();
        assertThat(run.get("results").values().stream()
                        .map(result -> result.get("baselineState").asString()))
                .contains("new", "unchanged")
                .allMatch(state -> Set.of("new", "updated", "unchanged").contains(state));
        assertThat(run(ReportSamples.first()).get("results").get(0).get("baselineState"))
                .isNull();
    }

    @Test
    void theInventoryIsTheFileAndTheNodeTheLogicalLocation() {
        JsonNode location = run(ReportSamples.reported()).at("/results/0/locations/0");
        assertThat(location.at("/physicalLocation/artifactLocation/uri").asString())
                .isEqualTo(ReportSamples.run().context().inventory().get(0));
        assertThat(location.at("/logicalLocations/0/fullyQualifiedName").asString())
                .isEqualTo("node/pve1");
    }

    @Test
    void aNodeThatCouldNotBeReadIsToldByTheInvocation() {
        JsonNode invocation = run(ReportSamples.reported()).at("/invocations/0");
        assertThat(invocation.get("executionSuccessful").asBoolean()).isFalse();
        assertThat(invocation.get("exitCode").asInt()).isEqualTo(3);
        assertThat(invocation.at("/toolExecutionNotifications/0/message/text").asString())
                .startsWith("pve3 could not be read (");
    }

    @Property(tries = 60)
    void whateverNodesSayItIsValidAndNoMessageHasALinkOrAPlaceholder(@ForAll("said") Hostile.Said evil) {
        Reported reported = ReportSamples.saying(evil.text());
        String json = SarifReport.render(reported);
        SCHEMA.accepts(json);
        assertThat(SarifReport.render(ReportSamples.saying(evil.text()))).isEqualTo(json);
        for (JsonNode result : run(reported).get("results")) {
            String message = result.at("/message/text").asString();
            assertThat(message).doesNotContain("](").isNotBlank();
            assertThat(message.replace("{{", "").replace("}}", "")).doesNotContain("{", "}");
        }
    }

    private static Set<String> identities(Reported reported) {
        Set<String> all = new HashSet<>();
        run(reported)
                .get("results")
                .forEach(result -> all.add(result.at("/partialFingerprints/primaryLocationLineHash")
                        .asString()));
        return all;
    }

    private static JsonNode run(Reported reported) {
        return JsonReport.MAPPER.readTree(SarifReport.render(reported)).at("/runs/0");
    }
}
