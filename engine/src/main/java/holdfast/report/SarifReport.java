package holdfast.report;

import holdfast.check.Severity;
import holdfast.drift.Difference;
import holdfast.policy.Waiver;
import holdfast.run.Finding;
import holdfast.run.NodeResult;
import holdfast.run.Run;
import holdfast.text.Clean;
import holdfast.text.Digests;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * A run as a SARIF 2.1.0 log (OASIS, Static Analysis Results Interchange Format): a rule per check, a result per finding
 * that fails, is waived or could not be told.
 *
 * <p>A node is no source file. Each result has the node or cluster as its logical location, and the inventory that names
 * it as its physical one: GitHub shows only results with a physical location ("At least one location is required for
 * code scanning to display a result", SARIF support for code scanning), and the inventory is the file of a repository
 * that put the node into the run.
 */
final class SarifReport {

    private static final String SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json";

    private static final int LONGEST = 4000;

    /** GitHub cuts descriptions of rules behind this many characters. */
    private static final int DESCRIPTION = 1024;

    /** Semantic Versioning 2.0.0, as far as ours go. */
    private static final Pattern SEMANTIC =
            Pattern.compile("[0-9]{1,9}\\.[0-9]{1,9}\\.[0-9]{1,9}(-[0-9A-Za-z.-]{1,40})?");

    /** GitHub refuses a rule with more tags. */
    private static final int TAGS = 20;

    private final Reported reported;
    private final Run run;
    private final Changes changes;
    private final Map<String, Integer> rules = new LinkedHashMap<>();
    private final List<String> sources;

    private SarifReport(Reported reported) {
        this.reported = reported;
        this.run = reported.run();
        this.changes = new Changes(reported.drift());
        this.sources = run.context().inventory().stream()
                .map(SarifReport::uri)
                .distinct()
                .toList();
    }

    static String render(Reported reported) {
        return JsonReport.MAPPER.writerWithDefaultPrettyPrinter().writeValueAsString(new SarifReport(reported).log())
                + "\n";
    }

    private ObjectNode log() {
        ObjectNode log = JsonReport.MAPPER.createObjectNode();
        log.put("$schema", SCHEMA);
        log.put("version", "2.1.0");
        ObjectNode json = log.putArray("runs").addObject();
        ObjectNode driver = json.putObject("tool").putObject("driver");
        driver.put("name", "holdfast");
        driver.put("version", plain(run.context().version()));
        if (SEMANTIC.matcher(run.context().version()).matches()) {
            driver.put("semanticVersion", run.context().version());
        }
        rules(driver.putArray("rules"));
        invocation(json.putArray("invocations").addObject());
        ObjectNode automation = json.putObject("automationDetails");
        // All up to the last slash is the category by which GitHub replaces the results of the run before.
        automation.put("id", "holdfast/%s/%s".formatted(plain(run.context().series()), plain(run.id())));
        automation.put("guid", Uuids.of("run", run.id()));
        reported.drift()
                .ifPresent(drift ->
                        json.put("baselineGuid", Uuids.of("run", drift.since().run())));
        ArrayNode artifacts = json.putArray("artifacts");
        sources.forEach(source -> {
            ObjectNode artifact = artifacts.addObject();
            artifact.putObject("location").put("uri", source);
            artifact.putArray("roles").add("analysisTarget");
        });
        ArrayNode results = json.putArray("results");
        for (Subject subject : Subject.of(run)) {
            for (Finding finding : subject.findings()) {
                if (finding.failing() || finding.status() == Finding.Status.UNKNOWN) {
                    result(results.addObject(), subject, finding);
                }
            }
        }
        return log;
    }

    // ------------------------------------------------------------------ rules

    private void rules(ArrayNode array) {
        Set<String> ids = new LinkedHashSet<>(run.checks());
        Map<String, Finding> found = new LinkedHashMap<>();
        run.findings().forEach(finding -> {
            ids.add(finding.check());
            found.putIfAbsent(finding.check(), finding);
        });
        for (String id : ids) {
            rules.put(id, rules.size());
            rule(
                    array.addObject(),
                    id,
                    Optional.ofNullable(reported.checks().get(id)),
                    Optional.ofNullable(found.get(id)));
        }
    }

    /** A check of another version of holdfast has no page here: what its findings say of it is told. */
    private static void rule(ObjectNode rule, String id, Optional<CheckPage> page, Optional<Finding> finding) {
        String title = page.map(CheckPage::title)
                .or(() -> finding.map(Finding::title))
                .filter(text -> !text.isBlank())
                .orElse(id);
        Optional<Severity> severity = page.map(CheckPage::severity).or(() -> finding.map(Finding::severity));
        rule.put("id", plain(id));
        rule.put("name", name(id));
        rule.putObject("shortDescription").put("text", text(title, DESCRIPTION));
        rule.putObject("fullDescription")
                .put(
                        "text",
                        text(page.map(CheckPage::text).map(SarifReport::why).orElse(title), DESCRIPTION));
        ObjectNode help = rule.putObject("help");
        String references = page.filter(known -> !known.references().isEmpty())
                .map(known -> "\n## References\n\n"
                        + String.join(
                                "\n",
                                known.references().stream()
                                        .map(reference -> "- " + plain(reference))
                                        .toList()))
                .orElse("");
        String document = page.map(known -> "# " + plain(known.title()) + "\n\n" + Clean.block(known.text()))
                        .orElse(plain(title))
                + references;
        help.put("text", document);
        help.put("markdown", document);
        severity.ifPresent(known -> rule.putObject("defaultConfiguration").put("level", level(known)));
        ObjectNode properties = rule.putObject("properties");
        ArrayNode tags = properties.putArray("tags");
        Stream.concat(Stream.of("security"), page.stream().flatMap(known -> known.tags().stream()))
                .map(SarifReport::plain)
                .distinct()
                .limit(TAGS)
                .forEach(tags::add);
        // A check tells what the node does, or says that it could not.
        properties.put("precision", "very-high");
        severity.ifPresent(known -> properties.put("security-severity", score(known)));
        page.ifPresent(known -> {
            ArrayNode where = properties.putArray("references");
            known.references().forEach(reference -> where.add(plain(reference)));
        });
    }

    /** {@code sshd.root-login} becomes {@code SshdRootLogin}. */
    private static String name(String id) {
        StringBuilder name = new StringBuilder();
        for (String word : id.split("[^A-Za-z0-9]+")) {
            if (!word.isEmpty()) {
                name.append(word.substring(0, 1).toUpperCase(Locale.ROOT)).append(word.substring(1));
            }
        }
        String whole = name.isEmpty() ? "Check" : name.toString();
        return whole.substring(0, Math.min(255, whole.length()));
    }

    /** The first paragraph of a page below its first heading, without its marks. */
    private static String why(String page) {
        return Stream.of(page.split("\n\n"))
                .map(String::strip)
                .filter(paragraph -> !paragraph.isEmpty() && !paragraph.startsWith("#"))
                .findFirst()
                .map(paragraph -> paragraph.replace('\n', ' ').replace("**", "").replace("`", ""))
                .orElse(page.strip());
    }

    private static String level(Severity severity) {
        return switch (severity) {
            case CRITICAL, HIGH -> "error";
            case MEDIUM -> "warning";
            case LOW -> "note";
        };
    }

    /**
     * GitHub (SARIF support for code scanning): "over 9.0 is critical, from 7.0 to 8.9 is high, from 4.0 to 6.9 is medium
     * and from 0.1 to 3.9 is low".
     */
    private static String score(Severity severity) {
        return switch (severity) {
            case CRITICAL -> "9.5";
            case HIGH -> "8.0";
            case MEDIUM -> "5.5";
            case LOW -> "2.0";
        };
    }

    // ------------------------------------------------------------------ the run

    private void invocation(ObjectNode invocation) {
        boolean read = run.nodes().stream().allMatch(node -> node.state() == NodeResult.State.OK);
        invocation.put("startTimeUtc", Rfc3339.of(run.startedAt()));
        invocation.put("endTimeUtc", Rfc3339.of(run.finishedAt()));
        invocation.put("executionSuccessful", read);
        invocation.put("exitCode", run.exitCode(Severity.LOW));
        invocation.put("exitCodeDescription", "as with --fail-on low, the default");
        invocation.put("machine", plain(run.context().controller()));
        invocation.put("account", plain(run.context().operator()));
        ArrayNode notifications = invocation.putArray("toolExecutionNotifications");
        for (Subject subject : Subject.of(run)) {
            subject.trouble().ifPresent(trouble -> {
                ObjectNode notification = notifications.addObject();
                notification.put("level", "error");
                notification
                        .putObject("message")
                        .put(
                                "text",
                                "%s could not be read (%s): %s"
                                        .formatted(
                                                text(subject.label(), LONGEST),
                                                trouble.phase().label(),
                                                text(trouble.message(), LONGEST)));
                location(notification.putArray("locations").addObject(), subject);
            });
        }
        run.discovery().ifPresent(found -> {
            Stream.concat(
                            found.missing().stream()
                                    .map(member -> "%s is a member of %s and not in the inventory"
                                            .formatted(member.member(), member.cluster())),
                            Stream.concat(
                                    found.strangers().stream().map(stranger -> stranger.message()),
                                    found.untold().stream()
                                            .map(host -> "%s did not tell its cluster: %s"
                                                    .formatted(host.host(), host.why()))))
                    .forEach(message -> {
                        ObjectNode notification = notifications.addObject();
                        notification.put("level", "warning");
                        notification.putObject("message").put("text", text(message, LONGEST));
                    });
        });
    }

    // ------------------------------------------------------------------ results

    private void result(ObjectNode result, Subject subject, Finding finding) {
        boolean unknown = finding.status() == Finding.Status.UNKNOWN;
        result.put("ruleId", plain(finding.check()));
        result.put("ruleIndex", rules.getOrDefault(finding.check(), -1));
        // Section 3.27.9: "open", there was not enough to decide; 3.27.10: whatever is no failure has the level none.
        result.put("kind", unknown ? "open" : "fail");
        result.put("level", unknown ? "none" : level(finding.severity()));
        result.putObject("message").put("text", message(subject, finding));
        location(result.putArray("locations").addObject(), subject);
        ObjectNode fingerprints = result.putObject("partialFingerprints");
        // The only one that GitHub looks at: the same check of the same node is the same alert, whatever it measures.
        fingerprints.put(
                "primaryLocationLineHash",
                Digests.sha256(String.join("\n", subject.scope(), subject.label(), finding.check()))
                                .substring(0, 32)
                        + ":1");
        fingerprints.put("finding/v1", plain(finding.fingerprint()));
        if (reported.drift().isPresent()) {
            result.put("baselineState", baseline(subject, finding));
        }
        // Section 3.27.23: present on all results or on none; empty is not suppressed.
        ArrayNode suppressions = result.putArray("suppressions");
        if (finding.status() == Finding.Status.WAIVED) {
            ObjectNode suppression = suppressions.addObject();
            suppression.put("kind", "external");
            suppression.put("status", "accepted");
            finding.waiver().ifPresent(waiver -> suppression(suppression, waiver));
        }
        properties(result.putObject("properties"), subject, finding);
    }

    private static void suppression(ObjectNode suppression, Waiver waiver) {
        suppression.put(
                "justification",
                plain("accepted by %s until %s: %s".formatted(waiver.owner(), waiver.expires(), waiver.reason())));
        ObjectNode properties = suppression.putObject("properties");
        properties.put("owner", plain(waiver.owner()));
        properties.put("reason", plain(waiver.reason()));
        properties.put("expires", waiver.expires().toString());
    }

    private static String message(Subject subject, Finding finding) {
        List<String> lines = new ArrayList<>();
        String what = finding.status() == Finding.Status.UNKNOWN ? "could not be told: " : "";
        lines.add("%s: %s%s".formatted(subject.label(), what, finding.message()));
        if (!finding.expected().isEmpty()) {
            lines.add("expected: " + finding.expected());
        }
        if (!finding.actual().isEmpty()) {
            lines.add("actual: " + finding.actual());
        }
        finding.waiver()
                .ifPresent(waiver -> lines.add("%s by %s until %s: %s"
                        .formatted(
                                finding.waiverExpired() ? "its waiver has expired: accepted" : "accepted",
                                waiver.owner(),
                                waiver.expires(),
                                waiver.reason())));
        return String.join("\n", lines.stream().map(line -> text(line, LONGEST)).toList());
    }

    private void location(ObjectNode location, Subject subject) {
        ObjectNode physical = location.putObject("physicalLocation");
        ObjectNode artifact = physical.putObject("artifactLocation");
        artifact.put("uri", sources.isEmpty() ? "inventory" : sources.get(0));
        if (!sources.isEmpty()) {
            artifact.put("index", 0);
        }
        // The line that names the node is not known; one that exists in every file is.
        ObjectNode region = physical.putObject("region");
        region.put("startLine", 1);
        region.put("startColumn", 1);
        region.put("endLine", 1);
        region.put("endColumn", 1);
        ObjectNode logical = location.putArray("logicalLocations").addObject();
        logical.put("name", plain(subject.label()));
        logical.put("fullyQualifiedName", "%s/%s".formatted(subject.scope(), plain(subject.label())));
        logical.put("kind", subject.scope());
    }

    private String baseline(Subject subject, Finding finding) {
        if (changes.of(subject).filter(kind -> kind == Difference.Kind.NEW).isPresent()) {
            return "new";
        }
        return changes.of(subject, finding.check())
                .map(kind -> switch (kind) {
                    case FAILING, UNTOLD, NEW, LOST -> "new";
                    case CHANGED, ACCEPTED, FIXED, BACK, TOLD, GONE -> "updated";
                })
                .orElse("unchanged");
    }

    private static void properties(ObjectNode properties, Subject subject, Finding finding) {
        properties.put("status", finding.status().label());
        properties.put("severity", finding.severity().label());
        properties.put("fixable", finding.fixable());
        if (!subject.home().isEmpty()) {
            properties.put("cluster", plain(subject.home()));
        }
        subject.node().ifPresent(node -> properties.put("address", plain(node.address())));
        subject.group().flatMap(cluster -> cluster.id()).ifPresent(id -> properties.put("clusterId", plain(id)));
        if (!finding.expected().isEmpty()) {
            properties.put("expected", plain(finding.expected()));
        }
        if (!finding.actual().isEmpty()) {
            properties.put("actual", plain(finding.actual()));
        }
        ArrayNode evidence = properties.putArray("evidence");
        finding.evidence().forEach(line -> evidence.add(plain(line)));
        ArrayNode advice = properties.putArray("advice");
        finding.advice().forEach(step -> advice.add(Clean.block(step)));
    }

    // ------------------------------------------------------------------ text

    /** Text that is no message: one cleaned line. */
    private static String plain(String said) {
        return Clean.line(said, LONGEST);
    }

    /**
     * Text of a message, in which SARIF gives braces and brackets a meaning: braces are doubled (section 3.11.5), and a
     * space keeps brackets and parentheses from being a link (3.11.6).
     */
    private static String text(String said, int limit) {
        String clean = Clean.line(said, limit);
        String escaped = clean.replace("{", "{{").replace("}", "}}").replace("](", "] (");
        return escaped.isBlank() ? "-" : escaped;
    }

    /** A path as a URI reference (RFC 3986), relative as it was given: GitHub reads it from the repository's root. */
    private static String uri(String source) {
        String path = source.startsWith("./") ? source.substring(2) : source;
        StringBuilder uri = new StringBuilder(path.startsWith("/") ? "file://" : "");
        for (byte one : path.getBytes(StandardCharsets.UTF_8)) {
            char c = (char) (one & 0xff);
            boolean unreserved = c < 0x80 && (Character.isLetterOrDigit(c) || "-._~/".indexOf(c) >= 0);
            uri.append(unreserved ? Character.toString(c) : String.format(Locale.ROOT, "%%%02X", (int) c));
        }
        return path.isEmpty() ? "inventory" : uri.toString();
    }
}
