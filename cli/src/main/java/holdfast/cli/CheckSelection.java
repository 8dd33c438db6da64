package holdfast.cli;

import holdfast.check.Check;
import holdfast.checks.Catalogue;
import holdfast.problem.Problems;
import holdfast.text.Glob;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import picocli.CommandLine.Option;

/** Which of the catalogue's checks run. */
final class CheckSelection {

    @Option(
            names = "--checks",
            paramLabel = "ID",
            split = ",",
            description = "only these checks, ids or globs: sshd.*,time.skew (repeatable)")
    private List<String> ids = new ArrayList<>();

    @Option(
            names = {"-t", "--tags"},
            paramLabel = "TAG",
            split = ",",
            description = "only checks with one of these tags or areas")
    private List<String> tags = new ArrayList<>();

    @Option(
            names = "--skip-tags",
            paramLabel = "TAG",
            split = ",",
            description = "no check with one of these tags or areas")
    private List<String> skipTags = new ArrayList<>();

    /** Takes over a selection where the command line has none of its own. */
    void unlessGiven(List<String> checks) {
        if (ids.isEmpty() && tags.isEmpty() && skipTags.isEmpty()) {
            ids = List.copyOf(checks);
        }
    }

    /** The selection as a command line has it; empty for all checks. */
    String words() {
        return Stream.of(words("--checks", ids), words("-t", tags), words("--skip-tags", skipTags))
                .filter(words -> !words.isEmpty())
                .collect(Collectors.joining(" "));
    }

    private static String words(String option, List<String> values) {
        return values.isEmpty() ? "" : option + " " + String.join(",", values);
    }

    /** The selected checks in the catalogue's order. */
    List<Check<?>> checks() {
        for (String glob : ids) {
            if (Catalogue.ALL.stream().noneMatch(check -> matches(glob, check))) {
                throw new UsageError("there is no check '%s'%s; 'holdfast checks' lists them"
                        .formatted(
                                glob,
                                Problems.hint(
                                        glob,
                                        Catalogue.ALL.stream().map(Check::id).toList())));
            }
        }
        Set<String> known = new TreeSet<>();
        Catalogue.ALL.forEach(check -> known.addAll(tagsOf(check)));
        for (String tag : tags) {
            requireTag(tag, known);
        }
        for (String tag : skipTags) {
            requireTag(tag, known);
        }
        List<Check<?>> selected = Catalogue.ALL.stream()
                .filter(check -> ids.isEmpty() || ids.stream().anyMatch(glob -> matches(glob, check)))
                .filter(check -> tags.isEmpty() || tagsOf(check).stream().anyMatch(tags::contains))
                .filter(check -> tagsOf(check).stream().noneMatch(skipTags::contains))
                .toList();
        if (selected.isEmpty()) {
            throw new UsageError("--checks, --tags and --skip-tags together leave no check");
        }
        return selected;
    }

    private static void requireTag(String tag, Set<String> known) {
        if (!known.contains(tag)) {
            throw new UsageError("there is no tag '%s'%s; known: %s"
                    .formatted(tag, Problems.hint(tag, known), String.join(", ", known)));
        }
    }

    private static boolean matches(String glob, Check<?> check) {
        return Glob.matches(glob.strip(), check.id());
    }

    /** The area is a tag of its own. */
    static List<String> tagsOf(Check<?> check) {
        List<String> all = new ArrayList<>();
        all.add(check.id().substring(0, check.id().indexOf('.')));
        all.addAll(List.of(check.info().tags()));
        return all;
    }
}
