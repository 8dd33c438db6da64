package holdfast.cli;

import holdfast.probe.Reading;
import holdfast.proxmox.Guest;
import holdfast.proxmox.HighAvailability;
import holdfast.quorum.Answer;
import holdfast.quorum.Answer.Decision;
import holdfast.quorum.Order;
import holdfast.run.QuorumRun;
import holdfast.text.Clean;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The answers for a person: GO or NO-GO with the reason first, each member's view next, what is worth knowing last. */
final class QuorumView {

    private static final int MARGIN = 13;

    private final Terminal terminal;
    private final PrintStream out;

    QuorumView(Terminal terminal) {
        this.terminal = terminal;
        this.out = terminal.out();
    }

    void show(QuorumRun run) {
        run.standalone()
                .forEach(node -> out.println(line(Decision.GO, "standalone")
                        + "%s is in no cluster: there is no quorum to lose".formatted(clean(node))));
        run.unplaced()
                .forEach(node -> wrapped(
                        line(Decision.CANNOT_TELL, "") + clean(node.node()) + " ",
                        "does not answer, and no cluster knows it: " + clean(node.why())));
        run.untold().forEach(why -> wrapped(line(Decision.CANNOT_TELL, ""), clean(why)));
        if (!run.standalone().isEmpty()
                || !run.unplaced().isEmpty()
                || !run.untold().isEmpty()) {
            out.println();
        }
        for (QuorumRun.Answered answered : run.clusters()) {
            cluster(answered);
            out.println();
        }
        out.println("%s   %s, %s s"
                .formatted(
                        bold(decision(run.decision())),
                        run.clusters().size() == 1
                                ? "1 cluster"
                                : run.clusters().size() + " clusters",
                        String.format(Locale.ROOT, "%.1f", run.millis() / 1000.0)));
    }

    /** The first reason of the first cluster that is not GO. */
    static String headline(QuorumRun run) {
        return Stream.concat(
                        run.clusters().stream()
                                .filter(one -> one.decision() != Decision.GO)
                                .map(one -> one.cluster().name() + ": "
                                        + String.join("; ", one.answer().reasons())),
                        Stream.concat(
                                run.unplaced().stream().map(node -> node.node() + ": " + node.why()),
                                run.untold().stream()))
                .findFirst()
                .orElse("");
    }

    private void cluster(QuorumRun.Answered answered) {
        Answer answer = answered.answer();
        String head = line(answered.decision(), clean(answered.cluster().name()));
        List<String> reasons = answer.reasons();
        for (int i = 0; i < reasons.size(); i++) {
            wrapped(i == 0 ? head : indent(), clean(reasons.get(i)));
        }
        members(answer);
        answer.device().ifPresent(this::device);
        answer.losses().forEach(this::loss);
        answered.order().ifPresent(order -> {
            switch (order) {
                case Reading.Unknown<Order>(var why) -> wrapped(indent(), "no plan: " + clean(why));
                case Reading.Known<Order>(var known) -> plan(known);
            }
        });
        answer.notes().forEach(note -> wrapped(indent() + yellow("! "), clean(note)));
    }

    private void members(Answer answer) {
        int width = answer.members().stream()
                .mapToInt(member -> label(member).length())
                .max()
                .orElse(4);
        for (Answer.Member member : answer.members()) {
            String name = indent() + pad(label(member), width) + "  ";
            switch (member.view()) {
                case Answer.View.NotAsked none -> out.println(name + "not asked" + seen(member));
                case Answer.View.Silent(var why) ->
                    wrapped(name, yellow("no answer") + "  " + clean(why) + seen(member));
                case Answer.View.Told told -> out.println(name + told(told, terminal.columns() - visible(name)));
            }
        }
    }

    /** The member's own name, and the inventory's where that is another. */
    private static String label(Answer.Member member) {
        String name = clean(member.name());
        return member.node()
                .filter(node -> !node.equals(member.name()))
                .map(node -> name + " (" + clean(node) + ")")
                .orElse(name);
    }

    private static String seen(Answer.Member member) {
        return member.present()
                .map(present -> present ? "; corosync counts it in" : "; corosync does not count it in")
                .orElse("");
    }

    /** All of it, or where that is too wide what matters most. */
    private String told(Answer.View.Told told, int width) {
        List<String> words = new ArrayList<>();
        words.add(told.quorate() ? green("quorate    ") : red("NOT QUORATE"));
        words.add("%d of %d votes".formatted(told.present(), told.expected()));
        List<String> more = new ArrayList<>(words);
        more.add("ring " + clean(told.ringId()));
        told.links().ifPresent(links -> more.add(links == 1 ? "1 link" : links + " links"));
        told.configVersion().ifPresent(version -> more.add("config " + version));
        String files = told.files().isEmpty() ? "/etc/pve ok" : yellow("/etc/pve not ok");
        words.add(files);
        more.add(files);
        String whole = String.join("  ", more);
        return visible(whole) <= width ? whole : String.join("  ", words);
    }

    private void device(Answer.DeviceView device) {
        out.println(indent()
                + "QDevice  %d %s, %s on %s: %s"
                        .formatted(
                                device.votes(),
                                device.votes() == 1 ? "vote" : "votes",
                                clean(device.algorithm()),
                                clean(device.host()),
                                device.counting().isEmpty()
                                        ? yellow("counted by nobody")
                                        : device.deaf().isEmpty()
                                                ? "counted by all"
                                                : "counted by " + clean(String.join(", ", device.counting()))));
    }

    private void loss(Answer.Loss loss) {
        List<String> words = new ArrayList<>();
        if (!loss.present()) {
            words.add("it is not there now");
        }
        words.add(
                switch (loss.guests()) {
                    case Reading.Unknown<List<Guest>>(var why) -> "its guests are not known (%s)".formatted(clean(why));
                    case Reading.Known<List<Guest>>(var guests) ->
                        guests.isEmpty()
                                ? "no guests"
                                : "%d %s (%s)"
                                        .formatted(
                                                guests.size(),
                                                guests.size() == 1 ? "guest" : "guests",
                                                listed(guests.stream()
                                                        .map(Guest::serviceId)
                                                        .toList()));
                });
        switch (loss.services()) {
            case Reading.Unknown<List<HighAvailability.Service>>(var why) ->
                words.add("its HA resources are not known");
            case Reading.Known<List<HighAvailability.Service>>(var services) -> {
                if (!services.isEmpty()) {
                    words.add("HA: " + services(services));
                }
            }
        }
        if (loss.fenced() instanceof Reading.Known<Boolean>(var fenced) && fenced) {
            words.add(
                    "its watchdog is armed: HA resets it a minute after it loses quorum or stops without a farewell, and starts its resources elsewhere");
        }
        wrapped(indent() + "- " + clean(loss.name()) + ": ", String.join("; ", words));
    }

    private static String services(List<HighAvailability.Service> services) {
        return listed(services.stream()
                .map(service -> "%s %s".formatted(clean(service.id()), clean(service.state())))
                .toList());
    }

    private static String listed(List<String> all) {
        return all.size() <= 12
                ? String.join(", ", all)
                : String.join(", ", all.subList(0, 12)) + ", … %d more".formatted(all.size() - 12);
    }

    private void plan(Order order) {
        out.println(indent() + "plan: one at a time, each back, and GO again, before the next");
        int width = order.steps().stream()
                .mapToInt(step -> clean(step.name()).length())
                .max()
                .orElse(4);
        int number = 0;
        for (Order.Step step : order.steps()) {
            number++;
            String load = Stream.of(
                            step.guests()
                                    .map(guests -> guests == 1 ? "1 guest" : guests + " guests")
                                    .orElse(""),
                            step.services()
                                    .map(List::size)
                                    .filter(count -> count > 0)
                                    .map(count -> count == 1 ? "1 HA resource" : count + " HA resources")
                                    .orElse(""),
                            step.master() ? "HA master" : "")
                    .filter(text -> !text.isEmpty())
                    .collect(Collectors.joining(", "));
            String text = !step.present()
                    ? "is away already"
                    : step.possible()
                            ? "%s%s"
                                    .formatted(
                                            load,
                                            load.isEmpty()
                                                    ? clean(step.forecast().because())
                                                    : "; "
                                                            + clean(step.forecast()
                                                                    .because()))
                            : red("impossible: ") + clean(step.forecast().because());
            wrapped(indent() + " %d  %s  ".formatted(number, pad(clean(step.name()), width)), text);
        }
    }

    // ------------------------------------------------------------------ how it looks

    private String line(Decision decision, String name) {
        String word = decision(decision);
        return bold(word)
                + " ".repeat(Math.max(1, MARGIN - decision.label().length()))
                + (name.isEmpty() ? "" : name + "  ");
    }

    private String decision(Decision decision) {
        return switch (decision) {
            case GO -> green(decision.label());
            case NO_GO -> red(decision.label());
            case CANNOT_TELL -> yellow(decision.label());
        };
    }

    private static String indent() {
        return " ".repeat(MARGIN);
    }

    /** Breaks a long text under itself. */
    private void wrapped(String head, String text) {
        int start = visible(head);
        int width = Math.max(30, terminal.columns() - start);
        StringBuilder line = new StringBuilder();
        String before = head;
        for (String word : text.split(" ")) {
            if (!line.isEmpty() && visible(line.toString()) + 1 + visible(word) > width) {
                out.println(before + line);
                before = " ".repeat(start);
                line.setLength(0);
            }
            line.append(line.isEmpty() ? "" : " ").append(word);
        }
        out.println(before + line);
    }

    private static int visible(String text) {
        return text.replaceAll("\u001b\\[[0-9;]*m", "").length();
    }

    private static String pad(String text, int width) {
        return text + " ".repeat(Math.max(0, width - text.length()));
    }

    private static String clean(String text) {
        return Clean.line(text, 600);
    }

    private String bold(String text) {
        return style("1", text);
    }

    private String green(String text) {
        return style("32", text);
    }

    private String red(String text) {
        return style("31", text);
    }

    private String yellow(String text) {
        return style("33", text);
    }

    private String style(String code, String text) {
        return terminal.colour() ? "\u001b[" + code + "m" + text + "\u001b[0m" : text;
    }
}
