package holdfast.schedule;

import holdfast.text.Clean;
import holdfast.text.Shell;
import holdfast.text.UnitArgument;
import holdfast.yaml.YamlWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A scan as a CronJob of Kubernetes (batch/v1), in a pod that the Pod Security Standard "restricted" lets in
 * (https://kubernetes.io/docs/concepts/security/pod-security-standards/).
 *
 * @param schedule what runs, with arguments as they are in the pod
 * @param image the image that it runs in
 * @param program holdfast's launcher in that image
 * @param configuration files of the ConfigMap by their keys
 * @param secrets files of the Secret by their keys
 */
public record CronJob(
        Schedule schedule, String image, Path program, Map<String, Path> configuration, Map<String, Path> secrets) {

    /** Where the pod has the files of its ConfigMap. */
    public static final Path CONFIGURATION = Path.of("/etc/holdfast/config");

    /** Where it has those of its Secret; holdfast takes it for the directory of credentials. */
    public static final Path SECRETS = Path.of("/etc/holdfast/secrets");

    /** What outlives the pod. */
    public static final Path STATE = Path.of("/var/lib/holdfast");

    /** Where reports go that are written to files. */
    public static final Path REPORTS = STATE.resolve("reports");

    private static final Path HOME = Path.of("/home/holdfast");

    /** A user that no image gives files to. */
    private static final int USER = 65532;

    /** Readable for the pod's group: octal 440. */
    private static final int GROUP_READABLE = 0440;

    /** @throws IllegalArgumentException for an image, a key or a path that cannot be one */
    public CronJob {
        configuration = Map.copyOf(configuration);
        secrets = Map.copyOf(secrets);
        if (!image.matches("[a-z0-9][A-Za-z0-9._:/@-]{0,250}")) {
            throw new IllegalArgumentException("'%s' is no name of an image".formatted(Clean.line(image, 80)));
        }
        if (!program.isAbsolute()) {
            throw new IllegalArgumentException("%s is not absolute".formatted(program));
        }
        List<String> keys = new ArrayList<>(configuration.keySet());
        keys.addAll(secrets.keySet());
        keys.stream().filter(key -> !isKey(key)).findFirst().ifPresent(key -> {
            throw new IllegalArgumentException(
                    "'%s' cannot be a key in a ConfigMap or a Secret: letters, digits, and -._ can"
                            .formatted(Clean.line(key, 80)));
        });
    }

    /** Whether a ConfigMap or a Secret can have such a key. */
    public static boolean isKey(String text) {
        return text.matches("[A-Za-z0-9._-]{1,253}") && !text.startsWith("..") && !text.equals(".");
    }

    /**
     * The manifest: a claim for the history's volume and the job, with the commands that make what they need.
     *
     * @throws IllegalArgumentException for a time that crontab(5) cannot say
     */
    public String yaml() {
        return comment() + YamlWriter.write(claim()) + "---\n" + YamlWriter.write(job());
    }

    private String name() {
        return "holdfast-" + schedule.name();
    }

    private String comment() {
        List<String> lines = new ArrayList<>(List.of(
                "# Written by holdfast schedule print. There is no published image: build one with holdfast at",
                "# %s and a JDK 21 or newer that its .mvn/find-jdk finds.".formatted(program),
                "# What the pod reads is made with:"));
        if (!configuration.isEmpty()) {
            lines.add("#   kubectl create configmap %s%s".formatted(name(), from(configuration)));
        }
        if (!secrets.isEmpty()) {
            lines.add("#   kubectl create secret generic %s%s".formatted(name(), from(secrets)));
        }
        lines.add("#   kubectl create secret generic %s-ssh --from-file=known_hosts=\"$HOME/.ssh/known_hosts\""
                .formatted(name()));
        return String.join("\n", lines) + "\n";
    }

    private static String from(Map<String, Path> files) {
        StringBuilder words = new StringBuilder();
        files.entrySet().stream()
                .sorted(Map.Entry.comparingByKey())
                .forEach(file -> words.append(" --from-file=")
                        .append(file.getKey())
                        .append('=')
                        .append(Clean.line(Shell.quote(file.getValue().toString()), 500)));
        return words.toString();
    }

    private Map<String, Object> claim() {
        return map(
                "apiVersion",
                "v1",
                "kind",
                "PersistentVolumeClaim",
                "metadata",
                metadata(),
                "spec",
                map("accessModes", List.of("ReadWriteOnce"), "resources", map("requests", map("storage", "1Gi"))));
    }

    private Map<String, Object> metadata() {
        return map("name", name(), "labels", map("app.kubernetes.io/name", "holdfast"));
    }

    private Map<String, Object> job() {
        String when = schedule.rhythm()
                .cron()
                .orElseThrow(() -> new IllegalArgumentException(
                        "Kubernetes has no '%s': take hourly, daily, weekly, monthly, HH:MM or DAY HH:MM"
                                .formatted(schedule.rhythm().event().text())));
        long delay = schedule.delay().toSeconds();
        return map(
                "apiVersion",
                "batch/v1",
                "kind",
                "CronJob",
                "metadata",
                metadata(),
                "spec",
                map(
                        "schedule",
                        when,
                        "concurrencyPolicy",
                        "Forbid",
                        "startingDeadlineSeconds",
                        3600,
                        "successfulJobsHistoryLimit",
                        3,
                        "failedJobsHistoryLimit",
                        3,
                        "jobTemplate",
                        map(
                                "spec",
                                map(
                                        "backoffLimit",
                                        0,
                                        "activeDeadlineSeconds",
                                        Math.toIntExact(schedule.deadline().toSeconds() + delay),
                                        "template",
                                        map(
                                                "metadata",
                                                map("labels", map("app.kubernetes.io/name", "holdfast")),
                                                "spec",
                                                pod(delay))))));
    }

    private Map<String, Object> pod(long delay) {
        List<Map<String, Object>> volumes = new ArrayList<>();
        List<Map<String, Object>> mounts = new ArrayList<>();
        if (!configuration.isEmpty()) {
            volumes.add(map("name", "configuration", "configMap", map("name", name())));
            mounts.add(map("name", "configuration", "mountPath", CONFIGURATION.toString(), "readOnly", true));
        }
        if (!secrets.isEmpty()) {
            volumes.add(map("name", "secrets", "secret", map("secretName", name(), "defaultMode", GROUP_READABLE)));
            mounts.add(map("name", "secrets", "mountPath", SECRETS.toString(), "readOnly", true));
        }
        volumes.add(map("name", "ssh", "secret", map("secretName", name() + "-ssh", "defaultMode", GROUP_READABLE)));
        mounts.add(map("name", "ssh", "mountPath", HOME.resolve(".ssh").toString(), "readOnly", true));
        volumes.add(map("name", "state", "persistentVolumeClaim", map("claimName", name())));
        mounts.add(map("name", "state", "mountPath", STATE.toString()));
        volumes.add(map("name", "tmp", "emptyDir", map("sizeLimit", "256Mi")));
        mounts.add(map("name", "tmp", "mountPath", "/tmp"));
        return map(
                "restartPolicy",
                "Never",
                "automountServiceAccountToken",
                false,
                "enableServiceLinks",
                false,
                "securityContext",
                map(
                        "runAsNonRoot",
                        true,
                        "runAsUser",
                        USER,
                        "runAsGroup",
                        USER,
                        "fsGroup",
                        USER,
                        "fsGroupChangePolicy",
                        "OnRootMismatch",
                        "seccompProfile",
                        map("type", "RuntimeDefault")),
                "containers",
                List.of(container(delay, mounts)),
                "volumes",
                volumes);
    }

    private Map<String, Object> container(long delay, List<Map<String, Object>> mounts) {
        List<String> words = new ArrayList<>(List.of("holdfast", program.toString(), "scan"));
        schedule.arguments().forEach(argument -> words.add(word(argument)));
        List<Map<String, Object>> environment = new ArrayList<>(List.of(
                map("name", "HOME", "value", HOME.toString()),
                map("name", "XDG_STATE_HOME", "value", STATE.toString()),
                // The image cannot be written, and the pod is gone before a cache would be ready.
                map("name", "HOLDFAST_CACHE", "value", "none")));
        if (!secrets.isEmpty()) {
            environment.add(map("name", "CREDENTIALS_DIRECTORY", "value", SECRETS.toString()));
        }
        if (secrets.containsKey("pgpass")) {
            environment.add(
                    map("name", "PGPASSFILE", "value", SECRETS.resolve("pgpass").toString()));
        }
        return map(
                "name",
                "scan",
                "image",
                image,
                "command",
                List.of("/bin/sh", "-c", expanded(script(delay))),
                "args",
                words.stream().map(CronJob::expanded).toList(),
                "env",
                environment,
                "securityContext",
                map(
                        "allowPrivilegeEscalation",
                        false,
                        "readOnlyRootFilesystem",
                        true,
                        "capabilities",
                        map("drop", List.of("ALL"))),
                "resources",
                map("requests", map("cpu", "250m", "memory", "384Mi"), "limits", map("memory", "768Mi")),
                "volumeMounts",
                mounts);
    }

    /**
     * Exit code 1 is a finding and no failure of the job, as in systemd's unit. The reports' directory is made here,
     * since the volume begins empty.
     */
    private static String script(long delay) {
        String sleep =
                delay == 0 ? "" : "sleep $(( $(od -An -N2 -tu2 /dev/urandom) * %d / 65536 )) && ".formatted(delay);
        return """
                mkdir -p %s && %s"$@"
                code=$?
                [ "$code" -ne 1 ] || exit 0
                exit "$code"
                """.formatted(REPORTS, sleep);
    }

    private static String word(UnitArgument argument) {
        return argument.before()
                + argument.credential()
                        .map(id -> SECRETS.resolve(id).toString())
                        .orElse("");
    }

    /** Kubernetes expands {@code $(NAME)} in a container's words; two dollars stand for one. */
    private static String expanded(String word) {
        return word.replace("$(", "$$(");
    }

    private static Map<String, Object> map(Object... entries) {
        Map<String, Object> map = new LinkedHashMap<>();
        for (int i = 0; i < entries.length; i += 2) {
            map.put((String) entries[i], entries[i + 1]);
        }
        return map;
    }
}
