package holdfast.cli;

import holdfast.discovery.Discovered;
import holdfast.discovery.KeyCheck;
import holdfast.node.HostKey;
import holdfast.text.Clean;
import java.io.PrintStream;
import java.util.stream.Collectors;

/** A discovered cluster for a person: each member, and what became of its host keys. */
final class DiscoveryView {

    private static final int INDENT = 6;

    private final Terminal terminal;
    private final PrintStream out;

    DiscoveryView(Terminal terminal, PrintStream out) {
        this.terminal = terminal;
        this.out = out;
    }

    void show(Discovered found) {
        out.println(found.roster()
                        .cluster()
                        .map(name -> "  cluster " + Clean.line(name, 60))
                        .orElse("  standalone node")
                + ", as " + found.roster().self() + " knows it");
        int names = found.members().stream()
                .mapToInt(member -> member.name().length())
                .max()
                .orElse(4);
        int hosts = found.members().stream()
                .mapToInt(member -> member.host().length())
                .max()
                .orElse(4);
        for (Discovered.Member member : found.members()) {
            out.println("  %s %s  %s  %s"
                    .formatted(
                            symbol(member.check().state()),
                            pad(member.name(), names),
                            pad(member.host(), hosts),
                            word(member.check().state())));
            if (member.check().state() == KeyCheck.State.VERIFIED) {
                wrapped(member.check().keys().stream().map(HostKey::toString).collect(Collectors.joining(", ")));
            }
            member.check().remarks().forEach(this::wrapped);
            if (member.check().state() == KeyCheck.State.UNANSWERED
                    && !member.check().keys().isEmpty()) {
                wrapped("it is in the inventory; the key that the cluster knows it by was not checked, and stands in "
                        + "the keys' file as a comment only");
            }
        }
        found.roster().doubts().forEach(doubt -> {
            out.println("  " + symbol(KeyCheck.State.UNVERIFIED) + " not sure");
            wrapped(doubt);
        });
    }

    private static String word(KeyCheck.State state) {
        return switch (state) {
            case VERIFIED -> "verified: the node presents what the cluster knows";
            case MISMATCH -> "WRONG HOST KEY: none of its keys is written, do not log in before you know why";
            case UNVERIFIED -> "not verified: its key is not written";
            case UNANSWERED -> "no answer";
        };
    }

    private String symbol(KeyCheck.State state) {
        return switch (state) {
            case VERIFIED -> paint(terminal.unicode() ? "✓" : "+", "32");
            case MISMATCH -> paint(terminal.unicode() ? "✗" : "x", "31;1");
            case UNVERIFIED, UNANSWERED -> paint("?", "33;1");
        };
    }

    private void wrapped(String text) {
        ConsoleView.wrap(text, Math.max(40, terminal.columns() - INDENT))
                .forEach(line -> out.println(" ".repeat(INDENT) + line));
    }

    private String paint(String text, String code) {
        return terminal.colour() ? "\033[" + code + "m" + text + "\033[0m" : text;
    }

    private static String pad(String text, int width) {
        return text + " ".repeat(Math.max(0, width - text.length()));
    }
}
