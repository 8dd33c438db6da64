package holdfast.change;

import java.time.Duration;
import java.util.List;

/**
 * One thing that a fix does. The engine sorts them: files that take effect only when a service reads them, then
 * validations of what stands there together with everything else, then files that take effect when they are
 * written and commands, then reloads.
 */
public sealed interface Change {

    /**
     * Writes a file that holdfast owns, rendered from a template. It takes effect with a {@link Reload}.
     *
     * @param path absolute, on the node
     * @param template below {@code templates/}, without {@code .ftl}
     * @param model the values that the template may use
     */
    record WriteFile(String path, String template, Record model) implements Change {}

    /**
     * Edits a file that is shared with people.
     *
     * @param path absolute, on the node; below {@code /etc/pve} it belongs to the cluster unless it is below
     *     {@code /etc/pve/nodes}
     * @param edit what is done to its text
     * @param live whether the edit takes effect as soon as it is written, so that it must wait until everything
     *     else is validated and the way back is armed
     */
    record EditFile(String path, Edit edit, boolean live) implements Change {}

    /**
     * A command that must end with 0 before anything takes effect; what it prints is the reason otherwise.
     *
     * @param command POSIX shell text; every value in it that is not ours went through {@code Shell.quote}
     * @param purpose what is validated, as a noun phrase
     */
    record Validate(String command, String purpose) implements Change {}

    /**
     * A command that changes the node. It has to do nothing where its effect is there already.
     *
     * @param command POSIX shell text, as above
     * @param purpose what it does, in the imperative
     * @param undo the shell text that takes it back; run after the files are back; empty where the files are all
     * @param touches files that the command replaces: they are kept on the node and put back with everything else
     * @param limit how long it may take
     */
    record Run(String command, String purpose, String undo, List<String> touches, Duration limit) implements Change {
        public Run {
            touches = List.copyOf(touches);
        }
    }

    /**
     * What opens access again when the files cannot be put back at once, because {@code /etc/pve} takes no writes
     * without quorum. Run on the node, by its timer too.
     *
     * @param command POSIX shell text
     * @param end what ends it when the files are back
     * @param purpose what it does, in the imperative
     */
    record Rescue(String command, String end, String purpose) implements Change {}

    /**
     * Makes a service read its files anew; done again when the files are put back.
     *
     * @param command POSIX shell text, such as {@code systemctl reload ssh.service}
     * @param purpose what it does, in the imperative
     */
    record Reload(String command, String purpose) implements Change {}
}
