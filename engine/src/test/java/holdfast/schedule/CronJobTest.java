package holdfast.schedule;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.gson.JsonParser;
import holdfast.text.UnitArgument;
import io.kubernetes.client.openapi.models.V1CronJob;
import io.kubernetes.client.openapi.models.V1PersistentVolumeClaim;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** A CronJob that Kubernetes takes, in a pod that the standard "restricted" lets in. */
final class CronJobTest {

    private static CronJob job(Rhythm rhythm, UnitArgument... arguments) {
        return new CronJob(
                new Schedule(
                        "nightly",
                        Path.of("/usr/bin/holdfast"),
                        Optional.empty(),
                        List.of(arguments),
                        rhythm,
                        Duration.ofMinutes(10),
                        Duration.ofHours(2),
                        new Schedule.Runner.Dynamic(),
                        List.of(),
                        Optional.empty(),
                        List.of(),
                        List.of()),
                "registry.example.com/holdfast:1",
                Path.of("/opt/holdfast/holdfast"),
                Map.of("fleet.yml", Path.of("/etc/holdfast/my fleet.yml")),
                Map.of("ssh-key", Path.of("/root/.ssh/id_ed25519")));
    }

    private static List<JsonNode> documents(String yaml) {
        return StreamSupport.stream(
                        new Yaml(new SafeConstructor(new LoaderOptions()))
                                .loadAll(yaml)
                                .spliterator(),
                        false)
                .<JsonNode>map(document -> JsonMapper.builder().build().valueToTree(document))
                .toList();
    }

    private static JsonNode pod(CronJob job) {
        return documents(job.yaml()).getLast().at("/spec/jobTemplate/spec/template/spec");
    }

    private static List<String> names(JsonNode list) {
        return list.valueStream().map(one -> one.at("/name").asString()).toList();
    }

    @Test
    void oneRunAtATimeAndNoneTwice() {
        JsonNode job = documents(job(new Rhythm.Daily(4, 30)).yaml()).getLast();
        assertThat(job.at("/apiVersion").asString()).isEqualTo("batch/v1");
        assertThat(job.at("/kind").asString()).isEqualTo("CronJob");
        assertThat(job.at("/spec/schedule").asString()).isEqualTo("30 4 * * *");
        assertThat(job.at("/spec/concurrencyPolicy").asString()).isEqualTo("Forbid");
        assertThat(job.at("/spec/startingDeadlineSeconds").asInt()).isPositive();
        assertThat(job.at("/spec/jobTemplate/spec/backoffLimit").asInt()).isZero();
        assertThat(job.at("/spec/jobTemplate/spec/activeDeadlineSeconds").asInt())
                .isEqualTo(7800);
    }

    /** Every line of https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted that applies. */
    @Test
    void thePodIsRestricted() {
        JsonNode pod = pod(job(new Rhythm.Daily(4, 30)));
        assertThat(pod.at("/securityContext/runAsNonRoot").asBoolean()).isTrue();
        assertThat(pod.at("/securityContext/runAsUser").asInt()).isPositive();
        assertThat(pod.at("/securityContext/seccompProfile/type").asString()).isEqualTo("RuntimeDefault");
        JsonNode container = pod.at("/containers/0");
        assertThat(container.at("/securityContext/allowPrivilegeEscalation").asBoolean())
                .isFalse();
        assertThat(container.at("/securityContext/capabilities").toString()).isEqualTo("{\"drop\":[\"ALL\"]}");
        assertThat(pod.at("/volumes")
                        .valueStream()
                        .flatMap(volume -> volume.propertyNames().stream())
                        .filter(key -> !key.equals("name")))
                .isSubsetOf("configMap", "secret", "persistentVolumeClaim", "emptyDir");
        assertThat(pod.propertyNames()).doesNotContain("hostNetwork", "hostPID", "hostIPC");
    }

    @Test
    void whatIsMountedIsThereAndTheStateOutlivesThePod() {
        String yaml = job(new Rhythm.Daily(4, 30)).yaml();
        JsonNode pod = pod(job(new Rhythm.Daily(4, 30)));
        assertThat(names(pod.at("/containers/0/volumeMounts"))).isNotEmpty().isEqualTo(names(pod.at("/volumes")));
        assertThat(documents(yaml).getFirst().at("/kind").asString()).isEqualTo("PersistentVolumeClaim");
        assertThat(documents(yaml).getFirst().at("/metadata/name").asString()).isEqualTo("holdfast-nightly");
        assertThat(yaml)
                .contains(
                        "kubectl create configmap holdfast-nightly --from-file=fleet.yml='/etc/holdfast/my fleet.yml'",
                        "kubectl create secret generic holdfast-nightly --from-file=ssh-key='/root/.ssh/id_ed25519'",
                        "There is no published image");
    }

    @Test
    void argumentsArriveAsTheyAreAndKubernetesExpandsNone() {
        JsonNode container = pod(job(
                        new Rhythm.Daily(4, 30),
                        new UnitArgument("-i"),
                        new UnitArgument("$(HOME) \"x\" %d: # 'y'"),
                        new UnitArgument("", Optional.of("ssh-key"))))
                .at("/containers/0");
        List<String> words =
                container.at("/args").valueStream().map(JsonNode::asString).toList();
        assertThat(words)
                .containsExactly(
                        "holdfast",
                        "/opt/holdfast/holdfast",
                        "scan",
                        "-i",
                        "$$(HOME) \"x\" %d: # 'y'",
                        "/etc/holdfast/secrets/ssh-key");
    }

    /** The script runs in a real shell here, with a program that ends as it is told. */
    @Test
    void aFindingIsNoFailureOfTheJobAndEverythingElseIs() throws Exception {
        String script = pod(job(new Rhythm.Daily(4, 30)))
                .at("/containers/0/command/2")
                .asString()
                .replace("$$(", "$(")
                .replace("mkdir -p /var/lib/holdfast/reports", ":")
                .replace("* 600 /", "* 0 /");
        for (int code : List.of(0, 1, 2, 3, 130)) {
            Process ran = new ProcessBuilder("/bin/sh", "-c", script, "holdfast", "/bin/sh", "-c", "exit " + code)
                    .inheritIO()
                    .start();
            assertThat(ran.waitFor()).isEqualTo(code == 1 ? 0 : code);
        }
    }

    @Test
    void whatKubernetesCannotHaveIsRefused() {
        CronJob odd = job(Rhythm.of("*-*-1/2 06:00"));
        assertThatThrownBy(odd::yaml)
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("Kubernetes has no");
        Schedule schedule = job(new Rhythm.Daily(4, 0)).schedule();
        Stream.of("a b.yml", "..", "x/y", "é")
                .forEach(key -> assertThatThrownBy(() ->
                                new CronJob(schedule, "image", Path.of("/x"), Map.of(key, Path.of("/etc/x")), Map.of()))
                        .as(key)
                        .isInstanceOf(IllegalArgumentException.class));
        assertThatThrownBy(() -> new CronJob(schedule, "image\nkind: Pod", Path.of("/x"), Map.of(), Map.of()))
                .isInstanceOf(IllegalArgumentException.class);
    }

    /** Kubernetes' own model knows every field of both documents, and finds none missing. */
    @Test
    void kubernetesOwnModelTakesBothDocuments() throws Exception {
        List<JsonNode> documents = documents(
                job(new Rhythm.Weekly(java.time.DayOfWeek.SUNDAY, 4, 30)).yaml());
        V1PersistentVolumeClaim.validateJsonElement(
                JsonParser.parseString(documents.getFirst().toString()));
        V1CronJob.validateJsonElement(JsonParser.parseString(documents.getLast().toString()));
        String misspelt = documents.getLast().toString().replace("\"runAsNonRoot\"", "\"runAsNoRoot\"");
        assertThatThrownBy(() -> V1CronJob.validateJsonElement(JsonParser.parseString(misspelt)))
                .hasMessageContaining("runAsNoRoot");
    }
}
