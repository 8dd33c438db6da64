package holdfast.cli;

import holdfast.schedule.CronJob;
import holdfast.schedule.Schedule;
import holdfast.text.UnitArgument;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** What only a CronJob of Kubernetes needs. */
final class CronJobOptions {

    @Option(names = "--image", paramLabel = "IMAGE", description = "kubernetes: your image with holdfast in it")
    @Nullable
    private String image;

    @Option(
            names = "--image-program",
            paramLabel = "FILE",
            description = "kubernetes: holdfast's launcher in the image (default: ${DEFAULT-VALUE})")
    private Path program = Path.of("/opt/holdfast/holdfast");

    /**
     * The manifest.
     *
     * @throws UsageError for what a pod cannot have
     * @throws IllegalArgumentException for names that Kubernetes cannot have
     */
    String yaml(ScheduleOptions.Planned planned) {
        if (image == null) {
            throw new UsageError("there is no published image: name yours with --image");
        }
        Schedule schedule = planned.schedule();
        if (schedule.agentSocket().isPresent()) {
            throw new UsageError("a pod has no ssh agent: hand the key over as a credential");
        }
        Map<String, Path> configuration = new LinkedHashMap<>();
        Map<String, Path> secrets = new LinkedHashMap<>();
        for (Schedule.Credential credential : schedule.credentials()) {
            if (credential.encrypted()) {
                throw new UsageError("only systemd opens an encrypted credential: give %s to Kubernetes as --credential"
                        .formatted(credential.id()));
            }
            put(secrets, credential.id(), credential.file());
        }
        List<UnitArgument> arguments = planned.scan().mapped(file -> switch (file.use()) {
            case CONFIGURATION -> CronJob.CONFIGURATION.resolve(key(configuration, file.file()));
            case SECRET -> CronJob.SECRETS.resolve(key(secrets, file.file()));
            case REPORT -> CronJob.REPORTS.resolve(name(file.file()));
            case STORE -> CronJob.STATE.resolve("holdfast").resolve(name(file.file()));
        });
        return new CronJob(
                        new Schedule(
                                schedule.name(),
                                schedule.program(),
                                Optional.empty(),
                                arguments,
                                schedule.rhythm(),
                                schedule.delay(),
                                schedule.deadline(),
                                schedule.runner(),
                                schedule.credentials(),
                                Optional.empty(),
                                List.of(),
                                List.of()),
                        image,
                        program,
                        configuration,
                        secrets)
                .yaml();
    }

    private static String key(Map<String, Path> files, Path file) {
        if (Files.isDirectory(file)) {
            throw new UsageError(
                    "%s is a directory, which a ConfigMap cannot hold: name its files one by one".formatted(file));
        }
        String key = name(file);
        put(files, key, file);
        return key;
    }

    private static void put(Map<String, Path> files, String key, Path file) {
        Path other = files.putIfAbsent(key, file);
        if (other != null && !other.equals(file)) {
            throw new UsageError("%s and %s would have the same name in the pod: rename one".formatted(other, file));
        }
    }

    private static String name(Path file) {
        return String.valueOf(file.getFileName());
    }
}
