package holdfast.discovery;

import static org.assertj.core.api.Assertions.assertThat;

import holdfast.node.HostKey;
import holdfast.probe.ClockOffset;
import holdfast.probe.LoginUsed;
import holdfast.probe.Output;
import holdfast.probe.Reading;
import holdfast.probe.Shape;
import holdfast.probe.Source;
import holdfast.proxmox.ClusterKeys;
import holdfast.proxmox.Membership;
import java.time.Instant;
import java.util.Base64;
import java.util.HashMap;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What one member says, put together; hostile words in it reach no file. */
@Timeout(60)
class RosterTest {

    private final Map<String, String> said = new HashMap<>();

    static HostKey key(String type, int seed) {
        byte[] blob = new byte[4 + type.length() + 36];
        blob[3] = (byte) type.length();
        System.arraycopy(type.getBytes(java.nio.charset.StandardCharsets.US_ASCII), 0, blob, 4, type.length());
        blob[blob.length - 1] = (byte) seed;
        return new HostKey(type, Base64.getEncoder().encodeToString(blob));
    }

    private static String text(HostKey key) {
        return key.type() + " " + key.base64();
    }

    private Source source() {
        return new Source() {
            @Override
            public Reading<Output> output(Shape shape) {
                String text = said.get(shape.name());
                return text == null ? Reading.unknown("it hangs") : Reading.known(new Output(0, text, ""));
            }

            @Override
            public Reading<ClockOffset> clock() {
                throw new IllegalStateException("nothing here asks for the clock");
            }

            @Override
            public Instant now() {
                throw new IllegalStateException("nothing here asks for the time");
            }

            @Override
            public LoginUsed login() {
                throw new IllegalStateException("nothing here asks for the login");
            }
        };
    }

    private Reading<Roster> read() {
        Source source = source();
        return Membership.PROBE
                .read(source)
                .then(membership -> Roster.of(membership, ClusterKeys.PROBE.read(source), Reading.unknown("no CA")));
    }

    private Roster roster() {
        return read() instanceof Reading.Known<Roster>(var known) ? known : failed();
    }

    private Roster failed() {
        throw new AssertionError(read().toString());
    }

    private void conf(String nodes) {
        said.put(
                "cluster.corosync-conf",
                "#: corosync.conf\nnodelist {\n%s}\ntotem {\n  cluster_name: lab\n}\n\n#= 0\n#: nodename\npve1\n\n#= 0\n"
                        .formatted(nodes));
    }

    private static String node(String name, String... rings) {
        return IntStream.range(0, rings.length)
                .mapToObj(ring -> "    ring%d_addr: %s\n".formatted(ring, rings[ring]))
                .collect(Collectors.joining("", "  node {\n    name: " + name + "\n", "  }\n"));
    }

    private void members(String nodes) {
        said.put("cluster.members", """
                {
                "nodename": "pve1",
                "version": 4,
                "cluster": { "name": "lab", "version": 3, "nodes": 3, "quorate": 1 },
                "nodelist": {
                %s
                }
                }
                """.formatted(nodes));
    }

    private void keys(String sections) {
        said.put("cluster.pinned-keys", sections);
        said.putIfAbsent("cluster.merged-keys", "");
    }

    private static String section(String name, String text) {
        return "#: %s\n%s\n\n#= 0\n".formatted(name, text);
    }

    @Test
    void namesAddressesRingsAndKeysComeTogether() {
        HostKey rsa = key("ssh-rsa", 1);
        HostKey own = key("ssh-ed25519", 2);
        HostKey old = key("ssh-rsa", 3);
        conf(node("pve1", "10.0.0.1", "10.1.0.1") + node("pve2", "10.0.0.2"));
        members("""
                  "pve1": { "id": 1, "online": 1, "ip": "192.0.2.11"},
                  "pve2": { "id": 2, "online": 0, "ip": "2001:db8::2"}
                """);
        said.put("cluster.merged-keys", "pve2,192.0.2.12 " + text(old) + "\npve1 " + text(old) + "\n");
        keys(section("pinned pve1", "pve1 " + text(rsa)) + section("own", text(rsa) + "\n" + text(own)));
        Roster roster = roster();
        assertThat(roster.doubts()).isEmpty();
        assertThat(roster.cluster()).contains("lab");
        Roster.Entry one = roster.entries().get(0);
        assertThat(one.address()).contains("192.0.2.11");
        assertThat(one.rings()).containsExactly("10.0.0.1", "10.1.0.1");
        assertThat(one.known()).as("the pinned file wins").containsExactly(rsa);
        assertThat(one.own()).containsExactly(rsa, own);
        Roster.Entry two = roster.entries().get(1);
        assertThat(two.address()).contains("2001:db8::2");
        assertThat(two.known()).containsExactly(old);
        assertThat(two.source()).isEqualTo("/etc/pve/priv/known_hosts");
        assertThat(two.own()).isEmpty();
    }

    @Test
    void aHungClusterFileSystemLeavesCorosyncsListAndADoubt() {
        conf(node("pve1", "10.0.0.1") + node("pve2", "pve2.example.com"));
        Roster roster = roster();
        assertThat(roster.entries()).extracting(Roster.Entry::name).containsExactly("pve1", "pve2");
        assertThat(roster.entries().get(1).address()).contains("pve2.example.com");
        assertThat(roster.entries().get(1).known()).isEmpty();
        assertThat(roster.doubts()).singleElement().asString().contains(".members could not be read");
    }

    @Test
    void aNodeThatStandsAloneIsItsOnlyEntry() {
        said.put("cluster.corosync-conf", "#: corosync.conf\n#= 44\n#: nodename\npve1\n\n#= 0\n");
        said.put("cluster.members", "{\n\"nodename\": \"pve1\",\n\"version\": 0\n}\n");
        keys(section("own", text(key("ssh-ed25519", 1))));
        Roster roster = roster();
        assertThat(roster.cluster()).isEmpty();
        assertThat(roster.doubts()).isEmpty();
        assertThat(roster.entries()).singleElement().satisfies(entry -> {
            assertThat(entry.address()).isEmpty();
            assertThat(entry.own()).hasSize(1);
        });
    }

    @Test
    void wordsThatMayNotStandInAFileAreLeftOutAndTold() {
        conf(node("pve1", "10.0.0.1") + node("$(reboot)", "10.0.0.2") + node("pve3", "10.0.0.3;id", "{{ 7*7 }}"));
        members("""
                  "pve1": { "id": 1, "online": 1, "ip": "192.0.2.11"},
                  "a: &x [%s[2J": { "id": 2, "online": 1, "ip": "192.0.2.12"},
                  "pve3": { "id": 3, "online": 1, "ip": "-oProxyCommand=id"}
                """.formatted("\u001b"));
        keys(section("pinned ../../x", "x") + section("own", ""));
        Roster roster = roster();
        assertThat(roster.entries()).extracting(Roster.Entry::name).containsExactly("pve1", "pve3");
        assertThat(roster.entries().get(1).address()).isEmpty();
        assertThat(roster.entries().get(1).rings()).containsExactly("", "");
        assertThat(roster.doubts())
                .anySatisfy(doubt ->
                        assertThat(doubt).contains("left out", "$(reboot)").doesNotContain("\u001b"));
    }

    @Test
    void aListThatIsTooLongIsNotBelieved() {
        conf(IntStream.range(0, 5000).mapToObj(i -> node("n" + i, "10.0.0.1")).collect(Collectors.joining()));
        assertThat(read())
                .isInstanceOfSatisfying(
                        Reading.Unknown.class,
                        unknown -> assertThat(unknown.why()).contains("5000 members", "384 at most"));
    }

    @Test
    void aFileOfKeysWithAMillionLinesIsSearched() {
        conf(node("pve1", "10.0.0.1") + node("pve2", "10.0.0.2"));
        HostKey wanted = key("ssh-rsa", 7);
        String noise = "x ssh-rsa AAAA\n".repeat(500_000);
        said.put("cluster.merged-keys", noise + "pve2 " + text(wanted) + "\n" + noise);
        keys(section("own", ""));
        assertThat(roster().entries().get(1).known()).containsExactly(wanted);
    }

    @Test
    void aRevokedKeyIsNotKnown() {
        conf(node("pve1", "10.0.0.1") + node("pve2", "10.0.0.2"));
        HostKey stolen = key("ssh-rsa", 7);
        said.put("cluster.merged-keys", "pve2 " + text(stolen) + "\n@revoked * " + text(stolen) + "\n");
        keys(section("own", ""));
        assertThat(roster().entries().get(1).known()).isEmpty();
    }

    @Property(tries = 300)
    void whateverTheFilesSayNothingBreaks(@ForAll String one, @ForAll String other, @ForAll String third) {
        conf(one);
        members(other);
        keys(section("pinned pve1", third) + section("own", one));
        said.put("cluster.merged-keys", third + "\n" + other);
        assertThat(read()).isNotNull();
    }
}
