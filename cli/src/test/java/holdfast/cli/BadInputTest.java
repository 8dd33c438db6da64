package holdfast.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Every mistake is one clear message with exit code 2, and nobody is contacted. */
final class BadInputTest {

    @TempDir
    Path directory = Path.of("");

    private ServerSocketChannel door = openDoor();

    private static ServerSocketChannel openDoor() {
        try {
            ServerSocketChannel channel = ServerSocketChannel.open();
            channel.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
            channel.configureBlocking(false);
            return channel;
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    @BeforeEach
    void aDoorThatNobodyMayKnockAt() {
        assertThat(door.isOpen()).isTrue();
    }

    @AfterEach
    void closeTheDoor() throws IOException {
        door.close();
    }

    private int port() throws IOException {
        return ((InetSocketAddress) door.getLocalAddress()).getPort();
    }

    private String good() throws IOException {
        return "all:\n  hosts:\n    pve1: { ansible_host: 127.0.0.1, ansible_port: %d }\n".formatted(port());
    }

    private Path file(String name, String text) throws IOException {
        return Files.writeString(directory.resolve(name), text);
    }

    private void refused(String inventory, String message, String... more) throws IOException {
        List<String> words = new ArrayList<>(
                List.of("scan", "-i", file("hosts.yml", inventory).toString()));
        words.addAll(List.of(more));
        refusedLine(message, words.toArray(String[]::new));
    }

    private void refusedLine(String message, String... words) throws IOException {
        Invocation run = Invocation.of(words);
        assertThat(run.err()).contains(message);
        assertThat(run.code()).as(run.err()).isEqualTo(2);
        assertThat(run.out()).isEmpty();
        assertThat(run.err().lines())
                .as("one message, and perhaps where to go on")
                .hasSizeLessThanOrEqualTo(2);
        assertThat(run.err()).doesNotContain("Exception", "bug", "\tat ");
        assertThat(door.accept()).as("a connection to the node").isNull();
    }

    /** The other tests prove something only if a right line would knock. */
    @Test
    void withoutAMistakeTheNodeIsContacted() throws IOException {
        Invocation run = Invocation.of(
                "scan", "-i", file("hosts.yml", good()).toString(), "--timeout", "1", "--checks", "time.skew");
        assertThat(run.code()).isEqualTo(3);
        assertThat(door.accept()).isNotNull();
    }

    @Test
    void aPatternThatNobodyAnswersTo() throws IOException {
        refused(good(), "nosuchhost", "-l", "nosuchhost");
    }

    @Test
    void aSelectionWithoutAnybody() throws IOException {
        refused(good(), "no host", "-l", "all:!pve1");
        refused("all:\n  hosts: {}\n", "the inventory is empty");
    }

    @Test
    void aHostThatIsWrittenTwice() throws IOException {
        refused(good() + "    pve1: {}\n", "pve1");
    }

    @Test
    void aGroupThatContainsItself() throws IOException {
        refused("""
                all:
                  hosts: { pve1: {} }
                  children:
                    one: { children: { two: {} } }
                    two: { children: { one: {} } }
                """, "one");
    }

    @Test
    void aBombOfAliases() throws IOException {
        StringBuilder bomb = new StringBuilder("a: &a [x,x,x,x,x,x,x,x,x,x]\n");
        for (char name = 'b'; name < 'k'; name++) {
            bomb.append("%1$s: &%1$s [%2$s]\n"
                    .formatted(name, ("*" + (char) (name - 1) + ",").repeat(9) + "*" + (char) (name - 1)));
        }
        refused(bomb.toString(), "alias");
    }

    @Test
    void aTabThatIndents() throws IOException {
        refused("all:\n\thosts:\n\t\tpve1: {}\n", "tab");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"\"127.0.0.1\\nroot\"", "\"$(id)\"", "\"`id`\"", "\"-oProxyCommand=id\"", "\"a b\"", "\"a;b\""})
    void anAddressThatIsNone(String value) throws IOException {
        refused("all:\n  hosts:\n    pve1: { ansible_host: %s }\n".formatted(value), "ansible_host");
    }

    @ParameterizedTest
    @ValueSource(strings = {"\"root\\nid\"", "\"$(id)\"", "\"-x\""})
    void aUserThatIsNone(String value) throws IOException {
        refused("all:\n  hosts:\n    pve1: { ansible_user: %s }\n".formatted(value), "ansible_user");
    }

    @Test
    void aNetworkWithAShellInIt() throws IOException {
        refused(
                good().replace(" }\n", ", holdfast: { firewall: { admin_networks: ['$(id)'] } } }\n"),
                "holdfast.firewall.admin_networks");
    }

    @Test
    void aKeyOfThePolicyThatDoesNotExistIsAnsweredWithTheNearest() throws IOException {
        refused(good().replace(" }\n", ", holdfast: { sshd: { root_logn: no } } }\n"), "did you mean root_login?");
        refused(
                good(),
                "did you mean root_login?",
                "--policy",
                file("policy.yml", "sshd: { root_logn: no }\n").toString());
    }

    @Test
    void aPrivateKeyThatCannotBeRead() throws IOException {
        refused(
                good(),
                "there is no file",
                "--private-key",
                directory.resolve("nokey").toString());
        refused(good(), "cannot be read", "--private-key", directory.toString());
    }

    @Test
    void filesThatDoNotExist() throws IOException {
        refusedLine("nosuch.yml", "scan", "-i", directory.resolve("nosuch.yml").toString());
        refused(
                good(),
                "nopolicy.yml",
                "--policy",
                directory.resolve("nopolicy.yml").toString());
        refused(good(), "noconfig", "-F", directory.resolve("noconfig").toString());
    }

    @Test
    void aCheckThatDoesNotExistIsAnsweredWithTheNearest() throws IOException {
        refused(good(), "there is no check 'sshd.root-logn'", "--checks", "sshd.root-logn");
        refused(good(), "sshd.root-login", "--checks", "sshd.root-logn");
        refused(good(), "there is no tag 'ssh'", "-t", "ssh");
        refused(good(), "leave no check", "-t", "sshd", "--skip-tags", "access");
    }

    @ParameterizedTest
    @ValueSource(strings = {"0", "-1", "1001"})
    void aNumberOfForksThatIsNone(String forks) throws IOException {
        refused(good(), "--forks takes 1 to 1000, not " + forks, "--forks", forks);
    }

    @Test
    void forksInWords() throws IOException {
        refused(good(), "'many' is not an int", "--forks", "many");
    }

    @Test
    void aReportThatCannotBe() throws IOException {
        refused(good(), "--report takes FORMAT=FILE", "--report", "scan.json");
        refused(good(), "not 'xml'", "--report", "xml=scan.xml");
        refused(good(), "cannot be written", "--report", "json=" + directory.resolve("no/such/scan.json"));
        refused(good(), "cannot be written", "--report", "json=" + directory);
    }

    @Test
    void optionsThatAreNone() throws IOException {
        refused(good(), "--format takes console, json", "--format", "yaml");
        refused(good(), "--fail-on takes low, medium, high or critical, not 'never'", "--fail-on", "never");
        refused(good(), "Unknown option: '--frobnicate'", "--frobnicate");
        refused(good(), "--timeout takes 1 to 600 seconds", "--timeout", "0");
        refused(good(), "there is no mode that ignores a changed key", "--host-keys", "no");
    }

    @Test
    void noInventoryAtAll() throws IOException {
        refusedLine("no inventory", "scan");
    }

    @Test
    void noCommandAtAllShowsWhatThereIs() {
        Invocation run = Invocation.of();
        assertThat(run.code()).isEqualTo(2);
        assertThat(run.err()).contains("Commands:", "scan ", "a command is missing");
        assertThat(run.out()).isEmpty();
    }

    @Test
    void aPasswordThatNobodyCanBeAskedFor() throws IOException {
        refused(good(), "standard input is not a terminal", "-K");
    }

    @Test
    void everyMistakeIsToldAtOnce() throws IOException {
        Invocation run = Invocation.of("scan", "-i", file("hosts.yml", """
                        all:
                          hosts:
                            pve1: { ansible_host: "$(id)" }
                            pve2: { ansible_port: 99999 }
                        """).toString());
        assertThat(run.code()).isEqualTo(2);
        assertThat(run.err()).contains("ansible_host", "ansible_port", "2 mistakes; nothing was contacted");
    }
}
