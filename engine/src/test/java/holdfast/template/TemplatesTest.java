package holdfast.template;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import freemarker.core.ParseException;
import freemarker.template.Configuration;
import freemarker.template.Template;
import holdfast.policy.Cidr;
import holdfast.policy.RootLogin;
import holdfast.problem.ProblemsException;
import holdfast.text.HostName;
import holdfast.text.Printable;
import holdfast.text.UserName;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import javax.swing.tree.TreeNode;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class TemplatesTest {

    private static final String NAME = "area/file.conf";

    /** All that a model may hold. */
    record Model(int number, long large, boolean truth, RootLogin choice, Cidr network, List<HostName> hosts) {}

    private static final Model MODEL = new Model(
            1234567,
            -9876543210L,
            true,
            RootLogin.PROHIBIT_PASSWORD,
            Cidr.parse("10.0.0.0/8").orElseThrow(),
            List.of(new HostName("a"), new HostName("b")));

    private static final List<Snippet> KNOWN = List.of(new Snippet(NAME, "/etc/file.conf", "area.file", Model.class));

    @TempDir
    @SuppressWarnings("NullAway.Init")
    private Path directory;

    /** A class path with this one template. */
    private static ClassLoader holding(String source) {
        return new ClassLoader(null) {
            @Override
            public @Nullable InputStream getResourceAsStream(String name) {
                return name.equals("templates/" + NAME + ".ftl")
                        ? new ByteArrayInputStream(source.getBytes(StandardCharsets.UTF_8))
                        : null;
            }
        };
    }

    private static String rendered(String source, Record model) {
        return new Templates(holding(source)).render(NAME, model);
    }

    private Templates replacing(String source) throws IOException {
        Files.createDirectories(directory.resolve("area"));
        Files.writeString(directory.resolve("area/file.conf.ftl"), source);
        return new Templates(holding("built in\n"), Optional.of(directory));
    }

    // ------------------------------------------------------------------ values

    @ParameterizedTest
    @ValueSource(strings = {"tr-TR", "ar-EG-u-nu-arab", "de-DE", "fa-IR", "th-TH-u-nu-thai"})
    void numbersAndBooleansKnowNoLocale(String tag) {
        Locale before = Locale.getDefault();
        try {
            Locale.setDefault(Locale.forLanguageTag(tag));
            assertThat(rendered("${number} ${large} ${truth} ${choice} ${network} ${hosts?size}", MODEL))
                    .isEqualTo("1234567 -9876543210 true prohibit-password 10.0.0.0/8 2");
        } finally {
            Locale.setDefault(before);
        }
    }

    @Test
    void listsAndConditionsAreAllThereIs() {
        String source = """
                <#-- why -->
                # x
                <#if truth && number gt 3>
                <#list hosts as host>${host}<#sep>,</#list>
                <#elseif choice == "no">
                b
                <#else>
                c
                </#if>
                """;
        assertThat(rendered(source, MODEL)).isEqualTo("# x\na,b\n");
    }

    /** A text that nobody validated. */
    record OfText(String text) {}

    /** The same, hidden in a list. */
    record OfTexts(List<Object> texts) {}

    /** An enumeration without a label. */
    record OfEnum(Locale.Category category) {}

    /** A type that says it is printable and is not. */
    record Liar(Printable text) {}

    @Test
    void aValueThatCouldBeAnythingIsRefused() {
        for (Record model : List.of(
                new OfText("a"),
                new OfTexts(List.of("a")),
                new OfTexts(List.of(List.of(1))),
                new OfEnum(Locale.Category.FORMAT),
                new Liar(() -> "a\nb"),
                new Liar(() -> "a # b"),
                new Liar(() -> ""))) {
            assertThatThrownBy(() -> rendered("x", model))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContainingAll(
                            "area/file.conf",
                            model.getClass().getRecordComponents()[0].getName(),
                            model.getClass().getSimpleName());
        }
        assertThatThrownBy(() -> new Snippet(NAME, "/x", "a.b", OfText.class).variables())
                .hasMessageContainingAll("area/file.conf", "text", "OfText", "java.lang.String");
    }

    @Test
    void theVariablesAreToldWithTheirTypes() {
        assertThat(KNOWN.getFirst().variables())
                .containsExactly(
                        new Snippet.Variable("number", "integer"),
                        new Snippet.Variable("large", "integer"),
                        new Snippet.Variable("truth", "true or false"),
                        new Snippet.Variable("choice", "no | prohibit-password | yes"),
                        new Snippet.Variable("network", "cidr"),
                        new Snippet.Variable("hosts", "list of host name"));
    }

    // ------------------------------------------------------------------ nothing but the one line

    /** What may be offered as a name or a network. */
    record Offered(Printable value) {}

    @Provide
    Arbitrary<String> awkward() {
        Arbitrary<String> near = Arbitraries.strings()
                .withChars("abz019.:/-_%@+ \n\r\t#\u0000\u0085\u2028$")
                .ofMaxLength(25);
        return Arbitraries.frequencyOf(
                net.jqwik.api.Tuple.of(2, near),
                net.jqwik.api.Tuple.of(1, near.map(tail -> "10.0.0.0/8" + tail)),
                net.jqwik.api.Tuple.of(1, near.map(tail -> "ops" + tail)),
                net.jqwik.api.Tuple.of(1, near.map(tail -> "fd00::" + tail)),
                net.jqwik.api.Tuple.of(1, Arbitraries.strings().ofMaxLength(30)));
    }

    @Property(tries = 3000)
    void anythingOfferedIsRefusedOrExactlyOneWord(@ForAll("awkward") String offered) {
        onlyOneWord(offered, () -> new HostName(offered));
        onlyOneWord(offered, () -> new UserName(offered));
        onlyOneWord(offered, () -> Cidr.parse(offered).orElseThrow(IllegalArgumentException::new));
    }

    private static void onlyOneWord(String offered, java.util.function.Supplier<Printable> maker) {
        Printable value;
        try {
            value = maker.get();
        } catch (IllegalArgumentException e) {
            return;
        }
        String text = rendered("# holdfast\nServer ${value}\n", new Offered(value));
        assertThat(text)
                .as(offered)
                .matches("# holdfast\nServer [^\\s#]+\n")
                .isEqualTo("# holdfast\nServer " + value.text() + "\n");
        assertThat(text.codePoints()).allMatch(point -> point == '\n' || (point >= ' ' && point < 0x7f));
    }

    @ParameterizedTest
    @CsvSource({
        "10.0.0.12, 10.0.0.12",
        "10.0.0.0/8, 10.0.0.0/8",
        "::, ::",
        "::/0, ::/0",
        "::1, ::1",
        "fd00:0:0:0:0:0:0:1, fd00::1",
        "2001:db8:0:0:1:0:0:1, 2001:db8::1:0:0:1",
        "2001:db8:0:1:1:1:1:1, 2001:db8:0:1:1:1:1:1",
        "2001:db8::/32, 2001:db8::/32",
        "1:2:3:4:5:6:7:0, 1:2:3:4:5:6:7:0"
    })
    void networksAreWrittenShort(String read, String written) {
        Cidr cidr = Cidr.parse(read).orElseThrow();
        assertThat(cidr.text()).isEqualTo(written);
        assertThat(Cidr.parse(written)).contains(cidr);
    }

    // ------------------------------------------------------------------ what a template may not do

    @Test
    void aMissingValueNamesTemplateLineAndVariable() {
        assertThatThrownBy(() -> rendered("one\n\nthree ${peers}\n", MODEL))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContainingAll("template area/file.conf.ftl, line 3", "peers");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "${number?api.class}",
                "${\"freemarker.template.utility.Execute\"?new()(\"id\")}",
                "${\"1\"?eval}",
                "<@\"x\"?interpret />",
                "${choice?no_esc}",
                "${choice?html}",
                "${choice!\"x\"}",
                "${(choice)!}",
                "${missing??}",
                "${.data_model.choice}",
                "${.get_optional_template(\"/etc/passwd\").exists}",
                "${.vars}",
                "${choice.class}",
                "${hosts[0]}",
                "${choice(1)}",
                "${'a'}",
                "${\"a\nb\"}",
                "${\"${choice}\"}",
                "#{number}",
                "<#include \"/etc/passwd\">",
                "<#include \"other.ftl\">",
                "<#import \"/lib.ftl\" as lib>",
                "<#assign x = 1>",
                "<#global x = 1>",
                "<#local x = 1>",
                "<#macro m></#macro>",
                "<#function f()><#return 1></#function>",
                "<@m/>",
                "<#setting locale=\"tr_TR\">",
                "<#ftl output_format=\"HTML\">x",
                "<#list 1..1000000000 as x>y</#list>",
                "<#list hosts>x<#items as y></#items></#list>",
                "<#list hosts as k, v>x</#list>",
                "<#list hosts as host>x<#else>${host}</#list>",
                "<#list hosts as host><#sep>,<#else>x</#list>",
                "<#list hosts as host><#if truth>x</#if><#else>y</#list>",
                "<#if truth><#list hosts as host>x<#else>y</#list></#if>",
                "<#switch number><#case 1></#switch>",
                "<#attempt>x<#recover>y</#attempt>",
                "<#noparse>x</#noparse>",
                "<#autoesc>x</#autoesc>",
                "<#outputformat \"HTML\">x</#outputformat>",
                "<#stop \"x\">",
                "<#t>x",
                "<#nested>",
                "<#visit x>",
                "<#compress>x</#compress>",
                "<#escape x as x?html>y</#escape>",
                "<#if choice?matches(\"a\")>x</#if>",
                "<#if !truth!false>x</#if>"
            })
    void everythingElseIsRefusedInOursAndInTheUsers(String source) throws IOException {
        assertThatThrownBy(() -> rendered("fine\n" + source, MODEL))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("template area/file.conf.ftl, line 2");
        Templates own = replacing("fine\n" + source);
        assertThatThrownBy(() -> own.verify(KNOWN))
                .isInstanceOf(ProblemsException.class)
                .hasMessageContaining(directory + "/area/file.conf.ftl:2:");
        assertThatThrownBy(() -> own.render(NAME, MODEL)).isInstanceOf(ProblemsException.class);
    }

    @ParameterizedTest
    @ValueSource(strings = {"../../etc/passwd", "/etc/passwd", "a/../b/c", "x", "", "a/b/../../c"})
    void aNameThatLeavesTheRootIsNoTemplate(String name) {
        Templates templates = new Templates(TemplatesTest.class.getClassLoader());
        assertThatThrownBy(() -> templates.render(name, MODEL)).isInstanceOf(IllegalStateException.class);
    }

    /** Our reader and FreeMarker's may not see different templates in the same text. */
    @Property(tries = 5000)
    void whatIsLetPassHoldsNothingElse(@ForAll("pieces") String source) throws IOException {
        if (!Strict.read(source).mistakes().isEmpty()) {
            return;
        }
        Template template;
        try {
            template = new Template(NAME, source, new Configuration(Configuration.VERSION_2_3_34));
        } catch (ParseException e) {
            return;
        }
        assertThat(kinds(template))
                .as(source)
                .isSubsetOf(
                        "MixedContent",
                        "TextBlock",
                        "Comment",
                        "DollarVariable",
                        "IfBlock",
                        "ConditionalBlock",
                        "IteratorBlock",
                        "Sep");
    }

    @SuppressWarnings("deprecation") // there is no other way to look into a template
    private static Set<String> kinds(Template template) {
        Set<String> kinds = new HashSet<>();
        Deque<TreeNode> waiting = new ArrayDeque<>();
        Optional.ofNullable((TreeNode) template.getRootTreeNode()).ifPresent(waiting::add);
        while (!waiting.isEmpty()) {
            TreeNode node = waiting.remove();
            kinds.add(node.getClass().getSimpleName());
            for (int i = 0; i < node.getChildCount(); i++) {
                waiting.add(node.getChildAt(i));
            }
        }
        return kinds;
    }

    @Provide
    Arbitrary<String> pieces() {
        return Arbitraries.of(
                        "<#if truth>",
                        "</#if>",
                        "<#list hosts as host>",
                        "</#list>",
                        "<#sep>",
                        "<#else>",
                        "${number}",
                        "${number?c}",
                        "<#include \"x\">",
                        "<#assign x=1>",
                        "<#noparse>",
                        "[#assign x=1]",
                        "<#--",
                        "-->",
                        "--]",
                        "[#--",
                        "<#",
                        "</#",
                        "<@x/>",
                        "${",
                        "}",
                        ">",
                        "/>",
                        "<",
                        "\\",
                        "\"",
                        "'",
                        "!",
                        "?",
                        "(",
                        ")",
                        "x",
                        "#{",
                        "\n",
                        " ",
                        "1",
                        ".")
                .list()
                .ofMaxSize(12)
                .map(parts -> String.join("", parts));
    }

    // ------------------------------------------------------------------ the user's own

    @Test
    void theUsersTemplateReplacesOurs() throws IOException {
        Templates own = replacing("mine ${number}\n");
        own.verify(KNOWN);
        assertThat(own.render(NAME, MODEL)).isEqualTo("mine 1234567\n");
        assertThat(own.source(NAME)).isEqualTo("mine ${number}\n");
        assertThat(own.replacement(NAME)).contains(directory.resolve("area/file.conf.ftl"));
        Files.writeString(directory.resolve("area/file.conf.ftl"), "changed meanwhile\n");
        assertThat(own.render(NAME, MODEL)).isEqualTo("mine 1234567\n");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "ok ${numbr} | 1:6: there is no variable \"numbr\"; did you mean \"number\"?",
                "<#list hosts as host>${host}</#list>${host} | 1:39: there is no variable \"host\"",
                "<#if truth>x | 1:",
                "${number | 1:1: only ${variable} is understood",
                "<#if truth &&>x</#if> | 1:"
            })
    void aMistakeInItIsToldWithItsPlace(String source, String message) throws IOException {
        Templates own = replacing(source);
        assertThatThrownBy(() -> own.verify(KNOWN))
                .isInstanceOf(ProblemsException.class)
                .hasMessageContaining(directory + "/area/file.conf.ftl:" + message);
    }

    @Test
    void aFileThatReplacesNothingIsToldWithTheNearestName() throws IOException {
        Files.createDirectories(directory.resolve("area"));
        for (String file : List.of("area/fiel.conf.ftl", "area/file.conf", "area/.file.swp", "area/file.conf.ftl~")) {
            Files.writeString(directory.resolve(file), "x");
        }
        Templates own = new Templates(holding("x"), Optional.of(directory));
        assertThatThrownBy(() -> own.verify(KNOWN))
                .isInstanceOfSatisfying(
                        ProblemsException.class,
                        problems -> assertThat(problems.problems())
                                .hasSize(2)
                                .allSatisfy(one -> assertThat(one.message())
                                        .contains("replaces no template", "did you mean \"area/file.conf.ftl\"?")));
    }

    private void refused(String why) {
        assertThatThrownBy(() -> new Templates(holding("x"), Optional.of(directory)))
                .isInstanceOf(ProblemsException.class)
                .hasMessageContaining(why);
    }

    @Test
    void aLinkThatLeavesTheDirectoryIsRefused() throws IOException {
        Files.createSymbolicLink(directory.resolve("x.ftl"), Path.of("/etc/hostname"));
        refused("leaves the directory");
    }

    @Test
    void aHugeOrBinaryFileIsRefused() throws IOException {
        Files.write(directory.resolve("x.ftl"), new byte[(64 << 10) + 1]);
        refused("larger than 64 KiB");
        Files.write(directory.resolve("x.ftl"), new byte[] {(byte) 0xff});
        refused("not UTF-8");
    }

    @Test
    void aDirectoryThatIsNoneIsRefused() {
        assertThatThrownBy(() -> new Templates(holding("x"), Optional.of(directory.resolve("none"))))
                .isInstanceOf(ProblemsException.class)
                .hasMessageContaining("not a directory");
    }
}
