package holdfast.change;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/**
 * A systemd service as it was found, so that a fix can be taken back to exactly that (systemctl(1)).
 *
 * @param id the unit's name, of our own text and never a node's
 * @param load {@code loaded}, {@code masked}, {@code not-found}
 * @param active its ActiveState, such as {@code failed}
 * @param unitFile {@code enabled}, {@code disabled}, {@code masked}, {@code masked-runtime}, {@code static}; empty
 *     where there is no unit
 * @param linked whether a target wants it: what {@code enabled} means, and what a mask hides
 */
public record ServiceUnit(String id, String load, String active, String unitFile, boolean linked) {

    private static final Pattern ID = Pattern.compile("[a-z][a-z0-9-]{0,63}\\.service");

    public ServiceUnit {
        if (!ID.matcher(id).matches()) {
            throw new IllegalArgumentException("not the name of a service: " + id);
        }
    }

    public boolean isActive() {
        return active.equals("active");
    }

    public boolean isMasked() {
        return unitFile.startsWith("masked") || load.equals("masked");
    }

    /** On its way from one state to another: whatever is done now is a guess. */
    public boolean isChanging() {
        return active.endsWith("ing");
    }

    /** Starts it now and with every boot, whatever keeps it from that. */
    public Change.Run start(Duration limit) {
        List<String> commands = new ArrayList<>();
        List<String> words = new ArrayList<>();
        if (isMasked()) {
            commands.add("systemctl unmask -q" + runtime() + " " + id);
            words.add("unmask");
        }
        // A static unit, or one that came by another way, has nothing to enable.
        if (unitFile.equals("disabled") || (isMasked() && !linked)) {
            commands.add("systemctl enable -q " + id);
            words.add("enable");
        }
        if (active.equals("failed")) {
            commands.add("systemctl reset-failed " + id);
        }
        commands.add("systemctl start " + id);
        String purpose = words.isEmpty() ? "start " + id : String.join(", ", words) + " and start " + id;
        return new Change.Run(String.join(" && ", commands), purpose, restore(), List.of(), limit);
    }

    /** Stops it now and keeps it from the next boot. */
    public Change.Run stop(Duration limit) {
        return new Change.Run(
                "systemctl disable -q --now " + id, "stop and disable " + id, restore(), List.of(), limit);
    }

    /**
     * The commands that bring it back to what was found, from whatever it is now. Whether it had failed or was
     * stopped is one: a failure cannot be made again.
     */
    public String restore() {
        List<String> commands = new ArrayList<>();
        // Enabling needs a unit that is not masked; a mask comes last.
        if (unitFile.equals("enabled") || (isMasked() && linked)) {
            commands.add("systemctl enable -q " + id);
        } else if (unitFile.equals("disabled") || isMasked()) {
            commands.add("systemctl disable -q " + id);
        }
        commands.add((isActive() ? "systemctl start " : "systemctl stop ") + id);
        if (isMasked()) {
            commands.add("systemctl mask -q" + runtime() + " " + id);
        }
        return String.join(" && ", commands);
    }

    private String runtime() {
        return unitFile.equals("masked-runtime") ? " --runtime" : "";
    }
}
