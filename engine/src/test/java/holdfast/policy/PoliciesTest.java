package holdfast.policy;

import static org.assertj.core.api.Assertions.assertThat;

import com.networknt.schema.Schema;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import holdfast.problem.Problem;
import holdfast.problem.Problems;
import holdfast.yaml.Value;
import holdfast.yaml.Yaml;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.json.JsonMapper;

/** A policy is its profile with the layers merged over it, and every mistake in a layer is told. */
final class PoliciesTest {

    @Test
    void theBaselineHoldsTheDocumentedDefaults() {
        Policy policy = Policies.builtIn().base();

        assertThat(policy.profile()).isEqualTo("baseline");
        assertThat(policy.sshd().rootLogin()).isEqualTo(RootLogin.NO);
        assertThat(policy.sshd().rootLoginFromPeers()).isEqualTo(RootLogin.PROHIBIT_PASSWORD);
        assertThat(policy.time()).isEqualTo(new Policy.Time(List.of(), 100, 500));
        assertThat(policy.pveproxy().port()).isEqualTo(8006);
        assertThat(policy.firewall().inputPolicy()).isEqualTo(InputPolicy.DROP);
        assertThat(policy.certificates()).isEqualTo(new Policy.Certificates(30, 7, false));
        assertThat(policy.cluster()).isEqualTo(new Policy.Cluster(true, 1, 1));
    }

    @Test
    void everyProfileSetsEveryKey() {
        for (String profile : PolicyKeys.PROFILES) {
            assertThat(Policies.builtIn(profile).base().profile()).isEqualTo(profile);
        }
    }

    @Test
    void mapsMergeKeyByKeyAndListsReplace() {
        Problems problems = new Problems();
        Policies file =
                Policies.of(yaml("profile: enhanced\ntime: {servers: [a.example.com], max_offset_ms: 70}\n"), problems);
        Policy policy = file.merge(yaml("time: {servers: [b.example.com]}"), problems);

        assertThat(problems.list()).isEmpty();
        assertThat(policy.time()).isEqualTo(new Policy.Time(List.of("b.example.com"), 70, 100));
        assertThat(policy.certificates().warnDays()).isEqualTo(45);
    }

    @Test
    void aLaterFileIsMergedOverAnEarlierOne(@TempDir Path dir) throws IOException {
        Path one = Files.writeString(
                dir.resolve("one.yml"),
                "profile: enhanced\ntime: {servers: [a.example.com], max_offset_ms: 70}\naccess: {lists: [{cluster: a}]}\n");
        Path two = Files.writeString(
                dir.resolve("two.json"),
                "{\"time\": {\"servers\": [\"b.example.com\"]}, \"access\": {\"root_days\": 3}}");
        Path three = Files.writeString(dir.resolve("three.yml"), "access: {lists: [{cluster: b}]}\n");
        Problems problems = new Problems();
        Policy policy = Policies.read(List.of(one, two, three), problems).base();

        assertThat(problems.list()).isEmpty();
        assertThat(policy.time()).isEqualTo(new Policy.Time(List.of("b.example.com"), 70, 100));
        assertThat(policy.access().rootDays()).isEqualTo(3);
        assertThat(policy.access().lists())
                .extracting(holdfast.access.AccessList::cluster)
                .containsExactly(java.util.Optional.of("b"));
        assertThat(Policies.read(List.of(), problems).base())
                .isEqualTo(Policies.builtIn().base());
    }

    @Test
    void theMistakesOfEachFileAreToldWithItsName(@TempDir Path dir) throws IOException {
        Path one = Files.writeString(dir.resolve("one.yml"), "certificates: {warn_days: 5}\ntyme: {}\n");
        Path two = Files.writeString(dir.resolve("two.yml"), "certificates: {fail_days: 6}\n");
        Problems problems = new Problems();
        Policies.read(List.of(one, two, dir.resolve("none.yml")), problems);

        assertThat(problems.list())
                .extracting(problem -> problem.where().file().replaceFirst(".*/", ""))
                .containsExactlyInAnyOrder("one.yml", "two.yml", "none.yml");
        assertThat(problems.list().toString()).contains("did you mean time?", "must not be more than", "no such file");
    }

    @Test
    void aHostMayHaveItsOwnProfileUnderWhatTheFileSays() {
        Problems problems = new Problems();
        Policies file = Policies.of(yaml("certificates: {warn_days: 33}"), problems);
        Policy policy = file.merge(yaml("profile: enhanced"), problems);

        assertThat(policy.certificates()).isEqualTo(new Policy.Certificates(33, 14, true));
    }

    @Test
    void yamlsBooleansMeanYesAndNo() {
        for (String no : List.of("no", "false", "off", "'no'")) {
            assertThat(read("sshd: {root_login: " + no + ", password_authentication: " + no + "}")
                            .sshd()
                            .rootLogin())
                    .isEqualTo(RootLogin.NO);
        }
        assertThat(read("sshd: {root_login: yes}").sshd().rootLogin()).isEqualTo(RootLogin.YES);
    }

    @Test
    void anEmptySectionChangesNothing() {
        assertThat(read("sshd:\ntime:\n")).isEqualTo(Policies.builtIn().base());
        assertThat(read("")).isEqualTo(Policies.builtIn().base());
    }

    @Test
    void aWaiverIsRead() {
        assertThat(read("waivers: [{check: a.b, nodes: ['pve*'], reason: r, owner: o, expires: 2027-01-31}]")
                        .waivers())
                .containsExactly(new Waiver("a.b", List.of("pve*"), "r", "o", LocalDate.of(2027, 1, 31)));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "`sshd: {rootlogin: no}` | `p:1:8: unknown key sshd.rootlogin; did you mean root_login?`",
                "`ssh: {}` | `p:1:1: unknown key ssh; did you mean sshd?`",
                "`root_login: no` | `p:1:1: unknown key root_login; did you mean sshd.root_login?`",
                "`cluster: {colour: 1}` | `p:1:11: unknown key cluster.colour; it can be require_quorum, min_margin, min_links`",
                "`profile: strict` | `p:1:10: profile must be baseline | enhanced, not \"strict\"`",
                "`sshd: {root_login: maybe}` | `p:1:20: sshd.root_login must be no | prohibit-password | yes, not \"maybe\"`",
                "`sshd: no` | `p:1:7: sshd is a map with root_login, root_login_from_peers, password_authentication, break_glass, not a boolean`",
                "`sshd: {break_glass: ops}` | `p:1:21: sshd.break_glass must be a list of Linux user names, not \"ops\"`",
                "`sshd: {break_glass: [Ops]}` | `p:1:22: sshd.break_glass: \"Ops\" is not a Linux user name such as ops`",
                "`sshd: {break_glass: [ops, ops]}` | `p:1:27: sshd.break_glass: ops stands here twice`",
                "`sshd: {break_glass: [[ops]]}` | `p:1:22: sshd.break_glass must be a list of Linux user names; this item is a list`",
                "`time: {max_skew_ms: 0}` | `p:1:21: time.max_skew_ms must be a whole number from 1 to 3600000, not \"0\"`",
                "`time: {max_skew_ms: 0x10}` | `p:1:21: time.max_skew_ms must be a whole number from 1 to 3600000, not \"0x10\"`",
                "`time: {max_skew_ms: }` | `p:1:20: time.max_skew_ms must be a whole number from 1 to 3600000, not nothing`",
                "`time: {servers: ['a b']}` | `p:1:18: time.servers: \"a b\" is not a host name or address`",
                "`pveproxy: {port: 65536}` | `p:1:18: pveproxy.port must be a whole number from 1 to 65535, not \"65536\"`",
                "`pveproxy: {addresses: [pve1]}` | `p:1:24: pveproxy.addresses: \"pve1\" is not an IP address`",
                "`firewall: {enabled: 2}` | `p:1:21: firewall.enabled must be true | false, not \"2\"`",
                "`firewall: {admin_networks: [10.0.0.1/24]}` | `p:1:29: firewall.admin_networks: 10.0.0.1/24 has host bits set: write 10.0.0.0/24`",
                "`firewall: {admin_networks: [10.0.0.0/33]}` | `p:1:29: firewall.admin_networks: \"10.0.0.0/33\" is not a network such as 10.0.0.0/24`",
                "`certificates: {fail_days: 31}` | `p:1:27: certificates.fail_days (31) must not be more than certificates.warn_days (30)`",
                "`cluster: {min_links: 9}` | `p:1:22: cluster.min_links must be a whole number from 1 to 8, not \"9\"`",
                "`waivers: [{check: a.b}]` | `p:1:11: waivers: this waiver lacks nodes, reason, owner, expires; all of check, nodes, reason, owner, expires are required`",
                "`waivers: [{check: a.b, nodes: [x], reason: r, owner: o, expires: 2027-02-30}]` | `p:1:66: waivers.expires: there is no day 2027-02-30`",
                "`waivers: [{check: a.b, nodes: [x], reason: r, owner: o, expires: soon}]` | `p:1:66: waivers.expires must be a date such as 2026-12-31, not \"soon\"`",
                "`waivers: [{check: a.b, nodes: [], reason: r, owner: o, expires: 2027-01-01}]` | `p:1:31: waivers.nodes is empty: name the nodes, or write [\"*\"]`",
                "`waivers: {}` | `p:1:10: waivers must be a list of maps, each with check, nodes, reason, owner, expires, not a map`",
                "`[sshd]` | `p:1:1: a policy is a map of keys such as sshd:, not a list`",
            })
    void aMistakeSaysWhatWouldBeRight(String yaml, String message) {
        Problems problems = new Problems();
        Policies unused = Policies.of(yaml(yaml), problems);

        assertThat(unused.base()).isNotNull();
        assertThat(problems.list().stream().map(Problem::toString).collect(Collectors.joining("\n")))
                .isEqualTo(message);
    }

    @Test
    void allMistakesAreToldAtOnce() {
        Problems problems = new Problems();
        Policies.builtIn().check(yaml("sshd: {a: 1, b: 2}\ntime: {max_skew_ms: x}\n"), problems);

        assertThat(problems.list())
                .hasSize(3)
                .allMatch(problem -> problem.message().contains("holdfast."));
    }

    @Test
    void theDigestChangesWithThePolicyAndOnlyWithIt() {
        Policy baseline = Policies.builtIn().base();
        Policy other = read("time: {max_skew_ms: 501}");

        assertThat(Policies.digest(Map.of("a", baseline, "b", other)))
                .matches("[0-9a-f]{64}")
                .isEqualTo(Policies.digest(Map.of("b", read("time: {max_skew_ms: 501}"), "a", baseline)))
                .isNotEqualTo(Policies.digest(Map.of("a", other, "b", baseline)))
                .isNotEqualTo(Policies.digest(Map.of("a", baseline)));
    }

    @Test
    void consentToOneRunIsNoPartOfThePolicyThatAReportTells() {
        Policy policy = read("access: { administrators: [alice@pve] }");
        assertThat(policy.access().revokeInUse()).isFalse();
        assertThat(policy.revokingInUse().access().revokeInUse()).isTrue();
        assertThat(Policies.canonical(policy.revokingInUse())).isEqualTo(Policies.canonical(policy));
    }

    @Test
    void theSchemaAcceptsTheProfilesAndRefusesUnknownKeys() throws Exception {
        String text = Files.readString(Path.of("../inventories/schema/policy.schema.json"));
        Schema schema = SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12)
                .getSchema(text);
        JsonMapper mapper = new JsonMapper();

        assertThat(schema.validate(mapper.readTree("{\"sshd\": {\"root_login\": false, \"break_glass\": [\"ops\"]}}")))
                .isEmpty();
        assertThat(schema.validate(mapper.readTree("{\"sshd\": {\"rootlogin\": false}}")))
                .isNotEmpty();
        assertThat(schema.validate(mapper.readTree("{\"cluster\": {\"min_links\": 9}}")))
                .isNotEmpty();
        assertThat(schema.validate(mapper.readTree("{\"waivers\": [{\"check\": \"a.b\"}]}")))
                .isNotEmpty();
    }

    private static Policy read(String text) {
        Problems problems = new Problems();
        Policy policy = Policies.of(yaml(text), problems).base();
        assertThat(problems.list()).isEmpty();
        return policy;
    }

    private static Value yaml(String text) {
        Problems problems = new Problems();
        Value value = Yaml.read("p", text, problems).orElseThrow();
        assertThat(problems.list()).isEmpty();
        return value;
    }
}
