package holdfast.node.ssh;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SshConfigTest {

    @TempDir
    Path home;

    private final List<String> notices = new ArrayList<>();
    private final Map<String, String> variables = new LinkedHashMap<>();

    @BeforeEach
    void directory() throws Exception {
        Files.createDirectories(home.resolve(".ssh"));
    }

    @Test
    void theFirstValueWinsAndPatternsSelect() throws Exception {
        HostSettings pve1 = resolve("pve1", """
                # a comment
                Host pve* !pve9
                  HostName %h.example.com   # to the right
                  User=admin
                  Port = 2222
                Host pve1
                  User other
                  IdentityFile "~/keys/a key"
                  IdentityFile ~/keys/%r@%h
                Host *
                  User root
                  IdentitiesOnly yes
                """);
        assertThat(pve1.host()).isEqualTo("pve1.example.com");
        assertThat(pve1.user()).isEqualTo("admin");
        assertThat(pve1.port()).isEqualTo(2222);
        assertThat(pve1.identitiesOnly()).isTrue();
        assertThat(pve1.identityFiles())
                .containsExactly(home.resolve("keys/a key"), home.resolve("keys/admin@pve1.example.com"));
        HostSettings pve9 = resolve("pve9", "Host pve* !pve9\n User admin\nHost *\n User root\n");
        assertThat(pve9.user()).isEqualTo("root");
    }

    @Test
    void theCommandLineWins() throws Exception {
        write("config", "User file\nPort 1\nMatch user given\n HostName matched\n");
        HostSettings settings = config().resolve("h", OptionalInt.of(7), Optional.of("given"));
        assertThat(settings.user()).isEqualTo("given");
        assertThat(settings.port()).isEqualTo(7);
        assertThat(settings.host()).isEqualTo("matched");
    }

    @Test
    void filesAreIncludedInPlace() throws Exception {
        Files.createDirectories(home.resolve(".ssh/conf.d"));
        write("conf.d/10-a", "Host a\n User included\nHost b\n Port 3\n");
        write("conf.d/20-b", "HostKeyAlias of-b");
        HostSettings settings = resolve("a", "Include conf.d/* missing\nUser after\n");
        assertThat(settings.user()).isEqualTo("included");
        assertThat(settings.hostKeyAlias()).hasValue("of-b");
        assertThat(resolve("a", "Host b\n Include conf.d/*\nHost *\n User after\n")
                        .user())
                .isEqualTo("after");
    }

    @Test
    void filesThatIncludeEachOtherAreAnError() throws Exception {
        write("config", "Include config");
        assertThatThrownBy(this::config)
                .isInstanceOf(SshConfigException.class)
                .hasMessageContaining("more than 16 files include each other");
    }

    @Test
    void matchBlocksFollowTheirCriteria() throws Exception {
        String text = """
                Match originalhost a !user root
                  Port 1
                Match host *.example.com
                  Port 2
                Match all
                  HostName %h.example.com
                Match host a.example.com localuser me
                  User matched
                """;
        assertThat(resolve("a", text).port()).isEqualTo(1);
        assertThat(resolve("a", text).user()).isEqualTo("matched");
        assertThat(resolve("x.example.com", text).port()).isEqualTo(2);
    }

    @Test
    void nothingIsEverRun() throws Exception {
        Path proof = home.resolve("proof");
        HostSettings settings = resolve(
                "a", "Match exec \"touch " + proof + "\"\n User bad\nMatch !exec \"touch " + proof + "\"\n User bad\n");
        assertThat(settings.user()).isEqualTo("me");
        assertThat(proof).doesNotExist();
        assertThat(notices).anyMatch(notice -> notice.contains("config:1: Match exec is not supported"));
    }

    @Test
    void switchingHostKeyChecksOffIsNotHonoured() throws Exception {
        assertThat(resolve("a", "StrictHostKeyChecking no").hostKeys()).isEmpty();
        assertThat(notices).singleElement().asString().contains("config:1: StrictHostKeyChecking no is not honoured");
        assertThat(resolve("a", "StrictHostKeyChecking yes").hostKeys()).hasValue(HostKeys.STRICT);
    }

    @Test
    void jumpHostsComeInOrder() throws Exception {
        write("config", """
                Host target
                  ProxyJump me@a:2200,ssh://b
                Host a
                  ProxyJump gate
                Host b
                  ProxyJump never
                Host direct
                  ProxyJump none
                Host *
                  ProxyJump gate
                """);
        SshConfig config = config();
        assertThat(JumpHosts.chain(config.resolve("target", OptionalInt.empty(), Optional.empty()), config))
                .extracting(hop -> hop.user() + "@" + hop.host() + ":" + hop.port())
                .containsExactly("me@gate:22", "me@a:2200", "me@b:22");
        assertThat(JumpHosts.chain(config.resolve("direct", OptionalInt.empty(), Optional.empty()), config))
                .isEmpty();
        assertThat(JumpHosts.chain(config.resolve("gate", OptionalInt.empty(), Optional.empty()), config))
                .isEmpty();
        write("config", "Host a\n ProxyJump b\nHost b\n ProxyJump a\n");
        SshConfig circle = config();
        HostSettings a = circle.resolve("a", OptionalInt.empty(), Optional.empty());
        assertThatThrownBy(() -> JumpHosts.chain(a, circle)).hasMessageContaining("in a circle");
    }

    @Test
    void mistakesNameFileAndLine() {
        for (Map.Entry<String, String> mistake : Map.of(
                        "Port 99999", "port is a number from 1 to 65535, not 99999",
                        "IdentitiesOnly maybe", "identitiesonly is yes or no, not maybe",
                        "HostName \"x", "a quotation mark is not closed",
                        "Match", "needs a criterion",
                        "Match planet earth", "unknown criterion: planet",
                        "Match host", "host needs a value",
                        "HostName %q", "knows %h and %% only, not %q",
                        "IdentityFile ${NO_SUCH}", "names the environment variable NO_SUCH, which is not set",
                        "ProxyJump x:y:z", "'x:y:z' is not [user@]host[:port]",
                        "User", "user needs a value")
                .entrySet()) {
            assertThatThrownBy(() -> resolve("h", "# first line\n" + mistake.getKey()))
                    .isInstanceOf(SshConfigException.class)
                    .hasMessageContaining(".ssh/config:2: ")
                    .hasMessageContaining(mistake.getValue());
        }
    }

    @Test
    void agentsAndKnownHostsFilesAreFound() throws Exception {
        variables.put("SSH_AUTH_SOCK", "/run/usual");
        variables.put("OTHER", "/run/other");
        assertThat(resolve("a", "").agent()).hasValue(Path.of("/run/usual"));
        assertThat(resolve("a", "IdentityAgent none").agent()).isEmpty();
        assertThat(resolve("a", "IdentityAgent $OTHER").agent()).hasValue(Path.of("/run/other"));
        assertThat(resolve("a", "IdentityAgent ${OTHER}").agent()).hasValue(Path.of("/run/other"));
        assertThat(resolve("a", "IdentityAgent ~/sock").agent()).hasValue(home.resolve("sock"));
        assertThat(resolve("a", "UserKnownHostsFile ~/a \"~/b c\"").userKnownHosts())
                .containsExactly(home.resolve("a"), home.resolve("b c"));
        assertThat(resolve("a", "UserKnownHostsFile none").userKnownHosts()).isEmpty();
    }

    @Test
    void aFileThatOthersMayWriteIsRefused() throws Exception {
        write("config", "User x");
        Files.setPosixFilePermissions(
                home.resolve(".ssh/config"), java.nio.file.attribute.PosixFilePermissions.fromString("rw-rw-r--"));
        assertThatThrownBy(this::config).hasMessageContaining("chmod go-w");
    }

    /** Generated configurations, resolved by us and by {@code ssh -G}. */
    @Test
    @Tag("openssh")
    void sshAgrees() throws Exception {
        OpenSsh.assumeInstalled();
        Random random = new Random(20_261_122);
        for (int round = 0; round < 60; round++) {
            String text = generate(random);
            write("config", text);
            SshConfig config = config();
            for (String host : List.of("a", "ab", "b.example.com", "A", "10.0.0.1")) {
                HostSettings ours = config.resolve(host, OptionalInt.empty(), Optional.empty());
                Map<String, List<String>> theirs = ssh(host);
                String context = "host " + host + " of\n" + text;
                // ssh prints the name in lower case only.
                assertThat(ours.host().toLowerCase(Locale.ROOT))
                        .as(context)
                        .isEqualTo(one(theirs, "hostname").toLowerCase(Locale.ROOT));
                assertThat(Integer.toString(ours.port())).as(context).isEqualTo(one(theirs, "port"));
                String user = ours.user().equals("me") ? System.getProperty("user.name") : ours.user();
                assertThat(user).as(context).isEqualTo(one(theirs, "user"));
                if (ours.identitiesConfigured()) {
                    assertThat(ours.identityFiles())
                            .as(context)
                            .extracting(Path::toString)
                            .containsExactlyElementsOf(theirs.getOrDefault("identityfile", List.of()));
                }
                assertThat(ours.identitiesOnly())
                        .as(context)
                        .isEqualTo(one(theirs, "identitiesonly").equals("yes"));
                assertThat(String.join(",", ours.jumps()))
                        .as(context)
                        .isEqualTo(theirs.containsKey("proxyjump") ? one(theirs, "proxyjump") : "");
                assertThat(ours.hostKeyAlias().orElse(""))
                        .as(context)
                        .isEqualTo(theirs.containsKey("hostkeyalias") ? one(theirs, "hostkeyalias") : "");
            }
        }
    }

    private static String generate(Random random) {
        List<String> names = List.of("a", "a*", "?b", "*", "!a", "*.example.com", "!ab", "10.*");
        StringBuilder out = new StringBuilder();
        int lines = 3 + random.nextInt(14);
        for (int i = 0; i < lines; i++) {
            String name = names.get(random.nextInt(names.size()));
            String other = names.get(random.nextInt(names.size()));
            int number = random.nextInt(9) + 1;
            String equals = random.nextBoolean() ? " " : random.nextBoolean() ? "=" : " = ";
            out.append(
                    switch (random.nextInt(16)) {
                        case 0, 1 -> "Host " + name + " " + other;
                        case 2 -> "Host " + name;
                        case 3 -> "Match host " + name + "," + other;
                        case 4 -> "Match originalhost " + name + " user u" + number;
                        case 5 -> "Match !host \"" + name + "\"";
                        case 6 -> random.nextInt(3) == 0 ? "Match final host " + name : "Match all";
                        case 7 -> "  HostName" + equals + (random.nextBoolean() ? "%h.example.com" : "h" + number);
                        case 8 -> "\tPort" + equals + number;
                        case 9, 10 -> " user" + equals + "u" + number;
                        case 11 -> " IdentityFile" + equals + "\"/k/" + number + "\" # comment";
                        case 12 -> " IdentityFile /k/x" + number;
                        case 13 -> " ProxyJump " + (random.nextInt(3) == 0 ? "none" : "j" + number + ",k");
                        case 14 -> " HostKeyAlias alias" + number;
                        default -> " IdentitiesOnly " + (random.nextBoolean() ? "yes" : "no");
                    });
            out.append('\n');
        }
        return out.toString();
    }

    private Map<String, List<String>> ssh(String host) throws Exception {
        Process process = new ProcessBuilder(
                        "ssh", "-G", "-F", home.resolve(".ssh/config").toString(), host)
                .redirectErrorStream(true)
                .start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(output).isZero();
        Map<String, List<String>> settings = new LinkedHashMap<>();
        output.lines().forEach(line -> {
            int blank = line.indexOf(' ');
            if (blank > 0) {
                settings.computeIfAbsent(line.substring(0, blank), key -> new ArrayList<>())
                        .add(line.substring(blank + 1));
            }
        });
        return settings;
    }

    private static String one(Map<String, List<String>> settings, String key) {
        return settings.getOrDefault(key, List.of("")).get(0);
    }

    private HostSettings resolve(String host, String text) throws Exception {
        write("config", text);
        return config().resolve(host, OptionalInt.empty(), Optional.empty());
    }

    private SshConfig config() throws SshConfigException {
        SshEnvironment environment = new SshEnvironment(home, "me", name -> Optional.ofNullable(variables.get(name)));
        return SshConfig.read(List.of(home.resolve(".ssh/config")), environment, notices::add);
    }

    private void write(String name, String text) throws Exception {
        Files.writeString(home.resolve(".ssh").resolve(name), text);
    }
}
