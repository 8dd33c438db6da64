package holdfast.cli;

import holdfast.access.AclPaths;
import holdfast.access.Privileges;
import holdfast.access.Subject;
import holdfast.access.UserConfig;
import holdfast.inventory.Host;
import holdfast.problem.Problems;
import holdfast.report.AccessReport;
import holdfast.run.AccessRun;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Whether a user or token may do one thing at one path, and why. */
@Command(
        name = "can",
        description = {
            "May this user or token do this here? Computed from user.cfg as Proxmox VE computes it,",
            "with the entries that it follows from."
        },
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        sortOptions = false,
        footer = {
            "",
            "Exit code: 0 allowed, 1 denied, 2 a mistake in the command line, inventory or policy (nothing was",
            "contacted), 3 cannot tell. Of several clusters: 0 where all of them allow it.",
            "",
            "Examples:",
            "  holdfast access can alice@pve VM.PowerMgmt /vms/100 -i fleet.yml -l prod",
            "  holdfast access can 'ci@pve!deploy' Datastore.AllocateSpace /storage/local -i fleet.yml"
        })
final class AccessCanCommand implements Callable<Integer> {

    @Parameters(index = "0", paramLabel = "SUBJECT", description = "a user (alice@pve) or a token (ci@pve!deploy)")
    private String subject = "";

    @Parameters(index = "1", paramLabel = "PRIVILEGE", description = "such as VM.PowerMgmt")
    private String privilege = "";

    @Parameters(index = "2", paramLabel = "PATH", description = "such as /vms/100, /storage/local or /")
    private String path = "";

    @Option(
            names = "--format",
            paramLabel = "console|json",
            description = "what goes to standard output (default: console)")
    private String format = "console";

    @Mixin
    private AccessOptions options = new AccessOptions();

    private final Terminal terminal;

    AccessCanCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() throws InterruptedException {
        Terminal screen = options.screen(terminal);
        if (!format.equals("console") && !format.equals("json")) {
            throw new UsageError("--format takes console or json, not '%s'".formatted(format));
        }
        AccessRun.Question question = new AccessRun.Question(subject(), privilege(privilege), path(path));
        List<Host> hosts = options.hosts();
        AccessRun run = options.ask(screen, hosts);
        List<AccessRun.Answered> answers = run.can(question);
        AccessRun.Decision decision = run.decision(answers);
        if (format.equals("json")) {
            screen.out().print(AccessReport.can(run, question, answers));
        } else {
            new AccessView(screen).answers(run, answers);
        }
        // Whoever reads the answer elsewhere must not take an empty file for a yes.
        if (screen.out().checkError()) {
            screen.err().println("holdfast: the answer could not be written");
            return 3;
        }
        return switch (decision) {
            case ALLOWED -> 0;
            case DENIED -> 1;
            case CANNOT_TELL -> 3;
        };
    }

    private Subject subject() {
        Subject parsed = Subject.parse(subject)
                .orElseThrow(() ->
                        new UsageError("'%s' is neither a user such as alice@pve nor a token such as ci@pve!deploy"
                                .formatted(subject)));
        if (parsed.kind() == Subject.Kind.GROUP) {
            throw new UsageError(
                    "%s is a group: a group does nothing itself, ask for one of its members, or see 'holdfast access matrix --subject %s'"
                            .formatted(subject, subject));
        }
        return parsed;
    }

    /** A privilege that some release knows. */
    static String privilege(String word) {
        SortedSet<String> known = new TreeSet<>(Privileges.PVE_8.all());
        known.addAll(Privileges.PVE_9.all());
        if (!known.contains(word)) {
            throw new UsageError("no release of Proxmox VE knows a privilege '%s'%s"
                    .formatted(
                            word,
                            Problems.didYouMean(word, known)
                                    .map(near -> "; did you mean %s?".formatted(near))
                                    .orElse("; they are " + String.join(", ", known))));
        }
        return word;
    }

    /** A path as the API would look it up. */
    static String path(String text) {
        String normal = UserConfig.path(text).orElse("");
        if (!text.startsWith("/") || !AclPaths.isKnown(normal)) {
            throw new UsageError(
                    "'%s' is not a path that Proxmox VE has permissions on: they are %s, and what is below these, such as /vms/100 or /storage/local"
                            .formatted(text, String.join(", ", AclPaths.TOP)));
        }
        return normal;
    }
}
