package holdfast.lab.embedded;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.apache.sshd.server.Environment;
import org.apache.sshd.server.ExitCallback;
import org.apache.sshd.server.channel.ChannelSession;
import org.apache.sshd.server.command.Command;
import org.jspecify.annotations.Nullable;

/**
 * Runs one received command line with {@code /bin/sh}, led into the node's directory. As with a genuine server, a
 * command goes on when its client is gone, until it prints something.
 */
final class TreeCommand implements Command {

    private static final int INPUT_LIMIT = 16 * 1024 * 1024;

    /** A scan tells the sizes of its answers, so nothing in them may change; the node's own {@code stat} cleans them. */
    private static final String SIZES_ARE_TOLD = "stat -c '%s %n'";

    private final PracticeNode node;
    private final Tree tree;
    private final String line;
    private @Nullable InputStream in;
    private @Nullable OutputStream out;
    private @Nullable OutputStream err;
    private @Nullable ExitCallback callback;
    private volatile @Nullable Thread thread;

    TreeCommand(PracticeNode node, Tree tree, String line) {
        this.node = node;
        this.tree = tree;
        this.line = line;
    }

    @Override
    public void setInputStream(InputStream stream) {
        in = stream;
    }

    @Override
    public void setOutputStream(OutputStream stream) {
        out = stream;
    }

    @Override
    public void setErrorStream(OutputStream stream) {
        err = stream;
    }

    @Override
    public void setExitCallback(ExitCallback exit) {
        callback = exit;
    }

    @Override
    public void start(ChannelSession channel, Environment env) {
        node.received(line);
        thread = Thread.ofPlatform().daemon().name("practice-command").start(() -> run(channel));
    }

    private void run(ChannelSession channel) {
        InputStream stdin = in;
        OutputStream stdout = out;
        OutputStream stderr = err;
        ExitCallback exit = callback;
        if (stdin == null || stdout == null || stderr == null || exit == null) {
            return;
        }
        try {
            byte[] input = stdin.readNBytes(INPUT_LIMIT);
            PracticeNode.Exchange exchange = node.exchange(line, input);
            stdout = exchange.copying(stdout);
            stderr = exchange.copying(stderr);
            List<Fault> faults = node.faults();
            if (faults.stream().anyMatch(Fault.CutOff.class::isInstance)) {
                channel.getSession().close(true);
                return;
            }
            int status = serve(channel, input, stdout, stderr, faults);
            for (Fault fault : faults) {
                if (fault instanceof Fault.ExitStatus(int replaced)) {
                    status = replaced;
                }
            }
            exit.onExit(status);
        } catch (IOException e) {
            exit.onExit(255, "the practice node failed");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private int serve(
            ChannelSession channel, byte[] input, OutputStream stdout, OutputStream stderr, List<Fault> faults)
            throws IOException, InterruptedException {
        int budget = Integer.MAX_VALUE;
        byte[] after = new byte[0];
        for (Fault fault : faults) {
            switch (fault) {
                case Fault.HangInCommand hang -> TimeUnit.MINUTES.sleep(5);
                case Fault.Slow(var delay) -> TimeUnit.MILLISECONDS.sleep(delay.toMillis());
                case Fault.DropAfter(int bytes) -> budget = bytes;
                case Fault.Noise(byte[] before, byte[] behind) -> {
                    stdout.write(before);
                    stdout.flush();
                    after = behind;
                }
                case Fault.HangInAuthentication hang -> {}
                case Fault.RefuseLogins refuse -> {}
                case Fault.CutOff cut -> {}
                case Fault.ExitStatus exit -> {}
                case Fault.While(var file, var other) -> {}
            }
        }
        Process child = process(channel.getSession().getUsername());
        node.runs(child);
        Thread errors = Thread.ofPlatform().daemon().name("practice-stderr").start(() -> {
            try {
                child.getErrorStream().transferTo(stderr);
                stderr.flush();
            } catch (IOException e) {
                // The client is gone.
            }
        });
        String script = new String(input, StandardCharsets.UTF_8);
        try (OutputStream childIn = child.getOutputStream()) {
            childIn.write(tree.redirected(script).getBytes(StandardCharsets.UTF_8));
        } catch (IOException e) {
            // It may end without reading everything.
        }
        Sink sink = script.contains(SIZES_ARE_TOLD) ? new Sink(null) : new Sink(tree);
        byte[] buffer = new byte[8192];
        try (InputStream childOut = child.getInputStream()) {
            for (int n = childOut.read(buffer); n >= 0; n = childOut.read(buffer)) {
                byte[] said = sink.add(buffer, n);
                stdout.write(said, 0, Math.min(said.length, budget));
                stdout.flush();
                budget -= Math.min(said.length, budget);
                if (budget == 0) {
                    channel.getSession().close(true);
                    return 255;
                }
            }
        }
        stdout.write(sink.rest());
        stdout.write(after);
        stdout.flush();
        errors.join(2000);
        return child.waitFor();
    }

    private Process process(String user) throws IOException {
        ProcessBuilder builder = new ProcessBuilder("/bin/sh", "-c", tree.redirected(line));
        builder.directory(tree.root().resolve("root").toFile());
        Map<String, String> environment = builder.environment();
        environment.clear();
        environment.put("PATH", tree.path());
        environment.put("HOME", tree.root().resolve("root").toString());
        environment.put("PRACTICE_USER", user);
        environment.put("SSH_CONNECTION", "127.0.0.1 50000 127.0.0.1 22");
        return builder.start();
    }

    /** Output on its way, line by line where paths are to be led back out of the node's directory. */
    private static final class Sink {
        private final @Nullable Tree tree;
        private final ByteArrayOutputStream line = new ByteArrayOutputStream();

        Sink(@Nullable Tree tree) {
            this.tree = tree;
        }

        byte[] add(byte[] bytes, int length) {
            line.write(bytes, 0, length);
            byte[] all = line.toByteArray();
            int end = all.length;
            while (tree != null && end > 0 && all[end - 1] != '\n') {
                end--;
            }
            line.reset();
            line.write(all, end, all.length - end);
            return tree == null ? all : tree.asTheNodeSays(all, end);
        }

        byte[] rest() {
            byte[] all = line.toByteArray();
            return tree == null ? all : tree.asTheNodeSays(all, all.length);
        }
    }

    @Override
    public void destroy(ChannelSession channel) {
        Thread running = thread;
        if (running != null) {
            running.interrupt();
        }
    }
}
