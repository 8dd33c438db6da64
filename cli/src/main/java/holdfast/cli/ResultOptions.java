package holdfast.cli;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Where a result goes. */
final class ResultOptions {

    @Option(
            names = {"-o", "--output"},
            paramLabel = "FILE",
            description = "write it to FILE (default: standard output)")
    @Nullable
    private Path output;

    @Option(names = "--force", description = "replace FILE if it exists")
    private boolean force;

    /**
     * The format: the one that was asked for, else the one that FILE's name ends in, else the first.
     *
     * @param asked empty where nothing was asked for
     */
    String format(String asked, List<String> formats) {
        if (!asked.isEmpty()) {
            if (!formats.contains(asked)) {
                throw new UsageError("--format takes %s or %s, not '%s'"
                        .formatted(
                                formats.stream().limit(formats.size() - 1L).collect(Collectors.joining(", ")),
                                formats.get(formats.size() - 1),
                                asked));
            }
            return asked;
        }
        return ending().filter(formats::contains).orElse(formats.get(0));
    }

    /** What the name of FILE ends in, such as {@code json}. */
    Optional<String> ending() {
        return Optional.ofNullable(output)
                .map(Path::getFileName)
                .map(name -> name.toString().toLowerCase(Locale.ROOT))
                .filter(name -> name.lastIndexOf('.') > 0)
                .map(name -> name.substring(name.lastIndexOf('.') + 1));
    }

    /** The file, looked at before anything is contacted. */
    Optional<OutputFile> file() {
        return Optional.ofNullable(output).map(path -> new OutputFile("--output", path).check(force));
    }

    /**
     * Puts a result where it belongs.
     *
     * @return false when nobody can have got it
     */
    boolean put(Terminal screen, Optional<OutputFile> file, String text) {
        if (file.isPresent()) {
            file.get().write(text, force);
            screen.err().println("wrote " + file.get().file());
            return true;
        }
        screen.out().print(text);
        if (screen.out().checkError()) {
            screen.err().println("holdfast: the result could not be written");
            return false;
        }
        return true;
    }

    /** What a view prints: as a terminal shows it, or for a file. */
    static String shown(Terminal screen, Optional<OutputFile> file, Consumer<Terminal> view) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        PrintStream out = new PrintStream(bytes, true, StandardCharsets.UTF_8);
        view.accept(new Terminal(
                out,
                screen.err(),
                screen.outIsTerminal() && file.isEmpty(),
                screen.errIsTerminal(),
                screen.colour() && file.isEmpty(),
                screen.unicode() || file.isPresent(),
                screen.columns()));
        return bytes.toString(StandardCharsets.UTF_8);
    }
}
