package holdfast.cli;

import holdfast.inventory.Inventory;
import holdfast.inventory.Login;
import holdfast.schedule.Schedule;
import holdfast.text.Clean;
import holdfast.text.UnitArgument;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.regex.Pattern;
import picocli.CommandLine;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;

/**
 * The arguments of a scan that nobody watches: understood as {@code scan} would, with files that can be found from any
 * directory, and without anything that somebody would have to type.
 */
record ScanArguments(List<ScanArguments.Word> words) {

    private static final String CREDENTIAL = "%d/";
    private static final Pattern SECRET =
            Pattern.compile("(pass(word|wd|phrase)?|secret|token)[\"']?\\s*[=:]", Pattern.CASE_INSENSITIVE);
    private static final Pattern FAILED = Pattern.compile("@[0-9A-Za-z][0-9A-Za-z-]{0,63}\\.failed");

    ScanArguments {
        words = List.copyOf(words);
    }

    /** What a file is to the scan. */
    enum FileUse {
        /** It is read, and holds no secret. */
        CONFIGURATION,
        /** It is read, and nobody else should. */
        SECRET,
        /** It is written. */
        REPORT,
        /** The history, which is read and written. */
        STORE
    }

    /** One word of the command line. */
    sealed interface Word {

        /** As it is. */
        record Text(String text) implements Word {}

        /** The absolute path of a file, with what stands before it, such as {@code html=}. */
        record Named(FileUse use, String before, Path file) implements Word {}

        /** The path of a credential, with what stands before it. */
        record Credential(String before, String id) implements Word {}
    }

    /**
     * Understands the words behind {@code --}.
     *
     * @throws UsageError for what {@code scan} would not understand either, and for what nobody is there to answer
     */
    static ScanArguments of(Terminal terminal, List<String> given) {
        List<String> words =
                !given.isEmpty() && given.getFirst().equals("scan") ? given.subList(1, given.size()) : given;
        if (words.isEmpty()) {
            throw new UsageError(
                    "what shall be scanned? Put the arguments of holdfast scan behind --, such as: -- -i /etc/holdfast/fleet.yml");
        }
        ParseResult parsed = parse(terminal, words);
        if (parsed.isUsageHelpRequested() || parsed.isVersionHelpRequested()) {
            throw new UsageError("--help and --version are no scan; put the help of schedule before --");
        }
        List<Word> all = new ArrayList<>();
        for (OptionSpec option : new LinkedHashSet<>(parsed.matchedOptions())) {
            add(all, option);
        }
        return new ScanArguments(all);
    }

    private static ParseResult parse(Terminal terminal, List<String> words) {
        CommandLine line = new CommandLine(new ScanCommand(terminal), Main.factory(terminal));
        line.setCaseInsensitiveEnumValuesAllowed(true);
        try {
            return line.parseArgs(words.toArray(String[]::new));
        } catch (ParameterException e) {
            throw new UsageError("behind -- are the arguments of holdfast scan, and that would say: "
                    + Clean.line(String.valueOf(e.getMessage()), 400));
        }
    }

    private static void add(List<Word> all, OptionSpec option) {
        String name = option.shortestName();
        List<String> values = option.originalStringValues();
        if (option.longestName().equals("--called-as")) {
            return;
        }
        if (option.typeInfo().isBoolean() || option.typeInfo().isArray()) {
            int times = option.getValue() instanceof boolean[] each
                    ? each.length
                    : Boolean.FALSE.equals(option.getValue()) ? 0 : 1;
            all.addAll(Collections.nCopies(times, new Word.Text(name)));
        } else if (option.arity().min() == 0) {
            values.forEach(value -> all.add(new Word.Text(value.isEmpty() ? name : name + "=" + value)));
        } else {
            for (String value : values) {
                all.add(new Word.Text(name));
                all.add(word(option.longestName(), value));
            }
        }
    }

    private static Word word(String option, String value) {
        return switch (option) {
            case "--inventory" -> value.contains(",") ? new Word.Text(value) : file(FileUse.CONFIGURATION, "", value);
            case "--policy", "--ssh-config", "--notify-ca" -> file(FileUse.CONFIGURATION, "", value);
            case "--private-key", "--notify-secret" -> file(FileUse.SECRET, "", value);
            case "--extra-vars" -> variables(value);
            case "--limit" ->
                value.startsWith("@") && !FAILED.matcher(value).matches()
                        ? file(FileUse.CONFIGURATION, "@", value.substring(1))
                        : new Word.Text(value);
            case "--since" ->
                value.contains("/") || value.endsWith(".json")
                        ? file(FileUse.CONFIGURATION, "", value)
                        : new Word.Text(value);
            case "--store" ->
                value.startsWith("jdbc:") || value.equals("none")
                        ? new Word.Text(value)
                        : file(FileUse.STORE, "", value);
            case "--report" -> {
                RunOptions.ReportFile report = RunOptions.named(value);
                yield file(
                        FileUse.REPORT,
                        report.format().label() + "=",
                        report.file().toString());
            }
            case "--notify" -> notice(value);
            default -> new Word.Text(value);
        };
    }

    private static Word variables(String value) {
        if (value.startsWith("@")) {
            return file(FileUse.CONFIGURATION, "@", value.substring(1));
        }
        if (SECRET.matcher(value).find()) {
            // It is not repeated.
            throw new UsageError(
                    "-e has what looks like a secret, and everybody on this machine can read a unit: put it into a file that only the scan's user can read, and name that with -e @FILE");
        }
        return new Word.Text(value);
    }

    private static Word notice(String value) {
        if (value.startsWith("webhook=@")) {
            return file(FileUse.SECRET, "webhook=@", value.substring("webhook=@".length()));
        }
        if (value.startsWith("webhook=")) {
            throw new UsageError(
                    "the address of a webhook is often a secret, and everybody on this machine can read a unit: put it into a file, and name that with --notify webhook=@FILE");
        }
        if (value.startsWith("command=")) {
            String program = value.substring("command=".length()).strip().split("\\s", 2)[0];
            if (program.contains("/") && !program.startsWith("/")) {
                throw new UsageError(
                        "--notify command=%s would be looked for in another directory: write its absolute path"
                                .formatted(program));
            }
        }
        return new Word.Text(value);
    }

    private static Word file(FileUse use, String before, String value) {
        if (value.startsWith(CREDENTIAL)) {
            return new Word.Credential(before, value.substring(CREDENTIAL.length()));
        }
        try {
            return new Word.Named(use, before, Path.of(value).toAbsolutePath().normalize());
        } catch (InvalidPathException e) {
            throw new UsageError("'%s' is no path".formatted(Clean.line(value, 200)));
        }
    }

    // ------------------------------------------------------------------ what comes of them

    /** For a unit. */
    List<UnitArgument> forUnit() {
        return mapped(Word.Named::file);
    }

    /**
     * With other names of the files.
     *
     * @throws IllegalArgumentException for a word that no unit can hold
     */
    List<UnitArgument> mapped(Function<Word.Named, Path> names) {
        return words.stream()
                .map(word -> switch (word) {
                    case Word.Text(String text) -> new UnitArgument(text);
                    case Word.Named named -> new UnitArgument(named.before() + names.apply(named));
                    case Word.Credential(String before, String id) -> new UnitArgument(before, Optional.of(id));
                })
                .toList();
    }

    /** The files that they name. */
    List<Word.Named> files() {
        return words.stream()
                .filter(Word.Named.class::isInstance)
                .map(Word.Named.class::cast)
                .toList();
    }

    /** Whether an option stands among them. */
    boolean has(String option) {
        return words.contains(new Word.Text(option));
    }

    /** Whether there is an ssh configuration of its own. */
    boolean hasConfiguration() {
        return has("-F");
    }

    /**
     * Everything that {@code scan} finds wrong before it contacts anything, and what nobody could answer.
     *
     * @param credentials what the service is given
     * @return the private keys that the inventory names for the selected hosts
     * @throws UsageError with the first mistake
     * @throws holdfast.problem.ProblemsException with the mistakes in the inventory and the policy
     */
    List<Path> check(Terminal terminal, List<Schedule.Credential> credentials) {
        if (has("-k")) {
            throw new UsageError("-k asks for a password, and nobody is there to answer: use a key");
        }
        if (has("-K") && credentials.stream().noneMatch(one -> one.id().equals(Credentials.SUDO_PASSWORD))) {
            throw new UsageError(
                    "-K asks for sudo's password, and nobody is there to answer: give it as a credential, --encrypted-credential %s=FILE, or use -b with a sudo that asks for none"
                            .formatted(Credentials.SUDO_PASSWORD));
        }
        for (Word word : words) {
            if (word instanceof Word.Credential(String before, String id)
                    && credentials.stream().noneMatch(one -> one.id().equals(id))) {
                throw new UsageError("%s%%d/%s: there is no credential of that name: add --credential %s=FILE"
                        .formatted(before, Clean.line(id, 60), Clean.line(id, 60)));
            }
        }
        ParseResult parsed = parse(terminal, trial(credentials));
        RunOptions options = mixin(parsed, "options", RunOptions.class);
        options.severity();
        options.validate();
        SinceOptions since = mixin(parsed, "since", SinceOptions.class);
        since.validate();
        mixin(parsed, "ssh", SshOptionGroup.class).validate();
        mixin(parsed, "selection", CheckSelection.class).checks();
        NotifyOptions notify = mixin(parsed, "notify", NotifyOptions.class);
        notify.channels();
        StoreOptions store = mixin(parsed, "store", StoreOptions.class);
        if (!store.none()) {
            store.address();
        } else if (since.since != null || notify.asked()) {
            throw new UsageError("--store none keeps nothing, and --since and --notify need the runs before");
        }
        InventoryOptions inventory = mixin(parsed, "inventory", InventoryOptions.class);
        Inventory loaded = inventory.load();
        Login login = new Login(Optional.empty(), Optional.empty(), false);
        return inventory.select(loaded).stream()
                .flatMap(host -> host.target(login).privateKey().stream())
                .distinct()
                .toList();
    }

    /** As it can be tried here: credentials are the files that they are made from, or left out where they are encrypted. */
    private List<String> trial(List<Schedule.Credential> credentials) {
        List<String> trial = new ArrayList<>();
        for (Word word : words) {
            switch (word) {
                case Word.Text(String text) -> trial.add(text);
                case Word.Named named -> trial.add(named.before() + named.file());
                case Word.Credential(String before, String id) -> {
                    Optional<Path> plain = credentials.stream()
                            .filter(one -> one.id().equals(id) && !one.encrypted())
                            .map(Schedule.Credential::file)
                            .filter(Files::isReadable)
                            .findFirst();
                    if (plain.isPresent()) {
                        trial.add(before + plain.get());
                    } else {
                        trial.removeLast();
                    }
                }
            }
        }
        return trial;
    }

    private static <T> T mixin(ParseResult parsed, String name, Class<T> type) {
        return Optional.ofNullable(parsed.commandSpec().mixins().get(name))
                .map(CommandLine.Model.CommandSpec::userObject)
                .filter(type::isInstance)
                .map(type::cast)
                .orElseThrow(() -> new IllegalStateException("scan has no options " + name));
    }
}
