package holdfast.lab.embedded;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.apache.sshd.server.Environment;
import org.apache.sshd.server.ExitCallback;
import org.apache.sshd.server.channel.ChannelSession;
import org.apache.sshd.server.command.Command;
import org.jspecify.annotations.Nullable;

/** Runs one received command line with {@code /bin/sh}, led into the node's directory. */
final class TreeCommand implements Command {

    private static final int INPUT_LIMIT = 1024 * 1024;

    private final Tree tree;
    private final String line;
    private final List<Fault> faults;
    private final List<String> commands;
    private @Nullable InputStream in;
    private @Nullable OutputStream out;
    private @Nullable OutputStream err;
    private @Nullable ExitCallback callback;
    private volatile @Nullable Process process;
    private volatile @Nullable Thread thread;

    TreeCommand(Tree tree, String line, List<Fault> faults, List<String> commands) {
        this.tree = tree;
        this.line = line;
        this.faults = faults;
        this.commands = commands;
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
        commands.add(line);
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
            int status = serve(channel, input, stdout, stderr);
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

    private int serve(ChannelSession channel, byte[] input, OutputStream stdout, OutputStream stderr)
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
                case Fault.ExitStatus exit -> {}
            }
        }
        ProcessBuilder builder = new ProcessBuilder("/bin/sh", "-c", tree.redirected(line));
        builder.environment().put("SSH_CONNECTION", "127.0.0.1 50000 127.0.0.1 22");
        Process child = builder.start();
        process = child;
        Thread errors = Thread.ofPlatform().daemon().name("practice-stderr").start(() -> {
            try {
                child.getErrorStream().transferTo(stderr);
                stderr.flush();
            } catch (IOException e) {
                // The client is gone.
            }
        });
        try (OutputStream childIn = child.getOutputStream()) {
            childIn.write(
                    tree.redirected(new String(input, StandardCharsets.UTF_8)).getBytes(StandardCharsets.UTF_8));
        } catch (IOException e) {
            // It may end without reading everything.
        }
        byte[] buffer = new byte[8192];
        InputStream childOut = child.getInputStream();
        for (int n = childOut.read(buffer); n >= 0; n = childOut.read(buffer)) {
            stdout.write(buffer, 0, Math.min(n, budget));
            stdout.flush();
            budget -= Math.min(n, budget);
            if (budget == 0) {
                child.destroyForcibly();
                channel.getSession().close(true);
                return 255;
            }
        }
        stdout.write(after);
        stdout.flush();
        errors.join(2000);
        return child.waitFor();
    }

    @Override
    public void destroy(ChannelSession channel) {
        Process child = process;
        if (child != null) {
            child.descendants().forEach(ProcessHandle::destroyForcibly);
            child.destroyForcibly();
        }
        Thread running = thread;
        if (running != null) {
            running.interrupt();
        }
    }
}
