package holdfast.notify;

import java.time.Duration;
import java.util.List;

/**
 * A command of the operator's, with the notice as one line of JSON on its standard input. Nothing of the notice is in
 * its arguments or its environment.
 *
 * @param command as {@code /bin/sh -c} takes it
 * @param limit how long it may take
 */
public record CommandChannel(String command, Duration limit) implements Channel {

    @Override
    public void send(Notice notice) throws NotifyException, InterruptedException {
        Delivery.run(List.of("/bin/sh", "-c", command), notice.json() + "\n", limit, name());
    }

    @Override
    public String name() {
        return "the command of --notify";
    }

    @Override
    public String destination() {
        return "command\n" + command;
    }
}
