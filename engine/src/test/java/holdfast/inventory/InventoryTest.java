package holdfast.inventory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import holdfast.problem.ProblemsException;
import holdfast.yaml.Value;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An inventory means what it means to Ansible. */
final class InventoryTest {

    @TempDir
    Path dir;

    @Test
    void variablesAreLaidOverEachOtherInAnsiblesOrder() throws IOException {
        write("h.yml", """
                all:
                  vars: {a: all, b: all, c: all, d: all, e: all, f: all, g: all}
                  children:
                    parent:
                      vars: {b: parent, c: parent}
                      children:
                        child:
                          vars: {c: child}
                          hosts:
                            p: {f: host, g: host}
                """);
        write("group_vars/all.yml", "d: all-file\ne: all-file\nf: all-file\n");
        write("group_vars/child/main.yml", "e: child-file\n");
        write("host_vars/p.json", "{\"g\": \"host-file\"}");
        Host host = load("h.yml").host("p").orElseThrow();

        assertThat(host.groups()).containsExactly("all", "parent", "child");
        assertThat(text(host, "a")).isEqualTo("all");
        assertThat(text(host, "b")).isEqualTo("parent");
        assertThat(text(host, "c")).isEqualTo("child");
        assertThat(text(host, "d")).isEqualTo("all-file");
        assertThat(text(host, "e")).isEqualTo("child-file");
        assertThat(text(host, "f")).isEqualTo("host");
        assertThat(text(host, "g")).isEqualTo("host-file");
    }

    @Test
    void amongEqualsTheAlphabetDecidesAndThePriorityOverrulesIt() throws IOException {
        write("h.ini", """
                [b]
                p
                [a]
                p
                [a:vars]
                x=a
                y=a
                [b:vars]
                x=b
                """);
        assertThat(text(load("h.ini").host("p").orElseThrow(), "x")).isEqualTo("b");
        Files.writeString(
                dir.resolve("h.ini"), Files.readString(dir.resolve("h.ini")) + "[a:vars]\nansible_group_priority=9\n");
        assertThat(text(load("h.ini").host("p").orElseThrow(), "x")).isEqualTo("a");
    }

    @Test
    void iniValuesAreParsedAsAnsibleDoes() throws IOException {
        write("h.ini", """
                # a comment
                ; another
                p a=1 b="two words" c='x#y' e=\\"q f=True d=x#comment z=1
                q:2222
                [g:vars]
                v = text with spaces
                w = 'quoted'   # comment
                x = {"k": [1, 2]}
                [g]
                p
                """);
        Inventory inventory = load("h.ini");
        Host host = inventory.host("p").orElseThrow();

        assertThat(text(host, "a")).isEqualTo("1");
        assertThat(text(host, "b")).isEqualTo("two words");
        assertThat(text(host, "c")).isEqualTo("x#y");
        assertThat(text(host, "d")).isEqualTo("x");
        assertThat(text(host, "e")).isEqualTo("\"q");
        assertThat(text(host, "f")).isEqualTo("true");
        assertThat(text(host, "v")).isEqualTo("text with spaces");
        assertThat(text(host, "w")).isEqualTo("quoted");
        assertThat(host.vars().get("x")).isInstanceOf(Value.Mapping.class);
        assertThat(inventory.host("q").orElseThrow().target(Login.NONE).port()).hasValue(2222);
    }

    @Test
    void addressesOfBothKindsCanBeHosts() throws IOException {
        write("h.yml", "all: {hosts: {192.0.2.1: , '2001:db8::1': , '[2001:db8::2]:2222': , 'a:23': }}");
        Inventory inventory = load("h.yml");

        assertThat(inventory.hosts())
                .extracting(Host::name)
                .containsExactly("192.0.2.1", "2001:db8::1", "2001:db8::2", "a");
        assertThat(inventory.host("2001:db8::2").orElseThrow().access().port()).hasValue(2222);
        assertThat(inventory.select("2001:db8::1")).hasSize(1);
    }

    @Test
    void aDirectoryIsReadInOrderAndLeftoversAreIgnored() throws IOException {
        write("inv/01.yml", "all: {hosts: {a: {x: 1}}}");
        write("inv/02", "a x=2\nb\n");
        write("inv/sub/03", "c\n");
        for (String ignored :
                List.of(".hidden", "a~", "a.orig", "a.bak", "a.retry", "a.pyc", "a.cfg", "b.ini", "b.ini~")) {
            write("inv/" + ignored, "ignored-" + ignored.length() + "\n");
        }
        write("inv/group_vars/all.yml", "y: 3\n");
        Inventory inventory = load("inv");

        assertThat(inventory.hosts()).extracting(Host::name).containsExactly("a", "b", "c");
        assertThat(text(inventory.host("a").orElseThrow(), "x")).isEqualTo("2");
        assertThat(text(inventory.host("c").orElseThrow(), "y")).isEqualTo("3");
        assertThat(inventory.notices()).singleElement().asString().contains("b.ini is not read", "call it b");
    }

    @Test
    void anEmptyGroupIsWrittenWithItsKeysSoThatAnsibleDoesNotTakeItForAHost() throws IOException {
        write("h.yml", "all: {children: {web: {hosts: {a: }}}}");

        assertThat(load("h.yml").toAnsibleJson()).containsPattern("\"ungrouped\" : \\{\\s*\"hosts\" : \\[ ?\\]");
    }

    @Test
    void laterSourcesWin() throws IOException {
        write("one.ini", "a ansible_user=one\n");
        write("two.ini", "a ansible_user=two\n");
        Inventory inventory = Inventory.load(List.of(
                dir.resolve("one.ini").toString(), dir.resolve("two.ini").toString(), "b,"));

        assertThat(inventory.hosts()).extracting(Host::name).containsExactly("a", "b");
        assertThat(inventory.hosts().getFirst().access().user()).contains("two");
    }

    @Test
    void theInventoryWinsOverTheCommandLineAndExtraVariablesOverBoth() throws IOException {
        write("h.ini", "a ansible_user=inv ansible_become=no\nb\n");
        Login login = new Login(Optional.of("cli"), Optional.empty(), true);
        Inventory inventory = load("h.ini");

        assertThat(inventory.hosts().getFirst().target(login).user()).contains("inv");
        assertThat(inventory.hosts().getFirst().target(login).become()).isFalse();
        assertThat(inventory.hosts().getLast().target(login).user()).contains("cli");
        assertThat(inventory.hosts().getLast().target(login).become()).isTrue();
        Inventory extra = Inventory.load(
                List.of(dir.resolve("h.ini").toString()),
                List.of("ansible_user=extra x='1 2'", "{holdfast: {time: {max_skew_ms: 7}}}"),
                List.of());
        assertThat(extra.hosts()).allSatisfy(host -> {
            assertThat(host.target(login).user()).contains("extra");
            assertThat(host.policy().time().maxSkewMs()).isEqualTo(7);
        });
    }

    @Test
    void keysOfTheHomeDirectoryAreFound() throws IOException {
        write(
                "h.yml",
                "all: {hosts: {a: {ansible_ssh_private_key_file: ~/.ssh/id}, b: {ansible_private_key_file: k}}}");
        Inventory inventory = load("h.yml");

        assertThat(inventory.hosts().getFirst().access().privateKey())
                .contains(Path.of(System.getProperty("user.home"), ".ssh/id"));
        assertThat(inventory.hosts().getLast().access().privateKey()).contains(Path.of("k"));
    }

    @Test
    void theOldSpellingsWorkAndLocalIsLocal() throws IOException {
        write(
                "h.ini",
                "a ansible_ssh_host=192.0.2.1 ansible_ssh_port=23 ansible_ssh_user=u\nb ansible_connection=local\n");
        Inventory inventory = load("h.ini");

        assertThat(inventory.hosts().getFirst().target(Login.NONE).host()).isEqualTo("192.0.2.1");
        assertThat(inventory.hosts().getFirst().target(Login.NONE).port()).hasValue(23);
        assertThat(inventory.hosts().getLast().target(Login.NONE).local()).isTrue();
        assertThat(inventory.notices()).isEmpty();
    }

    @Test
    void ignoredVariablesAreNoticedOnceAndPasswordsAreNeverShown() throws IOException {
        write("h.ini", """
                a ansible_python_interpreter=/x ansible_password=hunter2 db_token=t0ps3cret
                b ansible_python_interpreter=/x ansible_become_password=hunter2 ansible_ssh_common_args='-J x'
                """);
        write("host_vars/aa.yml", "x: 1\n");
        Inventory inventory = load("h.ini");

        assertThat(inventory.notices().stream().map(notice -> notice.replace(dir + "/", "")))
                .containsExactly(
                        "host_vars/aa.yml belongs to no host of this inventory; did you mean \"a\"?",
                        "passwords of the inventory are not used (ansible_become_password, ansible_password):"
                                + " -k asks for the login's, -K for sudo's",
                        "not used: ansible_ssh_common_args; write such options (ProxyJump, …) in ~/.ssh/config",
                        "variables of Ansible that holdfast does not use: ansible_python_interpreter");
        assertThat(inventory.toAnsibleJson() + inventory.hosts() + inventory.notices())
                .doesNotContain("hunter2", "t0ps3cret");
        assertThat(inventory.withheld()).containsExactly("ansible_become_password", "ansible_password", "db_token");
    }

    @Test
    void theGraphIsAnsibles() throws IOException {
        write("h.ini", "z\n[g]\na\n[h]\nb\n[p:children]\ng\nh\n");

        assertThat(load("h.ini").graph()).isEqualTo("""
                @all:
                  |--@ungrouped:
                  |  |--z
                  |--@p:
                  |  |--@g:
                  |  |  |--a
                  |  |--@h:
                  |  |  |--b
                """);
    }

    @Test
    void whatIsListedCanBeReadBackFromAProgram() throws IOException {
        write("h.yml", """
                all:
                  hosts: {z: }
                  vars: {n: 1, f: 1.5, t: yes, s: "yes", l: [1, {k: ~}], ansible_user: ops}
                  children:
                    g:
                      hosts:
                        'p[1:3]': {holdfast: {sshd: {password_authentication: no, break_glass: [ops]}}}
                """);
        Inventory inventory = load("h.yml");
        program("answer", "cat <<'EOF'\n" + inventory.toAnsibleJson() + "EOF\n");
        Inventory again = load("answer");

        assertThat(again.toAnsibleJson()).isEqualTo(inventory.toAnsibleJson());
        assertThat(again.graph()).isEqualTo(inventory.graph());
        assertThat(Inventory.policyDigest(again.hosts())).isEqualTo(Inventory.policyDigest(inventory.hosts()));
        assertThat(again.host("p1").orElseThrow().policy().sshd().breakGlass()).containsExactly("ops");
    }

    @Test
    void aProgramWithoutMetaIsAskedForEachHost() throws IOException {
        program("inv", """
                case $1 in
                --list) echo '{"g": ["a", "b"], "h": {"children": ["g"], "vars": {"x": 1}}}' ;;
                --host) echo "{\\"ansible_host\\": \\"$2.example.com\\"}" ;;
                esac
                """);

        assertThat(load("inv").hosts())
                .extracting(host -> host.target(Login.NONE).host())
                .containsExactly("a.example.com", "b.example.com");
    }

    @Test
    void aProgramThatFailsIsShownWithWhatItSaid() throws IOException {
        program("inv", "printf 'no \\033[31mcredentials\\n' >&2; exit 3\n");
        program("inv2", "echo '{\"g\": '\n");
        write("inv3", "#!/bin/sh\n");

        assertThat(fails("inv")).isEqualTo("inv --list: failed with exit status 3: no \\x1b[31mcredentials");
        assertThat(fails("inv2")).startsWith("inv2 --list:2:1: not valid JSON: ");
        assertThat(fails("inv3")).isEqualTo("inv3:1:1: this is a program, but not executable: chmod +x it");
    }

    @Test
    void aPatternMayStandInAFile() throws IOException {
        Path limit = write("limit", "# those that failed\na\n\nb # this too\n");

        assertThat(Inventory.load(List.of("a,b,c")).select("@" + limit + ":!b"))
                .extracting(Host::name)
                .containsExactly("a");
    }

    @Test
    void encryptedFilesAreLeftOutWithANotice() throws IOException {
        write("h.ini", "a\n");
        write("group_vars/all/vault.yml", "$ANSIBLE_VAULT;1.1;AES256\n6162\n");
        write("group_vars/all/main.yml", "ansible_user: ops\n");
        Inventory inventory = load("h.ini");

        assertThat(inventory.notices())
                .singleElement()
                .asString()
                .startsWith("encrypted with ansible-vault and not read");
        assertThat(inventory.hosts().getFirst().access().user()).contains("ops");
    }

    private Path write(String name, String text) throws IOException {
        Path file = dir.resolve(name);
        Files.createDirectories(file.getParent());
        return Files.writeString(file, text);
    }

    private void program(String name, String body) throws IOException {
        Files.setPosixFilePermissions(write(name, "#!/bin/sh\n" + body), PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    private Inventory load(String name) {
        return Inventory.load(List.of(dir.resolve(name).toString()));
    }

    private String fails(String name) {
        return String.valueOf(catchThrowableOfType(ProblemsException.class, () -> load(name))
                        .getMessage())
                .replace(dir + "/", "");
    }

    private static String text(Host host, String name) {
        return host.vars().get(name) instanceof Value.Scalar scalar ? scalar.text() : "not set";
    }
}
