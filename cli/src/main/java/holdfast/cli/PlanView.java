package holdfast.cli;

import holdfast.fix.Plan;
import holdfast.fix.PlannedCheck;
import holdfast.fix.PlannedCommand;
import holdfast.fix.PlannedFile;
import holdfast.fix.Refusal;
import holdfast.fix.TargetPlan;
import holdfast.text.Clean;
import java.io.PrintStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/** A plan for a person: what is written, run and reloaded on each node, what could break, and how it is proved. */
final class PlanView {

    private final Terminal terminal;
    private final PrintStream out;
    private final boolean diffs;
    private final Duration confirm;

    /**
     * @param diffs whether to show the difference of each file
     * @param confirm how long a node waits for the confirmation
     */
    PlanView(Terminal terminal, PrintStream out, boolean diffs, Duration confirm) {
        this.terminal = terminal;
        this.out = out;
        this.diffs = diffs;
        this.confirm = confirm;
    }

    void show(Plan plan) {
        for (TargetPlan target : plan.targets()) {
            target(target);
        }
        refusals(plan.refusals());
    }

    private void target(TargetPlan target) {
        out.println(bold(Clean.line(target.target(), 100))
                + target.cluster()
                        .map(name -> " (once, on %s; verified on %s)"
                                .formatted(
                                        target.executor().target().name(),
                                        target.verifiedOn().stream()
                                                .map(node -> node.target().name())
                                                .collect(Collectors.joining(", "))))
                        .orElse(""));
        for (PlannedCheck check : target.checks()) {
            line(
                    "mends",
                    "%s%s  %s"
                            .formatted(
                                    check.check().id(),
                                    target.cluster().isPresent() ? " on " + check.node() : "",
                                    check.finding().message()));
        }
        if (target.leftBy().isPresent()) {
            line(
                    "run",
                    "the way back that run %s left here when it was cut off: sh /var/lib/holdfast/%s/rollback"
                            .formatted(target.leftBy().get(), target.leftBy().get()));
            out.println();
            return;
        }
        if (!target.changes()) {
            line("", "nothing to change: everything stands there as it should already");
            out.println();
            return;
        }
        for (PlannedFile file : target.files()) {
            file(file);
        }
        for (PlannedCommand command : target.commands()) {
            line(
                    "run",
                    "%s   (%s; at most %d s)"
                            .formatted(
                                    command.command().strip(),
                                    command.purpose(),
                                    command.limit().toSeconds()));
            if (!command.undo().isEmpty()) {
                line("  undo", command.undo().strip());
            }
        }
        target.reloads().forEach(reload -> line("reload", "%s   (%s)".formatted(reload.command(), reload.purpose())));
        target.validations().forEach(validate -> line("before", validate.purpose()));
        target.checks().stream()
                .filter(PlannedCheck::judgedFirst)
                .map(check -> check.check().id())
                .distinct()
                .forEach(check ->
                        line("before", check + " is judged on the merged files, before any service reads them"));
        target.rescues().forEach(rescue -> line("rescue", "%s   (%s)".formatted(rescue.command(), rescue.purpose())));
        line("proof", proof(target));
        line(
                "risk",
                target.guarded()
                        ? "guarded: it can cut off access; a timer on the node puts everything back after %d s unless the proof succeeds"
                                .formatted(confirm.toSeconds())
                        : "safe: nobody's access depends on it; a timer puts it back all the same should holdfast be cut off");
        target.notes().forEach(note -> line("note", note));
        out.println();
    }

    private void file(PlannedFile file) {
        String linked = file.named().equals(file.path()) ? "" : " (a link to %s)".formatted(file.path());
        if (file.keptOnNode()) {
            line("replace", file.named() + linked + "   (by the command below; the node keeps a copy)");
            return;
        }
        if (!file.changes()) {
            line("keep", file.named() + linked + "   (as it should be already)");
            return;
        }
        line(
                file.before().isEmpty() ? "write" : file.after().isEmpty() ? "remove" : "edit",
                file.named() + linked + (file.before().isEmpty() ? "   (new)" : ""));
        if (diffs) {
            file.diff().forEach(diffLine -> out.println("    " + coloured(Clean.line(diffLine))));
        }
    }

    private static String proof(TargetPlan target) {
        List<String> proofs = new ArrayList<>();
        proofs.add("a new login by this run's user");
        if (target.guarded()) {
            List<String> glass = target.verifiedOn().stream()
                    .flatMap(node -> node.policy().sshd().breakGlass().stream())
                    .distinct()
                    .toList();
            if (!glass.isEmpty()) {
                proofs.add("%s by key to root".formatted(String.join(", ", glass)));
            }
            if (!target.peers().others().isEmpty()) {
                proofs.add("root between the members");
            }
        }
        List<String> checks = target.checks().stream()
                .map(check -> check.check().id())
                .distinct()
                .toList();
        if (!checks.isEmpty()) {
            proofs.add("%s once more".formatted(String.join(", ", checks)));
        }
        return String.join("; ", proofs);
    }

    private void refusals(List<Refusal> refusals) {
        if (refusals.isEmpty()) {
            return;
        }
        out.println(bold("not mended here"));
        for (Refusal refusal : refusals) {
            line(Clean.line(refusal.target(), 40), refusal.check() + "  " + refusal.why());
            refusal.instead().forEach(step -> line("", "→ " + step));
        }
        out.println();
    }

    private void line(String label, String text) {
        String arrow = terminal.unicode() ? text : text.replace("→", "->");
        List<String> lines = new ArrayList<>();
        Clean.block(arrow)
                .lines()
                .forEach(one -> lines.addAll(ConsoleView.wrap(one, Math.max(30, terminal.columns() - 11))));
        String lead = "  %-8s ".formatted(label);
        for (String one : lines) {
            out.println((lead + one).stripTrailing());
            lead = " ".repeat(11);
        }
    }

    private String coloured(String diffLine) {
        return diffLine.startsWith("+")
                ? paint(diffLine, "32")
                : diffLine.startsWith("-") ? paint(diffLine, "31") : diffLine;
    }

    private String bold(String text) {
        return paint(text, "1");
    }

    private String paint(String text, String code) {
        return terminal.colour() ? "\033[" + code + "m" + text + "\033[0m" : text;
    }
}
