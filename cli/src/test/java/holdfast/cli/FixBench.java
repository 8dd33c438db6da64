package holdfast.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.networknt.schema.Error;
import com.networknt.schema.InputFormat;
import com.networknt.schema.Schema;
import holdfast.journal.Entry;
import holdfast.journal.JournalException;
import holdfast.journal.RecordedRun;
import holdfast.lab.embedded.PracticeCluster;
import holdfast.lab.embedded.PracticeNode;
import holdfast.report.JsonReport;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;

/** What tests of fixes on embedded nodes share. */
final class FixBench {

    static final String ROOT_LOGIN = "/etc/ssh/sshd_config.d/00-holdfast-root-login.conf";
    private static final Pattern TO_UNDO = Pattern.compile("holdfast (?:undo|history) ([0-9TZa-f-]+)");
    private static final Schema SCHEMA = JsonSchemas.at(JsonReport.SCHEMA_RESOURCE);

    private FixBench() {}

    /** A verb as ops, who becomes root. */
    static Invocation run(PracticeCluster cluster, String verb, String... more) {
        List<String> words = new ArrayList<>(List.of(
                verb,
                "-i",
                cluster.inventory().toString(),
                "-F",
                cluster.sshConfig().toString(),
                "-u",
                "ops",
                "-b"));
        words.addAll(List.of(more));
        return Invocation.of(words.toArray(String[]::new));
    }

    /** A fix that nobody is asked about. */
    static Invocation fix(PracticeCluster cluster, String... more) {
        return run(
                cluster,
                "fix",
                Stream.concat(Stream.of("--yes", "--confirm-timeout", "15"), Stream.of(more))
                        .toArray(String[]::new));
    }

    static Invocation dry(PracticeCluster cluster, String... more) {
        return run(
                cluster,
                "fix",
                Stream.concat(Stream.of("--check", "--diff"), Stream.of(more)).toArray(String[]::new));
    }

    /** The report of a fix with {@code --format json}, held to the schema that ships. */
    static JsonNode report(Invocation run) {
        assertThat(SCHEMA.validate(run.out(), InputFormat.JSON))
                .as("against the shipped schema: %s", run.out())
                .extracting(Error::toString)
                .isEmpty();
        return run.json();
    }

    /** The journal's run that an output names at its end; reading it proves the chain. */
    static RecordedRun journal(Invocation run) throws JournalException {
        Matcher id = TO_UNDO.matcher(run.out());
        assertThat(id.find()).as(run.out() + run.err()).isTrue();
        return StateDirectory.runs().read(id.group(1));
    }

    /** The newest run. */
    static RecordedRun newest() throws JournalException {
        String id = StateDirectory.runs()
                .all(broken -> {
                    throw new AssertionError(broken);
                })
                .stream()
                .max(Comparator.comparing(run -> run.started().at()))
                .orElseThrow()
                .id();
        return StateDirectory.runs().read(id);
    }

    /** The targets that ended in a state, in the journal's order. */
    static List<String> ended(RecordedRun run, Entry.State state) {
        return run.targets().stream()
                .filter(target -> run.stateOf(target).filter(state::equals).isPresent())
                .toList();
    }

    /** Every file of the node's configuration, with mode and content. */
    static SortedMap<String, String> configuration(PracticeNode node) {
        SortedMap<String, String> files = new TreeMap<>();
        for (Map.Entry<String, String> file : node.snapshot().entrySet()) {
            if (file.getKey().startsWith("/etc/")) {
                files.put(file.getKey(), file.getValue());
            }
        }
        return files;
    }
}
