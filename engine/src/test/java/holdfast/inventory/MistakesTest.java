package holdfast.inventory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import holdfast.problem.ProblemsException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Every mistake in an inventory has one clear message with its place, and nothing unsafe gets through. */
final class MistakesTest {

    @TempDir
    Path dir;

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "`all: {hosts: {p: {ansible_host: \"a\\nb\"}}}` | `h.yml:1:33: ansible_host must be RULE, not \"a\\x0ab\"`",
                "`all: {hosts: {p: {ansible_host: $(reboot)}}}` | `h.yml:1:33: ansible_host must be RULE, not \"$(reboot)\"`",
                "`all: {hosts: {p: {ansible_host: -oProxyCommand=x}}}` | `h.yml:1:33: ansible_host must be RULE, not \"-oProxyCommand=x\"`",
                "`all: {hosts: {p: {ansible_user: '-l'}}}` | `h.yml:1:33: ansible_user must be a user's name (letters, digits, \".\", \"_\", \"-\", \"@\" and \"+\", not \"-\" first), not \"-l\"`",
                "`all: {hosts: {p: {ansible_port: 0}}}` | `h.yml:1:33: ansible_port must be a number from 1 to 65535, not \"0\"`",
                "`all: {hosts: {p: {ansible_port: [22]}}}` | `h.yml:1:33: ansible_port must be a number from 1 to 65535, not a list`",
                "`all: {hosts: {p: {ansible_user: '{{ user }}'}}}` | `h.yml:1:33: ansible_user is a Jinja2 template, and templates are not evaluated: write the value itself`",
                "`all: {hosts: {p: {ansible_user: !vault x}}}` | `h.yml:1:33: ansible_user is encrypted with ansible-vault, which is not opened here: write it in plain text`",
                "`all: {hosts: {p: {ansible_become_user: ops}}}` | `h.yml:1:40: ansible_become_user must be root, since holdfast becomes no other user, not \"ops\"`",
                "`all: {hosts: {p: {ansible_connection: docker}}}` | `h.yml:1:39: ansible_connection must be ssh or local, not \"docker\"`",
                "`all: {hosts: {p: {ansible_become: maybe}}}` | `h.yml:1:35: ansible_become must be true or false, not \"maybe\"`",
                "`all: {hosts: {'p;reboot': }}` | `h.yml:1:15: \"p;reboot\" must be RULE; a range is written pve[01:16]`",
                "`all: {hosts: {10.0.0.300: }}` | `h.yml:1:15: \"10.0.0.300\" must be RULE; a range is written pve[01:16]`",
                "`all: {hosts: {p: , p: }}` | `h.yml:1:20: the key \"p\" stands here twice: first on line 1`",
                "`all: {hosts: [p]}` | `h.yml:1:14: hosts is a map: write each name with a colon and no dash, such as \"pve1:\", not a list`",
                "`all: {host: {p: }}` | `h.yml:1:7: \"host\" is not part of a group: it can be hosts, children or vars; did you mean \"hosts\"?`",
                "`all: {children: {a: {children: {b: {children: {a: }}}}}, hosts: {p: }}` | `h.yml:1:48: the groups go round in a circle: b → a → b; remove one of these children`",
                "`all: {children: {a: {children: {a: }}}, hosts: {p: }}` | `h.yml:1:33: the groups go round in a circle: a → a; remove one of these children`",
                "`all: {hosts: {p: {holdfast: {sshd: {rootlogin: no}}}}}` | `h.yml:1:37: unknown key holdfast.sshd.rootlogin; did you mean root_login?`",
                "`all: {hosts: {p: {holdfast: x}}}` | `h.yml:1:29: holdfast is a map of keys such as sshd:, not text`",
                "`all: {hosts: {p: 3}}` | `h.yml:1:18: the variables of the host p must be a map of names and values, not a whole number`",
                "`plugin: aws_ec2` | `h.yml:1:1: this configures an inventory plugin`",
                "`[p]` | `h.yml:1:1: an inventory is a map of groups such as all:, not a list`",
                "`all:` | `h.yml: the inventory is empty: name at least one host under hosts:`",
            })
    void aMistakeInYamlIsTold(String yaml, String message) throws IOException {
        String expected = message.replace("RULE", Draft.HOST_RULE);

        assertThat(mistakes("h.yml", yaml)).startsWith(expected);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "`[g]\\np\\np` | `h.ini:3:1: the host p stands in the group g twice: first on line 2`",
                "`[g]\\np oops` | `h.ini:2:3: after the host's name comes key=value, not \"oops\"`",
                "`[g]\\np a=\"b` | `h.ini:2:1: the quote \" is not closed on this line`",
                "`[g]\\np\\n[h:children]\\ngg` | `h.ini:4:1: there is no group gg; did you mean \"g\"?; a group begins with [gg]`",
                "`[g]\\np\\n[x:vars]\\na=1` | `h.ini:3:2: there is no group x; did you mean \"g\"?; a group begins with [x]`",
                "`[g:var]\\np` | `h.ini:1:1: [g:var] is not a section: it can be [g], [g:children] or [g:vars]; did you mean \"vars\"?`",
                "`[a b]\\np` | `h.ini:1:1: \"[a b]\" is not a section: write [group] or [group:vars]`",
                "`[g]\\np\\n[g:vars]\\nansible_user ops` | `h.ini:4:1: under [g:vars] each line is key=value`",
                "`p ansible_user='o p'` | `h.ini:1:16: ansible_user must be a user's name`",
                "`p\\n[all:vars]\\nansible_user = \"a\\\\nb\"` | `h.ini:3:16: ansible_user must be a user's name`",
                "`[a:children]\\nb\\n[b:children]\\na\\n[c]\\np` | `h.ini:4:1: the groups go round in a circle: b → a → b; remove one of these children`",
            })
    void aMistakeInIniIsTold(String ini, String message) throws IOException {
        assertThat(mistakes(
                        "h.ini",
                        ini.replace("\\\\n", "\u0001").replace("\\n", "\n").replace("\u0001", "\\n")))
                .startsWith(message);
    }

    @Test
    void allMistakesOfAllFilesAreToldAtOnce() throws IOException {
        Files.writeString(dir.resolve("policy.yml"), "sshd: {rootlogin: no}\n");
        Files.createDirectory(dir.resolve("host_vars"));
        Files.writeString(dir.resolve("host_vars/p.yml"), "ansible_port: 99999\n");
        Path hosts = Files.writeString(dir.resolve("h.ini"), "p ansible_user=-x\n-y\n");

        ProblemsException thrown = catchThrowableOfType(
                ProblemsException.class,
                () -> Inventory.load(
                        List.of(hosts.toString()), List.of("ansible_host=a;b"), List.of(dir.resolve("policy.yml"))));

        assertThat(thrown.problems()).hasSize(5);
    }

    @Test
    void aMistakeInAGroupIsToldOnceHoweverManyHostsItHas() throws IOException {
        assertThat(mistakes("h.ini", "[g]\np[1:500]\n[g:vars]\nansible_user=-x\n")
                        .lines())
                .hasSize(1);
    }

    @Test
    void missingSourcesAreTold() {
        assertThat(fails(List.of("/nowhere/hosts")))
                .isEqualTo("/nowhere/hosts: no such inventory file or directory;"
                        + " for a list of hosts write \"/nowhere/hosts,\"");
    }

    @Test
    void unknownPatternsAreTold() {
        Inventory inventory = Inventory.load(List.of("pve1,pve2,"));

        assertThat(catchThrowableOfType(ProblemsException.class, () -> inventory.select("pvee1")))
                .hasMessage("--limit: no host or group matches \"pvee1\"; did you mean \"pve1\"?");
        assertThat(catchThrowableOfType(ProblemsException.class, () -> inventory.select("all:!all")))
                .hasMessage("--limit: the pattern \"all:!all\" selects no host");
        assertThat(catchThrowableOfType(ProblemsException.class, () -> inventory.select("@/nowhere")))
                .hasMessage("/nowhere: no such file");
    }

    @Property(tries = 500)
    void noValueBringsControlCharactersOrALeadingDashIntoATarget(@ForAll("values") String value) throws IOException {
        String quoted = "\""
                + value.codePoints()
                        .mapToObj(c -> c > 0x20 && c < 0x7f && c != '"' && c != '\\'
                                ? Character.toString(c)
                                : "\\U%08x".formatted(c))
                        .reduce("", String::concat)
                + "\"";
        for (String name : List.of("ansible_host", "ansible_user", "ansible_ssh_private_key_file", "ansible_port")) {
            Path file = Files.writeString(
                    Files.createTempDirectory("inv").resolve("h.yml"),
                    "all: {hosts: {p: {" + name + ": " + quoted + "}}}");
            try {
                Inventory.load(List.of(file.toString())).hosts().forEach(host -> {
                    var target = host.target(Login.NONE);
                    for (String field : List.of(
                            target.name(),
                            target.host(),
                            target.user().orElse(""),
                            target.privateKey().map(Path::toString).orElse(""))) {
                        assertThat(field).doesNotStartWith("-").doesNotContainPattern("\\p{Cntrl}|\u202e|\u2028");
                    }
                });
            } catch (ProblemsException e) {
                assertThat(e.getMessage()).doesNotContainPattern("[\\p{Cntrl}&&[^\n]]");
            } finally {
                Files.delete(file);
                Files.delete(file.getParent());
            }
        }
    }

    @Provide
    Arbitrary<String> values() {
        return Arbitraries.oneOf(
                Arbitraries.strings().ofMaxLength(20),
                Arbitraries.of("-", "a", "~", "/", ".", "\n", "\u001b", "\u202e", "$(", "`", "1", " ", "\u2028", ":")
                        .list()
                        .ofMaxSize(6)
                        .map(list -> String.join("", list)));
    }

    @Property(tries = 300)
    void noTextThrowsAnythingButProblems(@ForAll("texts") String text) throws IOException {
        Path temporary = Files.createTempDirectory("inv");
        try {
            for (String name : List.of("h.ini", "h.yml", "h.json", "h")) {
                Path file = Files.writeString(temporary.resolve(name), text);
                try {
                    assertThat(Inventory.load(List.of(file.toString())).graph()).startsWith("@all:");
                } catch (ProblemsException e) {
                    assertThat(e.problems()).isNotEmpty();
                }
                Files.delete(file);
            }
        } finally {
            Files.delete(temporary);
        }
    }

    @Provide
    Arbitrary<String> texts() {
        return Arbitraries.of(
                        "a",
                        "b",
                        "[",
                        "]",
                        ":",
                        "\n",
                        "=",
                        "'",
                        "\"",
                        "\\",
                        "#",
                        " ",
                        "\t",
                        "{",
                        "}",
                        ",",
                        "- ",
                        "[a]\n",
                        "[b:children]\n",
                        "[a:vars]\n",
                        "[1:3]",
                        "hosts: ",
                        "children: ",
                        "vars: ",
                        "holdfast: ",
                        "all: ",
                        "  ",
                        "ansible_port",
                        "_meta: ",
                        "::1",
                        "~")
                .list()
                .ofMaxSize(30)
                .map(list -> String.join("", list));
    }

    @Test
    void hugeLinesAreRefusedQuickly() throws IOException {
        assertThat(mistakes("a.ini", "[a]".repeat(300_000))).startsWith("a.ini:1:1: ");
        assertThat(mistakes("b.ini", "p" + "[a]".repeat(300_000) + "x"))
                .startsWith("b.ini:1:1: a host's name is longer");
        assertThat(mistakes("c.ini", "p ansible_host=" + ":".repeat(1_000_000))).startsWith("c.ini:1:16: ansible_host");
        assertThat(mistakes("d.ini", "[g]\np\n[g:vars]\nansible_user='" + "\\x".repeat(500_000) + "'\n"))
                .startsWith("d.ini:4:14: ansible_user");
    }

    private String mistakes(String name, String text) throws IOException {
        Path file = Files.writeString(dir.resolve(name), text);
        return fails(List.of(file.toString())).replace(dir + "/", "");
    }

    private static String fails(List<String> sources) {
        return String.valueOf(catchThrowableOfType(ProblemsException.class, () -> Inventory.load(sources))
                .getMessage());
    }
}
