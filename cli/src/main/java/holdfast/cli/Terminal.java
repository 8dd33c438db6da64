package holdfast.cli;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/**
 * Where output goes and what it can show. The launcher finds out which streams are terminals, since Java 21
 * cannot tell.
 *
 * @param out for results
 * @param err for progress and diagnostics
 * @param outIsTerminal whether a person reads {@code out}
 * @param errIsTerminal whether a person reads {@code err}
 * @param colour whether colours are wanted: a terminal, and no {@code NO_COLOR}
 * @param unicode whether the locale can show symbols beyond ASCII
 * @param columns how wide it is
 */
record Terminal(
        PrintStream out,
        PrintStream err,
        boolean outIsTerminal,
        boolean errIsTerminal,
        boolean colour,
        boolean unicode,
        int columns) {

    static Terminal ofProcess() {
        Map<String, String> environment = System.getenv();
        boolean out = Boolean.getBoolean("holdfast.stdout.terminal");
        boolean err = Boolean.getBoolean("holdfast.stderr.terminal");
        String locale = Optional.ofNullable(environment.get("LC_ALL"))
                .filter(value -> !value.isEmpty())
                .or(() -> Optional.ofNullable(environment.get("LC_CTYPE")).filter(value -> !value.isEmpty()))
                .or(() -> Optional.ofNullable(environment.get("LANG")))
                .orElse("");
        // Only a terminal may be unable to show UTF-8; files and pipes get it always.
        boolean unicode =
                !out || locale.toUpperCase(Locale.ROOT).replace("-", "").contains("UTF8");
        boolean dumb = "dumb".equals(environment.get("TERM"));
        String noColour = environment.getOrDefault("NO_COLOR", "");
        return new Terminal(
                stream(FileDescriptor.out),
                stream(FileDescriptor.err),
                out,
                err && !dumb,
                out && noColour.isEmpty() && !dumb,
                unicode,
                Math.max(60, Math.min(400, Integer.getInteger("holdfast.columns", 100))));
    }

    private static PrintStream stream(FileDescriptor descriptor) {
        return new PrintStream(new FileOutputStream(descriptor), true, StandardCharsets.UTF_8);
    }

    Terminal withoutColour() {
        return new Terminal(out, err, outIsTerminal, errIsTerminal, false, unicode, columns);
    }

    /**
     * Asks for a line, with echo.
     *
     * @throws UsageError when there is nobody to ask
     */
    String line(String question) {
        if (!Boolean.getBoolean("holdfast.stdin.terminal")) {
            throw new UsageError("nobody can be asked: standard input is not a terminal");
        }
        String answer = Objects.requireNonNull(System.console(), "the launcher saw a terminal")
                .readLine("%s", question);
        return answer == null ? "" : answer.strip();
    }

    /**
     * Asks without echo.
     *
     * @throws UsageError when there is nobody to ask
     */
    char[] ask(String prompt) {
        if (!Boolean.getBoolean("holdfast.stdin.terminal")) {
            throw new UsageError("cannot ask for the %s: standard input is not a terminal".formatted(prompt));
        }
        char[] answer = Objects.requireNonNull(System.console(), "the launcher saw a terminal")
                .readPassword("%s: ", prompt);
        return answer == null ? new char[0] : answer;
    }
}
