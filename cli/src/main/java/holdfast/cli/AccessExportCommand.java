package holdfast.cli;

import holdfast.access.AccessList;
import holdfast.inventory.Host;
import holdfast.policy.Policies;
import holdfast.probe.Reading;
import holdfast.problem.Problems;
import holdfast.report.AccessReport;
import holdfast.run.AccessRun;
import holdfast.text.Clean;
import holdfast.yaml.Json;
import holdfast.yaml.Value;
import holdfast.yaml.Yaml;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The present state as a policy's list of who should have access. */
@Command(
        name = "export",
        description = {
            "Writes who has access now as a policy file: users, groups, tokens, roles and ACL entries of each",
            "cluster. No secret, password or second factor is in it."
        },
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        sortOptions = false,
        footer = {
            "",
            "Exit code: 0 written, 2 a mistake in the command line, inventory or policy (nothing was contacted),",
            "3 a cluster could not be read, and is not in it.",
            "",
            "Examples:",
            "  holdfast access export -i fleet.yml -o access.yml",
            "  holdfast access diff -i fleet.yml --policy access.yml   nothing differs until somebody changes it",
            "  holdfast access export -i fleet.yml -l prod --format json | jq '.access.lists[0].tokens'"
        })
final class AccessExportCommand implements Callable<Integer> {

    private static final List<String> FORMATS = List.of("yaml", "json");

    @Option(
            names = "--format",
            paramLabel = "yaml|json",
            description = "what is written (default: as FILE's name ends, or yaml)")
    private String format = "";

    @Mixin
    private ResultOptions result = new ResultOptions();

    @Mixin
    private AccessOptions options = new AccessOptions();

    private final Terminal terminal;

    AccessExportCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() throws InterruptedException {
        Terminal screen = options.screen(terminal);
        boolean json = result.format(format, FORMATS).equals("json");
        if (!json && result.ending().filter("json"::equals).isPresent()) {
            throw new UsageError("--output: a policy file whose name ends in .json is read as JSON: call it .yml");
        }
        Optional<OutputFile> file = result.file();
        List<Host> hosts = options.hosts();
        AccessRun run = options.ask(screen, hosts);
        AccessView view = new AccessView(screen);
        List<AccessList> lists = new ArrayList<>();
        boolean whole = run.polled().unplaced().isEmpty();
        view.troubles(run);
        for (AccessRun.Exported one : run.export()) {
            switch (one.list()) {
                case Reading.Known<AccessList>(var list) -> lists.add(list);
                case Reading.Unknown<AccessList>(var why) -> {
                    whole = false;
                    screen.err()
                            .println("holdfast: %s is not in it: %s"
                                    .formatted(Clean.line(one.cluster().name(), 100), Clean.line(why, 1000)));
                }
            }
        }
        if (lists.isEmpty()) {
            screen.err().println("holdfast: nothing was written: no cluster could be read");
            return 3;
        }
        String text = AccessReport.policy(run, lists, json);
        Optional<String> wrong = wrong(text, json, lists);
        if (wrong.isPresent()) {
            screen.err().println("holdfast: nothing was written: " + Clean.line(wrong.get(), 1000));
            return 3;
        }
        return result.put(screen, file, text) && whole ? 0 : 3;
    }

    /** What is written is read first as the policy that it will be: what would not come back as it is, is not written. */
    private static Optional<String> wrong(String text, boolean json, List<AccessList> lists) {
        Problems problems = new Problems();
        Optional<Value> value = json ? Json.read("the list", text, problems) : Yaml.read("the list", text, problems);
        List<AccessList> read = value.map(
                        policy -> Policies.of(policy, problems).base().access().lists())
                .orElseGet(List::of);
        if (text.length() > Yaml.MAX_LENGTH) {
            return Optional.of(
                    "a policy file may have %d characters, and this one has %d: export one cluster at a time, with -l"
                            .formatted(Yaml.MAX_LENGTH, text.length()));
        }
        if (!problems.isEmpty()) {
            return Optional.of("it cannot stand in a policy: " + problems.list().get(0));
        }
        return read.equals(lists)
                ? Optional.empty()
                : Optional.of("this is a bug, please report it: the list would not be read as it was written");
    }
}
