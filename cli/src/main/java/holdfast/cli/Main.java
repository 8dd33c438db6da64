package holdfast.cli;

import holdfast.problem.ProblemsException;
import holdfast.text.Clean;
import java.io.IOException;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The program: finds the verb, turns mistakes into messages, and decides the exit code. */
@Command(
        name = "holdfast",
        description = "Checks the nodes of a Proxmox VE fleet over SSH, without installing anything on them.",
        synopsisSubcommandLabel = "COMMAND",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        subcommands = {
            ScanCommand.class,
            QuorumCommand.class,
            AccessCommand.class,
            TokenCommand.class,
            FixCommand.class,
            UndoCommand.class,
            ReportCommand.class,
            ApproveCommand.class,
            HistoryCommand.class,
            ScheduleCommand.class,
            ChecksCommand.class,
            TemplatesCommand.class,
            InventoryCommand.class,
            InitCommand.class,
            DemoCommand.class,
            CompletionCommand.class
        },
        footer = {
            "",
            "Start here:",
            "  holdfast demo                       three practice nodes on this machine, and a scan of them",
            "  holdfast scan -i root@pve1.example.com,   one node, without an inventory file",
            "  holdfast scan -i inventories/fleet  a fleet"
        })
public final class Main implements Runnable {

    /** Anything unexpected is a bug: sysexits(3) EX_SOFTWARE. */
    static final int BUG = 70;

    /** Usage, inventory or policy error; nothing was contacted. */
    static final int USAGE = 2;

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli fills it in
    private CommandSpec spec;

    /** Starts the program and ends the process with the exit code of contract 2. */
    public static void main(String[] args) {
        Terminal terminal = Terminal.ofProcess();
        int code;
        if (args.length == 1 && (args[0].equals("--version") || args[0].equals("-V"))) {
            // Answered before picocli is loaded: half of its start-up time.
            terminal.out().println(Version.line());
            code = 0;
        } else {
            code = bounded(terminal, args);
        }
        terminal.out().flush();
        terminal.err().flush();
        System.exit(code);
    }

    /** Also the end of memory is no finding: a pipeline must not take it for one. */
    private static int bounded(Terminal terminal, String... args) {
        try {
            return run(terminal, args);
        } catch (OutOfMemoryError e) {
            terminal.err()
                    .println(
                            "holdfast: there is not enough memory for this; try JSON or CSV, fewer nodes with --limit, or -Xmx1g in JAVA_TOOL_OPTIONS");
            return BUG;
        }
    }

    /** Runs one command line and returns its exit code. */
    public static int run(Terminal terminal, String... args) {
        CommandLine line = line(terminal, args);
        line.setOut(new PrintWriter(terminal.out(), true, StandardCharsets.UTF_8));
        line.setErr(new PrintWriter(terminal.err(), true, StandardCharsets.UTF_8));
        line.setColorScheme(CommandLine.Help.defaultColorScheme(
                terminal.colour() ? CommandLine.Help.Ansi.ON : CommandLine.Help.Ansi.OFF));
        line.setUsageHelpWidth(Math.max(80, Math.min(120, terminal.columns())));
        line.setUsageHelpAutoWidth(false);
        line.setCaseInsensitiveEnumValuesAllowed(true);
        line.setParameterExceptionHandler(Main::misused);
        line.setExecutionExceptionHandler((problem, command, parsed) -> failed(problem, terminal));
        return line.execute(args);
    }

    /** The program without its verbs. */
    @Command(name = "holdfast", mixinStandardHelpOptions = true, versionProvider = Version.class)
    private static final class Alone implements Runnable {
        @Override
        public void run() {
            throw new IllegalStateException("it is only built for a verb");
        }
    }

    /**
     * The program as this command line needs it: where the first word is a verb, with that one alone. To read what is
     * written at all the others costs a start more than all that a short one does.
     */
    static CommandLine line(Terminal terminal, String... args) {
        CommandLine.IFactory factory = factory(terminal);
        Command all = Objects.requireNonNull(Main.class.getAnnotation(Command.class), "it stands above");
        for (Class<?> verb : all.subcommands()) {
            Command one = verb.getAnnotation(Command.class);
            // What completes command lines has to know all of them.
            if (args.length > 0 && one != null && one.name().equals(args[0]) && verb != CompletionCommand.class) {
                return new CommandLine(new Alone(), factory).addSubcommand(new CommandLine(verb, factory));
            }
        }
        return new CommandLine(new Main(), factory);
    }

    @Override
    public void run() {
        spec.commandLine().usage(spec.commandLine().getErr());
        throw new ParameterException(spec.commandLine(), "a command is missing");
    }

    private static int misused(ParameterException problem, String[] args) {
        CommandLine line = problem.getCommandLine();
        PrintWriter err = line.getErr();
        err.println("holdfast: " + Clean.line(String.valueOf(problem.getMessage()), 500));
        if (!CommandLine.UnmatchedArgumentException.printSuggestions(problem, err)) {
            err.println("try: " + line.getCommandSpec().qualifiedName() + " --help");
        }
        return USAGE;
    }

    private static int failed(Exception problem, Terminal terminal) {
        PrintStream err = terminal.err();
        if (problem instanceof ProblemsException problems) {
            problems.problems().forEach(one -> err.println(Clean.line(one.toString(), 1000)));
            err.println("holdfast: %d %s; nothing was contacted"
                    .formatted(problems.problems().size(), problems.problems().size() == 1 ? "mistake" : "mistakes"));
            return USAGE;
        }
        if (problem instanceof UsageError usage) {
            err.println("holdfast: " + Clean.line(usage.why(), 1000));
            return USAGE;
        }
        if (problem instanceof InterruptedException) {
            err.println("holdfast: interrupted");
            return 130;
        }
        err.println("holdfast: this is a bug: " + Clean.line(problem.toString(), 300));
        log(problem).forEach(err::println);
        return BUG;
    }

    /** The stack trace goes to a file: a person who met a bug needs it, and nobody else. */
    private static List<String> log(Exception problem) {
        StringWriter trace = new StringWriter();
        problem.printStackTrace(new PrintWriter(trace, true));
        try {
            Path file = Files.createTempFile("holdfast-bug-", ".log");
            Files.writeString(file, Instant.now() + " " + Version.line() + "\n" + trace);
            return List.of("holdfast: please report it with the stack trace in " + file);
        } catch (IOException e) {
            return Stream.concat(
                            Stream.of("holdfast: please report it with this:"),
                            trace.toString().lines())
                    .toList();
        }
    }

    static CommandLine.IFactory factory(Terminal terminal) {
        return new Factory(terminal);
    }

    /** Gives every command the terminal. */
    private record Factory(Terminal terminal) implements CommandLine.IFactory {
        @Override
        public <K> K create(Class<K> type) throws Exception {
            try {
                return type.getDeclaredConstructor(Terminal.class).newInstance(terminal);
            } catch (NoSuchMethodException e) {
                return CommandLine.defaultFactory().create(type);
            }
        }
    }
}
