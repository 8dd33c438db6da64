package holdfast.report;

import holdfast.discovery.Comparison;
import holdfast.policy.Waiver;
import holdfast.run.Finding;
import holdfast.run.Run;
import holdfast.text.Clean;
import java.io.StringWriter;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;
import javax.xml.stream.XMLOutputFactory;
import javax.xml.stream.XMLStreamException;
import javax.xml.stream.XMLStreamWriter;

/**
 * A run as JUnit's XML, as Ant, Surefire, Jenkins and GitLab understand it: a suite per node and per cluster, a case per
 * check. What fails is a failure, what could not be told is an error, what does not apply and what somebody has accepted
 * is skipped.
 *
 * <p>All text goes through {@link Clean}, which leaves no character that XML 1.0 does not allow (section 2.2): controls,
 * lone surrogates and noncharacters are written as escapes that can be read.
 */
final class JunitReport {

    private static final int LONGEST = 4000;

    private final XMLStreamWriter xml;

    private JunitReport(XMLStreamWriter xml) {
        this.xml = xml;
    }

    static String render(Reported reported) {
        StringWriter text = new StringWriter();
        try {
            // The JDK's own, whatever else is on the class path: the same run is the same bytes.
            XMLStreamWriter xml = XMLOutputFactory.newDefaultFactory().createXMLStreamWriter(text);
            new JunitReport(xml).document(reported.run());
            xml.close();
        } catch (XMLStreamException e) {
            throw new IllegalStateException("XML into memory failed", e);
        }
        return text.toString();
    }

    /** A case of a suite. */
    private record Case(String name, Outcome outcome, String type, String message, String body) {}

    private enum Outcome {
        PASSED,
        FAILURE,
        ERROR,
        SKIPPED;

        String element() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /** The suite and the class of its cases have one name: Surefire makes a second suite of a class by another one. */
    private record Suite(String name, String host, long millis, List<Case> cases) {
        long count(Outcome outcome) {
            return cases.stream().filter(one -> one.outcome() == outcome).count();
        }
    }

    private void document(Run run) throws XMLStreamException {
        List<Suite> suites = new ArrayList<>();
        Subject.of(run).forEach(subject -> suites.add(suite(subject)));
        run.discovery().ifPresent(found -> suites.add(inventory(found)));
        xml.writeStartDocument("UTF-8", "1.0");
        line(0);
        xml.writeStartElement("testsuites");
        attribute("name", "holdfast " + run.id());
        counts(suites);
        attribute(
                "time",
                seconds(Duration.between(run.startedAt(), run.finishedAt()).toMillis()));
        attribute("timestamp", Rfc3339.of(run.startedAt()));
        for (Suite suite : suites) {
            suite(suite, run);
        }
        line(0);
        xml.writeEndElement();
        line(0);
        xml.writeEndDocument();
    }

    private void suite(Suite suite, Run run) throws XMLStreamException {
        line(1);
        xml.writeStartElement("testsuite");
        attribute("name", suite.name());
        counts(List.of(suite));
        attribute("time", seconds(suite.millis()));
        attribute("timestamp", Rfc3339.of(run.startedAt()));
        attribute("hostname", suite.host());
        line(2);
        xml.writeStartElement("properties");
        property("run", run.id());
        property("version", run.context().version());
        property("policyDigest", run.context().policyDigest());
        line(2);
        xml.writeEndElement();
        for (Case one : suite.cases()) {
            testCase(suite, one);
        }
        line(1);
        xml.writeEndElement();
    }

    private void property(String name, String value) throws XMLStreamException {
        line(3);
        xml.writeEmptyElement("property");
        attribute("name", name);
        attribute("value", value);
    }

    private void testCase(Suite suite, Case one) throws XMLStreamException {
        line(2);
        if (one.outcome() == Outcome.PASSED) {
            xml.writeEmptyElement("testcase");
        } else {
            xml.writeStartElement("testcase");
        }
        attribute("classname", suite.name());
        attribute("name", one.name());
        // A node's checks are read by one command: a check has no time of its own.
        attribute("time", seconds(0));
        if (one.outcome() == Outcome.PASSED) {
            return;
        }
        line(3);
        xml.writeStartElement(one.outcome().element());
        if (!one.type().isEmpty()) {
            attribute("type", one.type());
        }
        attribute("message", one.message());
        xml.writeCharacters(Clean.block(one.body()));
        xml.writeEndElement();
        line(2);
        xml.writeEndElement();
    }

    private void counts(List<Suite> suites) throws XMLStreamException {
        attribute(
                "tests",
                Integer.toString(
                        suites.stream().mapToInt(suite -> suite.cases().size()).sum()));
        attribute("failures", sum(suites, Outcome.FAILURE));
        attribute("errors", sum(suites, Outcome.ERROR));
        attribute("skipped", sum(suites, Outcome.SKIPPED));
    }

    private static String sum(List<Suite> suites, Outcome outcome) {
        return Long.toString(
                suites.stream().mapToLong(suite -> suite.count(outcome)).sum());
    }

    private static Suite suite(Subject subject) {
        List<Case> cases = new ArrayList<>();
        if (subject.findings().isEmpty()) {
            // Without checks nothing would say that the node was never read.
            subject.trouble()
                    .ifPresent(trouble -> cases.add(new Case(
                            "visit", Outcome.ERROR, trouble.phase().label(), trouble.message(), trouble.message())));
        }
        subject.findings().forEach(finding -> cases.add(testCase(finding)));
        return new Suite(
                className(subject),
                subject.name(),
                subject.node().map(node -> node.durationMillis()).orElse(0L),
                cases);
    }

    /** Jenkins takes all up to the last dot for a package: nodes and clusters are the packages, each name is a class. */
    private static String className(Subject subject) {
        return "%ss.%s".formatted(subject.scope(), subject.label().replace('.', '_'));
    }

    private static Case testCase(Finding finding) {
        return switch (finding.status()) {
            case PASS -> new Case(finding.check(), Outcome.PASSED, "", "", "");
            case FAIL ->
                new Case(
                        finding.check(),
                        Outcome.FAILURE,
                        finding.severity().label(),
                        finding.waiver().map(JunitReport::expired).orElse("") + finding.message(),
                        body(finding));
            case UNKNOWN ->
                new Case(finding.check(), Outcome.ERROR, "unknown", "unknown: " + finding.message(), body(finding));
            case SKIP ->
                new Case(finding.check(), Outcome.SKIPPED, "", "does not apply: " + finding.message(), body(finding));
            case WAIVED ->
                new Case(
                        finding.check(),
                        Outcome.SKIPPED,
                        "",
                        "%sit fails (%s): %s"
                                .formatted(
                                        finding.waiver()
                                                .map(JunitReport::accepted)
                                                .orElse("accepted; "),
                                        finding.severity().label(),
                                        finding.message()),
                        body(finding));
        };
    }

    private static String expired(Waiver waiver) {
        return "its waiver by %s expired after %s (%s): ".formatted(waiver.owner(), waiver.expires(), waiver.reason());
    }

    private static String accepted(Waiver waiver) {
        return "accepted by %s until %s (%s); ".formatted(waiver.owner(), waiver.expires(), waiver.reason());
    }

    private static String body(Finding finding) {
        List<String> lines = new ArrayList<>();
        lines.add("%s (%s)".formatted(finding.title(), finding.severity().label()));
        lines.add(finding.message());
        if (!finding.expected().isEmpty()) {
            lines.add("expected: " + finding.expected());
        }
        if (!finding.actual().isEmpty()) {
            lines.add("actual: " + finding.actual());
        }
        finding.waiver()
                .ifPresent(waiver -> lines.add(
                        "waiver: by %s until %s: %s".formatted(waiver.owner(), waiver.expires(), waiver.reason())));
        lines.addAll(listed("evidence:", finding.evidence()));
        lines.addAll(listed("what mends it:", finding.advice()));
        Optional.of(finding.fixable())
                .filter(fixable -> fixable)
                .ifPresent(fixable -> lines.add("holdfast fix can mend it"));
        return "\n" + String.join("\n", lines) + "\n";
    }

    private static List<String> listed(String title, List<String> lines) {
        return lines.isEmpty()
                ? List.of()
                : Stream.concat(Stream.of(title), lines.stream().map(line -> "  " + line))
                        .toList();
    }

    /** A difference between inventory and clusters fails a run as a check does. */
    private static Suite inventory(Comparison found) {
        List<Case> cases = new ArrayList<>();
        found.missing()
                .forEach(member -> cases.add(new Case(
                        "%s of %s".formatted(member.member(), member.cluster()),
                        Outcome.FAILURE,
                        "not-in-inventory",
                        "%s is a member of %s and not in the inventory".formatted(member.member(), member.cluster()),
                        "\naddresses: %s\ntold by: %s\n"
                                .formatted(
                                        String.join(", ", member.addresses()), String.join(", ", member.toldBy())))));
        found.strangers()
                .forEach(stranger -> cases.add(new Case(
                        stranger.host(),
                        Outcome.FAILURE,
                        stranger.reason().label(),
                        stranger.message(),
                        "\n" + stranger.message() + "\n")));
        found.untold()
                .forEach(host -> cases.add(
                        new Case(host.host(), Outcome.ERROR, "unknown", host.why(), "\n" + host.why() + "\n")));
        return new Suite("inventory.members", "", 0, cases);
    }

    private void attribute(String name, String value) throws XMLStreamException {
        xml.writeAttribute(name, Clean.line(value, LONGEST));
    }

    private static String seconds(long millis) {
        return String.format(Locale.ROOT, "%.3f", millis / 1000.0);
    }

    private void line(int depth) throws XMLStreamException {
        xml.writeCharacters("\n" + "  ".repeat(depth));
    }
}
