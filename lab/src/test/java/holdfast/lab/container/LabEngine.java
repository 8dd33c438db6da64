package holdfast.lab.container;

import com.github.dockerjava.api.DockerClient;
import com.github.dockerjava.api.command.InspectVolumeResponse;
import com.github.dockerjava.api.exception.DockerException;
import com.github.dockerjava.api.model.Container;
import com.github.dockerjava.api.model.Network;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.testcontainers.DockerClientFactory;
import org.testcontainers.utility.TestcontainersConfiguration;

/** The Docker engine on this machine, our images in it, and our leftovers out of it. */
final class LabEngine {

    /** On everything that this run makes: who made it, so that a later run can tell whether that one still lives. */
    static final String LABEL = "holdfast.lab";

    static final String RUN = ProcessHandle.current().pid() + "@" + startOf(ProcessHandle.current());

    private static final Map<Release, String> IMAGES = new EnumMap<>(Release.class);
    private static boolean ready;

    private LabEngine() {}

    static synchronized DockerClient client() {
        if (!ready) {
            // Left alone, the client asks for an API that Debian 12's engine is too old for, falls back to a very
            // old one, and that one silently drops the cgroup namespace without which systemd cannot start.
            if (System.getProperty("api.version") == null) {
                System.setProperty("api.version", run(List.of("docker", "version", "-f", "{{.Server.APIVersion}}")));
            }
            TestcontainersConfiguration.getInstance().getUserProperties().setProperty("checks.disable", "true");
            sweep(DockerClientFactory.lazyClient());
            ready = true;
        }
        return DockerClientFactory.lazyClient();
    }

    /** The image of a release, built when what it is made of has changed. */
    static synchronized String image(Release release) {
        return IMAGES.computeIfAbsent(release, wanted -> {
            run(List.of(root().resolve("lab/image/build").toString(), wanted.codename()));
            return "holdfast-lab:" + wanted.codename();
        });
    }

    static Map<String, String> labels() {
        return Map.of(LABEL, RUN);
    }

    /** Removes what dead runs left behind; a killed test run cannot tidy up after itself. */
    private static void sweep(DockerClient client) {
        for (Container container : client.listContainersCmd()
                .withShowAll(true)
                .withLabelFilter(List.of(LABEL))
                .exec()) {
            if (isDead(container.getLabels())) {
                quietly(() -> client.removeContainerCmd(container.getId())
                        .withForce(true)
                        .withRemoveVolumes(true)
                        .exec());
            }
        }
        for (Network network :
                client.listNetworksCmd().withFilter("label", List.of(LABEL)).exec()) {
            if (isDead(network.getLabels())) {
                quietly(() -> client.removeNetworkCmd(network.getId()).exec());
            }
        }
        for (InspectVolumeResponse volume : client.listVolumesCmd()
                .withFilter("label", List.of(LABEL))
                .exec()
                .getVolumes()) {
            if (isDead(volume.getLabels())) {
                quietly(() -> client.removeVolumeCmd(volume.getName()).exec());
            }
        }
    }

    private static boolean isDead(Map<String, String> labels) {
        String run = labels.getOrDefault(LABEL, "");
        int at = run.indexOf('@');
        if (at < 1) {
            return false;
        }
        Optional<ProcessHandle> process = ProcessHandle.of(Long.parseLong(run.substring(0, at)));
        return process.isEmpty() || !isAbout(run.substring(at + 1), startOf(process.get()));
    }

    /** Each process works out every start from the machine's, whose second a clock that is set moves. */
    private static boolean isAbout(String second, String other) {
        return Math.abs(Long.parseLong(second) - Long.parseLong(other)) <= 5;
    }

    private static String startOf(ProcessHandle process) {
        return Long.toString(
                process.info().startInstant().map(Instant::getEpochSecond).orElse(0L));
    }

    static void quietly(Runnable work) {
        try {
            work.run();
        } catch (DockerException e) {
            // Somebody else was quicker, or it is still in use and the next run's turn.
            System.getLogger(LabEngine.class.getName()).log(System.Logger.Level.DEBUG, "left behind", e);
        }
    }

    private static Path root() {
        Path here = Path.of("").toAbsolutePath();
        for (Path at = here; at != null; at = at.getParent()) {
            if (Files.isExecutable(at.resolve("lab/image/build"))) {
                return at;
            }
        }
        throw new IllegalStateException("no lab/image/build above " + here);
    }

    private static String run(List<String> command) {
        try {
            Process process =
                    new ProcessBuilder(command).redirectErrorStream(true).start();
            process.getOutputStream().close();
            String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
            if (!process.waitFor(10, TimeUnit.MINUTES) || process.exitValue() != 0) {
                throw new IllegalStateException(String.join(" ", command) + ": " + said);
            }
            return said;
        } catch (IOException e) {
            throw new IllegalStateException(String.join(" ", command), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }
}
