package holdfast.report;

import holdfast.policy.Waiver;
import holdfast.proxmox.NodeFacts;
import holdfast.run.ClusterResult;
import holdfast.run.Counts;
import holdfast.run.Finding;
import holdfast.run.NodeResult;
import holdfast.run.Run;
import holdfast.text.Clean;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * A run as OSCAL assessment results (NIST, model version 1.1.2, JSON). Every check is an objective with a finding that
 * says whether it is satisfied; what passes or does not apply is one observation per check with all its subjects, and
 * what fails, is waived or could not be told is an observation of its own. A failure is a risk: {@code open}, or
 * {@code deviation-approved} where somebody has accepted it, which leaves the objective unsatisfied.
 *
 * <p>UUIDs are made from names: the same run is the same bytes, and a node has the same one in every run.
 */
final class OscalReport {

    /** The version of OSCAL's models. */
    static final String VERSION = "1.1.2";

    /** Of the properties that are ours. */
    private static final String NAMESPACE = "urn:holdfast:oscal";

    private static final int LONGEST = 4000;

    private final Run run;
    private final Map<String, CheckPage> pages;
    private final List<Subject> subjects;
    private final String tool;

    private final ArrayNode observations = JsonReport.MAPPER.createArrayNode();
    private final ArrayNode risks = JsonReport.MAPPER.createArrayNode();

    private OscalReport(Reported reported) {
        this.run = reported.run();
        this.pages = reported.checks();
        this.subjects = Subject.of(run);
        this.tool = Uuids.of("tool", run.context().version());
    }

    static String render(Reported reported) {
        return JsonReport.MAPPER
                        .writerWithDefaultPrettyPrinter()
                        .writeValueAsString(new OscalReport(reported).document())
                + "\n";
    }

    /** What one check came to at one subject. */
    private record Told(Subject subject, Finding finding) {}

    private ObjectNode document() {
        ObjectNode document = JsonReport.MAPPER.createObjectNode();
        ObjectNode results = document.putObject("assessment-results");
        results.put("uuid", Uuids.of("results", run.id()));
        metadata(results.putObject("metadata"));
        String plan = Uuids.of("plan", run.id());
        ObjectNode imported = results.putObject("import-ap");
        imported.put("href", "#" + plan);
        imported.put(
                "remarks", "There is no OSCAL assessment plan: holdfast's policy and selection of nodes stand for it.");
        Map<String, List<Told>> checks = checks();
        if (!checks.isEmpty()) {
            ArrayNode objectives = results.putObject("local-definitions").putArray("objectives-and-methods");
            checks.forEach((check, told) -> objective(objectives.addObject(), check, title(check, told)));
        }
        result(results.putArray("results").addObject(), checks);
        ObjectNode resource =
                results.putObject("back-matter").putArray("resources").addObject();
        resource.put("uuid", plan);
        resource.put("title", "What was to be assessed");
        resource.put(
                "description",
                "Policy %s (SHA-256 of the merged policies); inventory %s; limited to %s."
                        .formatted(
                                markup(run.context().policyDigest()),
                                markup(String.join(", ", run.context().inventory())),
                                run.context().limit().isEmpty()
                                        ? "no nodes in particular"
                                        : markup(run.context().limit())));
        return document;
    }

    private void metadata(ObjectNode metadata) {
        metadata.put("title", "holdfast run " + markup(run.id()));
        metadata.put("last-modified", Rfc3339.of(run.finishedAt()));
        metadata.put("version", value(run.id()));
        metadata.put("oscal-version", VERSION);
        ObjectNode operator = metadata.putArray("parties").addObject();
        operator.put("uuid", Uuids.of("operator", run.context().operator()));
        operator.put("type", "person");
        operator.put("name", value(run.context().operator()));
    }

    /** Findings by check, in the run's order; a check that nothing was said about is there with none. */
    private Map<String, List<Told>> checks() {
        Map<String, List<Told>> checks = new LinkedHashMap<>();
        run.checks().forEach(check -> checks.put(check, new ArrayList<>()));
        for (Subject subject : subjects) {
            for (Finding finding : subject.findings()) {
                checks.computeIfAbsent(finding.check(), unused -> new ArrayList<>())
                        .add(new Told(subject, finding));
            }
        }
        return checks;
    }

    private String title(String check, List<Told> told) {
        return Optional.ofNullable(pages.get(check))
                .map(CheckPage::title)
                .or(() -> told.stream().map(one -> one.finding().title()).findFirst())
                .orElse(check);
    }

    private void objective(ObjectNode objective, String check, String title) {
        objective.put("control-id", token(check));
        objective.put("description", markup(title));
        Optional.ofNullable(pages.get(check)).ifPresent(page -> {
            if (!page.references().isEmpty()) {
                ArrayNode props = objective.putArray("props");
                page.references().forEach(reference -> property(props, "reference", reference));
            }
        });
        ObjectNode part = objective.putArray("parts").addObject();
        part.put("id", token(check));
        part.put("name", "assessment-objective");
        part.put("prose", markup(title));
    }

    private void result(ObjectNode result, Map<String, List<Told>> checks) {
        result.put("uuid", Uuids.of("result", run.id()));
        result.put("title", "holdfast " + markup(run.command()));
        result.put("description", "What the nodes and clusters do, against the policy, as read over SSH by one run.");
        result.put("start", Rfc3339.of(run.startedAt()));
        result.put("end", Rfc3339.of(run.finishedAt()));
        Counts counts = run.counts();
        ArrayNode props = result.putArray("props");
        property(props, "policy-digest", run.context().policyDigest());
        property(props, "series", run.context().series());
        for (Finding.Status status : Finding.Status.values()) {
            property(props, "findings-" + status.label(), Integer.toString(counts.of(status)));
        }
        property(props, "waivers-expired", Integer.toString(counts.expired()));
        definitions(result.putObject("local-definitions"));
        controls(result.putObject("reviewed-controls"), checks);
        ArrayNode findings = JsonReport.MAPPER.createArrayNode();
        checks.forEach((check, told) -> finding(findings, check, told));
        // The model allows no empty list.
        if (!observations.isEmpty()) {
            result.set("observations", observations);
        }
        if (!risks.isEmpty()) {
            result.set("risks", risks);
        }
        if (!findings.isEmpty()) {
            result.set("findings", findings);
        }
        result.put("remarks", untold(counts));
    }

    /** What this says nothing about has to be said too. */
    private String untold(Counts counts) {
        List<String> silent = subjects.stream()
                .filter(subject -> subject.trouble().isPresent())
                .map(Subject::label)
                .toList();
        return "%s %s"
                .formatted(
                        silent.isEmpty()
                                ? "Every selected node could be read."
                                : "%d of %d nodes could not be read, and nothing is known of them: %s."
                                        .formatted(
                                                silent.size(),
                                                counts.nodes(),
                                                silent.stream()
                                                                .limit(50)
                                                                .map(OscalReport::markup)
                                                                .collect(Collectors.joining(", "))
                                                        + (silent.size() > 50 ? " and others" : "")),
                        counts.of(Finding.Status.UNKNOWN) == 0
                                ? "Every check could be told."
                                : "%d findings could not be told; their objectives are not taken for satisfied."
                                        .formatted(counts.of(Finding.Status.UNKNOWN)));
    }

    // ------------------------------------------------------------------ who and what

    private void definitions(ObjectNode definitions) {
        List<ClusterResult> clusters = run.clusters();
        if (!clusters.isEmpty()) {
            ArrayNode components = definitions.putArray("components");
            for (Subject subject : subjects) {
                subject.group().ifPresent(cluster -> cluster(components.addObject(), subject, cluster));
            }
        }
        if (!run.nodes().isEmpty()) {
            ArrayNode items = definitions.putArray("inventory-items");
            for (Subject subject : subjects) {
                subject.node().ifPresent(node -> node(items.addObject(), subject, node));
            }
        }
        ObjectNode assets = definitions.putObject("assessment-assets");
        ObjectNode holdfast = assets.putArray("components").addObject();
        holdfast.put("uuid", tool);
        holdfast.put("type", "software");
        holdfast.put("title", "holdfast " + markup(run.context().version()));
        holdfast.put("description", "Checks Proxmox VE nodes over SSH.");
        holdfast.putObject("status").put("state", "operational");
        ObjectNode platform = assets.putArray("assessment-platforms").addObject();
        platform.put("uuid", Uuids.of("controller", run.context().controller()));
        platform.put("title", "The controller " + markup(run.context().controller()));
        platform.putArray("uses-components").addObject().put("component-uuid", tool);
    }

    private void cluster(ObjectNode component, Subject subject, ClusterResult cluster) {
        component.put("uuid", uuid(subject));
        component.put("type", "system");
        component.put("title", "Cluster " + markup(subject.label()));
        component.put(
                "description",
                "A Proxmox VE cluster; selected members: %s.".formatted(markup(String.join(", ", cluster.members()))));
        cluster.id().ifPresent(id -> property(component.putArray("props"), "cluster-id", id));
        component.putObject("status").put("state", "operational");
    }

    private void node(ObjectNode item, Subject subject, NodeResult node) {
        item.put("uuid", uuid(subject));
        item.put("description", "The node " + markup(subject.label()));
        ArrayNode props = item.putArray("props");
        property(props, "node", node.name());
        property(props, "address", node.address());
        property(props, "state", node.state().label());
        node.cluster().ifPresent(cluster -> property(props, "cluster", cluster));
        node.facts().map(NodeFacts::os).ifPresent(os -> property(props, "os", os));
        node.facts().flatMap(NodeFacts::pveVersion).ifPresent(version -> property(props, "pve-version", version));
        node.error()
                .ifPresent(trouble -> item.put(
                        "remarks",
                        "It could not be read (%s): %s"
                                .formatted(trouble.phase().label(), markup(trouble.message()))));
    }

    private String uuid(Subject subject) {
        return Uuids.of("subject", run.context().series(), subject.scope(), subject.label());
    }

    private static void controls(ObjectNode reviewed, Map<String, List<Told>> checks) {
        ObjectNode selection = reviewed.putArray("control-selections").addObject();
        if (checks.isEmpty()) {
            selection.putObject("include-all");
            return;
        }
        selection.put("description", "holdfast's checks, each a control with one objective of the same name.");
        ArrayNode included = selection.putArray("include-controls");
        checks.keySet().stream()
                .map(OscalReport::token)
                .distinct()
                .forEach(check -> included.addObject().put("control-id", check));
    }

    // ------------------------------------------------------------------ findings

    private void finding(ArrayNode findings, String check, List<Told> all) {
        List<String> seen = new ArrayList<>();
        List<String> risky = new ArrayList<>();
        for (Finding.Status status : List.of(Finding.Status.PASS, Finding.Status.SKIP)) {
            List<Told> alike = all.stream()
                    .filter(told -> told.finding().status() == status)
                    .toList();
            if (!alike.isEmpty()) {
                seen.add(together(check, status, alike));
            }
        }
        for (int i = 0; i < all.size(); i++) {
            Told told = all.get(i);
            if (told.finding().failing() || told.finding().status() == Finding.Status.UNKNOWN) {
                String observation = alone(told, i);
                seen.add(observation);
                if (told.finding().failing()) {
                    risky.add(risk(told, i, observation));
                }
            }
        }
        boolean applies = all.stream().anyMatch(told -> told.finding().status() != Finding.Status.SKIP);
        if (!applies) {
            // Nothing was found out about it: its observation says why, where there is one.
            return;
        }
        ObjectNode finding = findings.addObject();
        finding.put("uuid", Uuids.of("finding", run.id(), check));
        finding.put("title", markup(title(check, all)));
        finding.put("description", summary(all));
        origin(finding);
        ObjectNode target = finding.putObject("target");
        target.put("type", "objective-id");
        target.put("target-id", token(check));
        ObjectNode state = target.putObject("status");
        boolean failing = all.stream().anyMatch(told -> told.finding().failing());
        boolean unknown = all.stream().anyMatch(told -> told.finding().status() == Finding.Status.UNKNOWN);
        state.put("state", failing || unknown ? "not-satisfied" : "satisfied");
        state.put("reason", failing ? "fail" : unknown ? "other" : "pass");
        if (unknown && !failing) {
            state.put("remarks", "Nothing fails, but it could not be told everywhere.");
        }
        ArrayNode related = finding.putArray("related-observations");
        seen.forEach(observation -> related.addObject().put("observation-uuid", observation));
        if (!risky.isEmpty()) {
            ArrayNode relatedRisks = finding.putArray("related-risks");
            risky.forEach(risk -> relatedRisks.addObject().put("risk-uuid", risk));
        }
    }

    private static String summary(List<Told> all) {
        List<String> parts = new ArrayList<>();
        for (Finding.Status status : Finding.Status.values()) {
            long count = all.stream()
                    .filter(told -> told.finding().status() == status)
                    .count();
            if (count > 0) {
                parts.add(count + " " + status.label());
            }
        }
        return "Of %d nodes and clusters: %s.".formatted(all.size(), String.join(", ", parts));
    }

    /** One observation of all that passes, or to which it does not apply. */
    private String together(String check, Finding.Status status, List<Told> alike) {
        String uuid = Uuids.of("observation", run.id(), check, status.label());
        ObjectNode observation = observations.addObject();
        observation.put("uuid", uuid);
        observation.put("title", markup(check) + ": " + status.label());
        observation.put(
                "description", status == Finding.Status.PASS ? "It is as the policy wants it." : "It does not apply.");
        observed(observation, "control-objective", alike);
        List<String> messages = alike.stream()
                .map(told -> told.finding().message())
                .distinct()
                .limit(20)
                .toList();
        ArrayNode evidence = observation.putArray("relevant-evidence");
        messages.forEach(message -> evidence.addObject().put("description", markup(message)));
        observation.put("collected", Rfc3339.of(run.finishedAt()));
        return uuid;
    }

    private String alone(Told told, int number) {
        Finding finding = told.finding();
        String uuid = Uuids.of("observation", run.id(), finding.check(), uuid(told.subject()), "" + number);
        ObjectNode observation = observations.addObject();
        observation.put("uuid", uuid);
        observation.put(
                "title",
                "%s on %s: %s"
                        .formatted(
                                markup(finding.check()),
                                markup(told.subject().label()),
                                finding.status().label()));
        observation.put("description", markup(finding.message()));
        ArrayNode props = observation.putArray("props");
        property(props, "status", finding.status().label());
        property(props, "severity", finding.severity().label());
        property(props, "fingerprint", finding.fingerprint());
        observed(observation, "finding", List.of(told));
        List<String> evidence = new ArrayList<>();
        if (!finding.expected().isEmpty()) {
            evidence.add("expected: " + finding.expected());
        }
        if (!finding.actual().isEmpty()) {
            evidence.add("actual: " + finding.actual());
        }
        evidence.addAll(finding.evidence());
        if (!evidence.isEmpty()) {
            ArrayNode relevant = observation.putArray("relevant-evidence");
            evidence.forEach(line -> relevant.addObject().put("description", markup(line)));
        }
        observation.put("collected", Rfc3339.of(run.finishedAt()));
        if (finding.status() == Finding.Status.UNKNOWN) {
            observation.put("remarks", "It could not be told: this is neither a pass nor a failure.");
        }
        return uuid;
    }

    private void observed(ObjectNode observation, String type, List<Told> told) {
        observation.putArray("methods").add("TEST");
        observation.putArray("types").add(type);
        origin(observation);
        ArrayNode about = observation.putArray("subjects");
        told.forEach(one -> {
            ObjectNode subject = about.addObject();
            subject.put("subject-uuid", uuid(one.subject()));
            subject.put("type", one.subject().cluster() ? "component" : "inventory-item");
            subject.put("title", markup(one.subject().label()));
        });
    }

    private String risk(Told told, int number, String observation) {
        Finding finding = told.finding();
        String uuid = Uuids.of("risk", run.id(), finding.check(), uuid(told.subject()), "" + number);
        ObjectNode risk = risks.addObject();
        risk.put("uuid", uuid);
        risk.put("title", "%s: %s".formatted(markup(told.subject().label()), markup(finding.title())));
        risk.put("description", markup(finding.message()));
        risk.put("statement", "It is not as the policy wants it: %s".formatted(markup(finding.title())));
        Optional<Waiver> waiver = finding.waiver();
        waiver.ifPresent(known -> {
            ArrayNode props = risk.putArray("props");
            property(props, "waiver-owner", known.owner());
            property(props, "waiver-reason", known.reason());
            property(props, "waiver-expires", known.expires().toString());
            property(props, "waiver-expired", Boolean.toString(finding.waiverExpired()));
        });
        risk.put("status", finding.status() == Finding.Status.WAIVED ? "deviation-approved" : "open");
        origin(risk);
        ObjectNode characterization = risk.putArray("characterizations").addObject();
        actor(characterization.putObject("origin"));
        ObjectNode facet = characterization.putArray("facets").addObject();
        facet.put("name", "severity");
        facet.put("system", NAMESPACE);
        facet.put("value", finding.severity().label());
        // A waiver holds to the end of its last day.
        waiver.ifPresent(known -> risk.put(
                "deadline",
                Rfc3339.of(Instant.ofEpochSecond(
                        known.expires().plusDays(1).atStartOfDay().toEpochSecond(ZoneOffset.UTC)))));
        if (!finding.advice().isEmpty()) {
            ObjectNode remediation = risk.putArray("remediations").addObject();
            remediation.put("uuid", Uuids.of("remediation", uuid));
            remediation.put("lifecycle", "recommendation");
            remediation.put("title", "What mends it");
            remediation.put(
                    "description",
                    finding.advice().stream().map(OscalReport::markup).collect(Collectors.joining("\n\n")));
        }
        risk.putArray("related-observations").addObject().put("observation-uuid", observation);
        return uuid;
    }

    private void origin(ObjectNode json) {
        actor(json.putArray("origins").addObject());
    }

    private void actor(ObjectNode origin) {
        ObjectNode actor = origin.putArray("actors").addObject();
        actor.put("type", "tool");
        actor.put("actor-uuid", tool);
    }

    // ------------------------------------------------------------------ the model's types of text

    private static void property(ArrayNode props, String name, String value) {
        ObjectNode property = props.addObject();
        property.put("name", name);
        property.put("ns", NAMESPACE);
        property.put("value", value(value));
    }

    /** OSCAL's string: one line, not empty, without space at its ends. */
    private static String value(String said) {
        String clean = Clean.line(said, LONGEST);
        int from = 0;
        int to = clean.length();
        while (from < to && space(clean.charAt(from))) {
            from++;
        }
        while (to > from && space(clean.charAt(to - 1))) {
            to--;
        }
        return from == to ? "-" : clean.substring(from, to);
    }

    private static boolean space(char c) {
        return Character.isWhitespace(c) || Character.isSpaceChar(c);
    }

    /** OSCAL's token: letters, digits, dots, hyphens and underscores, a letter first. Check ids are such tokens. */
    private static String token(String said) {
        String clean = Clean.line(said, 200).replaceAll("[^\\p{L}\\p{N}._-]", "_");
        return clean.matches("(?s)[\\p{L}_].*") ? clean : "_" + clean;
    }

    /** One line of OSCAL's Markdown that shows the text and nothing else. */
    private static String markup(String said) {
        return MarkdownText.escaped(value(said));
    }
}
