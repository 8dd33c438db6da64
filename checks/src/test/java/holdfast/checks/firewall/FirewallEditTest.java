package holdfast.checks.firewall;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import holdfast.change.EditException;
import holdfast.checks.firewall.FirewallEdit.AddManagement;
import holdfast.checks.firewall.FirewallEdit.Entry;
import holdfast.checks.firewall.FirewallEdit.SetOption;
import holdfast.checks.firewall.FirewallLines.Kind;
import holdfast.checks.firewall.FirewallLines.Line;
import holdfast.checks.firewall.FirewallLines.Section;
import holdfast.policy.Cidr;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class FirewallEditTest {

    private static final SetOption ON = new SetOption(Kind.CLUSTER, "enable", "1");

    private static String on(String text) throws EditException {
        return ON.apply(Optional.of(text));
    }

    private static AddManagement let(String... networks) {
        return new AddManagement(Stream.of(networks)
                .map(network -> new Entry(Cidr.parse(network).orElseThrow(), "admin network"))
                .toList());
    }

    // ------------------------------------------------------------------ an option

    @Test
    void aMissingFileBecomesOneWithTheOption() throws EditException {
        assertThat(ON.apply(Optional.empty())).isEqualTo("[OPTIONS]\n\nenable: 1\n");
        assertThat(on("")).isEqualTo("[OPTIONS]\n\nenable: 1\n");
    }

    @Test
    void theLineIsReplacedWhereItStands() throws EditException {
        assertThat(on("# ours\n[options]\n\tpolicy_in: DROP\n  Enable:0 \n\n[RULES]\nIN SSH(ACCEPT) # all\n"))
                .isEqualTo("# ours\n[options]\n\tpolicy_in: DROP\n  enable: 1\n\n[RULES]\nIN SSH(ACCEPT) # all\n");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"enable: yes", "enable: 0", "enable 1", "enable = 1", "ENABLE:", "enable: 1795400000", "enable"})
    void aLineThatDoesNotSayItIsReplacedWhateverItSays(String line) throws EditException {
        assertThat(on("[OPTIONS]\n" + line + "\n")).isEqualTo("[OPTIONS]\nenable: 1\n");
    }

    @Test
    void aRemarkBehindTheValueGetsALineOfItsOwn() throws EditException {
        assertThat(on("[OPTIONS]\nenable: 0 # until May\n")).isEqualTo("[OPTIONS]\n# until May\nenable: 1\n");
    }

    @ParameterizedTest
    @ValueSource(strings = {"[OPTIONS]\nenable: 1\n", "[options]\n\n ENABLE:  1\t\n\n"})
    void whatSaysItAlreadyStays(String text) throws EditException {
        assertThat(on(text)).isEqualTo(text);
    }

    @Test
    void ofSeveralLinesOneIsLeft() throws EditException {
        assertThat(on("[OPTIONS]\nenable: 1\nebtables: 0\nenable: 0\n[RULES]\n[OPTIONS]\nenable: x\n"))
                .isEqualTo("[OPTIONS]\nebtables: 0\n[RULES]\n[OPTIONS]\nenable: 1\n");
    }

    @Test
    void anotherKeyOrAnotherSectionIsNotTheLine() throws EditException {
        assertThat(on("[OPTIONS]\nenabled: 0\n# enable: 0\n\n[RULES]\nenable: 0\n"))
                .isEqualTo("[OPTIONS]\nenabled: 0\nenable: 1\n# enable: 0\n\n[RULES]\nenable: 0\n");
    }

    @Test
    void anEmptySectionIsFilled() throws EditException {
        assertThat(on("[OPTIONS]")).isEqualTo("[OPTIONS]\n\nenable: 1\n");
        assertThat(on("[OPTIONS]\n\n[RULES]\n")).isEqualTo("[OPTIONS]\n\nenable: 1\n\n[RULES]\n");
    }

    @Test
    void withoutASectionThereIsOneAtTheTop() throws EditException {
        assertThat(on("[RULES]\n\nIN SSH(ACCEPT)")).isEqualTo("[OPTIONS]\n\nenable: 1\n\n[RULES]\n\nIN SSH(ACCEPT)");
        assertThat(on("# by hand\n[RULES]\n")).isEqualTo("[OPTIONS]\n\nenable: 1\n\n# by hand\n[RULES]\n");
    }

    @Test
    void linesThatCountForNothingDoNotComeToCount() throws EditException {
        assertThat(on("policy_in: ACCEPT\n# rules\n[RULES]\n"))
                .isEqualTo("policy_in: ACCEPT\n\n[OPTIONS]\n\nenable: 1\n\n# rules\n[RULES]\n");
        assertThat(on("policy_in: ACCEPT")).isEqualTo("policy_in: ACCEPT\n\n[OPTIONS]\n\nenable: 1\n");
    }

    @Test
    void carriageReturnsBehindValuesStay() throws EditException {
        assertThat(on("[OPTIONS]\nenable: 0\r\nebtables: 1\r\n")).isEqualTo("[OPTIONS]\nenable: 1\r\nebtables: 1\r\n");
    }

    @Test
    void hostFwIsEditedLikewise() throws EditException {
        assertThat(new SetOption(Kind.HOST, "enable", "1").apply(Optional.of("[OPTIONS]\nenable: 0\nnftables: 1\n")))
                .isEqualTo("[OPTIONS]\nenable: 1\nnftables: 1\n");
    }

    // ------------------------------------------------------------------ what is not edited

    @ParameterizedTest
    @ValueSource(
            strings = {
                "[OPTIONS]\r\nenable: 0\r\n",
                "[OPTIONS] # all\nenable: 0\n",
                "[OPTIONS\nenable: 0\n",
                "[RULES] x\n",
                "[ipset]\n"
            })
    void aHeaderThatIsNoneIsNamed(String text) {
        assertThatThrownBy(() -> on(text))
                .isInstanceOf(EditException.class)
                .hasMessageContaining("line 1 of cluster.fw")
                .hasMessageContaining("Proxmox does not take it for one")
                .hasMessageContaining("mend it");
    }

    @Test
    void hostFwHasNoAliases() {
        assertThatThrownBy(() -> new SetOption(Kind.HOST, "enable", "1").apply(Optional.of("[OPTIONS]\n[ALIASES]\n")))
                .hasMessageContaining("line 2 of host.fw");
    }

    @Test
    void bytesThatAreNoTextAreNotWrittenBack() {
        assertThatThrownBy(() -> on("[OPTIONS]\nenable: 0\0\n")).hasMessageContaining("line 2 of cluster.fw");
        assertThatThrownBy(() -> on("[OPTIONS]\n# caf\uFFFD\n")).hasMessageContaining("line 2 of cluster.fw");
    }

    @Test
    void whatPmxcfsCannotHoldIsNotWritten() {
        assertThatThrownBy(() -> on("#".repeat(1 << 20) + "\n")).hasMessageContaining("larger than 1 MiB");
        assertThatThrownBy(() -> on("#".repeat((1 << 20) - 2) + "\n")).hasMessageContaining("beyond 1 MiB");
    }

    // ------------------------------------------------------------------ the set

    @Test
    void theSetIsMadeAboveTheRules() throws EditException {
        assertThat(let("10.1.0.0/16", "2001:db8::/48")
                        .apply(Optional.of("[OPTIONS]\n\nenable: 0\n\n# who may\n[RULES]\n\nIN SSH(ACCEPT)\n")))
                .isEqualTo("""
                        [OPTIONS]

                        enable: 0

                        [IPSET management]

                        10.1.0.0/16 # holdfast: admin network
                        2001:db8::/48 # holdfast: admin network

                        # who may
                        [RULES]

                        IN SSH(ACCEPT)
                        """);
    }

    @Test
    void withoutRulesTheSetComesLast() throws EditException {
        assertThat(let("10.1.0.5").apply(Optional.empty()))
                .isEqualTo("[IPSET management]\n\n10.1.0.5 # holdfast: admin network\n");
        assertThat(let("10.1.0.5").apply(Optional.of("[OPTIONS]\nenable: 0")))
                .isEqualTo("[OPTIONS]\nenable: 0\n\n[IPSET management]\n\n10.1.0.5 # holdfast: admin network\n");
    }

    @Test
    void theSetThatIsThereIsFilledUp() throws EditException {
        assertThat(let("10.1.0.0/16", "192.0.2.7")
                        .apply(Optional.of("[ipset MANAGEMENT] # ours\n10.1.0.0/16 # office\n\n[RULES]\n")))
                .isEqualTo(
                        "[ipset MANAGEMENT] # ours\n10.1.0.0/16 # office\n192.0.2.7 # holdfast: admin network\n\n[RULES]\n");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "[IPSET management]\n10.0.0.0/8\n",
                "[IPSET management]\n10.1.0.0/16",
                "[IPSET management]\n\t10.0.0.0/8\t# wide\r\n",
                "[ALIASES]\noffice 10.1.0.0/16 # us\n[IPSET management]\nOFFICE\n",
                "[ALIASES]\noffice 10.1.0.0/16\n[IPSET management]\ndc/office # us\n",
                "[IPSET management]\n!10.0.0.0/8\n10.1.0.0/16\n"
            })
    void whatIsCoveredIsNotAddedAgain(String text) throws EditException {
        assertThat(let("10.1.0.0/16", "10.1.2.3").apply(Optional.of(text))).isEqualTo(text);
    }

    @Test
    void anEntryThatProxmoxLeavesOutCoversNothing() throws EditException {
        for (String entry : List.of("0.0.0.0/0", "office", "10.1.0.0/40", "guest/office")) {
            assertThat(let("10.1.0.0/16").apply(Optional.of("[IPSET management]\n" + entry + "\n")))
                    .contains("10.1.0.0/16 # holdfast");
        }
    }

    @Test
    void onlyTheLastOfTwoSetsCounts() throws EditException {
        assertThat(let("10.1.0.0/16")
                        .apply(Optional.of("[IPSET management]\n10.0.0.0/8\n[IPSET management]\n192.0.2.1\n")))
                .isEqualTo(
                        "[IPSET management]\n10.0.0.0/8\n[IPSET management]\n192.0.2.1\n10.1.0.0/16 # holdfast: admin network\n");
    }

    @Test
    void whatSomebodyKeptOutStaysOut() {
        assertThatThrownBy(() -> let("10.1.0.0/16").apply(Optional.of("[IPSET management]\n10.0.0.0/8\n!10.1.2.3\n")))
                .hasMessageContaining("line 3 of cluster.fw, '!10.1.2.3', keeps 10.1.0.0/16 out");
    }

    @Test
    void theWholeWorldIsNoEntry() {
        assertThatThrownBy(() -> let("0.0.0.0/0").apply(Optional.empty()))
                .hasMessageContaining("cannot hold 0.0.0.0/0");
    }

    @Test
    void aRemarkCannotBecomeALine() throws EditException {
        AddManagement edit = new AddManagement(
                List.of(new Entry(Cidr.parse("10.1.0.5").orElseThrow(), "member pve#1\n[RULES]\nIN ACCEPT\u001b[2J")));
        String text = edit.apply(Optional.empty());
        assertThat(text.lines()).hasSize(3);
        assertThat(text).doesNotContain("\u001b");
    }

    // ------------------------------------------------------------------ for any file

    /** Files as people write them, good and bad lines mixed. */
    @Provide
    Arbitrary<String> files() {
        Arbitrary<String> line = Arbitraries.of(
                "[OPTIONS]",
                "[options]",
                "[RULES]",
                "[ALIASES]",
                "[IPSET management]",
                "[ipset MANAGEMENT] # ours",
                "[IPSET office]",
                "[group web]",
                "[group 1bad]",
                "",
                " ",
                "# a remark",
                "  # enable: 0",
                "enable: 0",
                "enable: 1",
                "enable: yes",
                "ENABLE:1",
                "enable: 0 # why",
                "enable: 1795400000",
                "policy_in: ACCEPT",
                "ebtables: 0",
                "bogus",
                "office 10.1.0.0/16",
                "10.0.0.0/8 # wide",
                "10.1.2.0/24",
                "office",
                "IN SSH(ACCEPT) -source 10.0.0.0/8 # ops",
                "|OUT DROP",
                "GROUP web",
                "IN NOSUCH(DROP)",
                "\tIN ACCEPT -p tcp -dport 8006");
        return line.list()
                .ofMaxSize(14)
                .flatMap(lines -> Arbitraries.of("\n", "\n", "\r\n")
                        .list()
                        .ofSize(lines.size())
                        .flatMap(ends -> Arbitraries.of(true, false).map(last -> {
                            StringBuilder text = new StringBuilder();
                            for (int i = 0; i < lines.size(); i++) {
                                // A carriage return behind a header makes it none: that is another test.
                                String end = lines.get(i).startsWith("[") ? "\n" : ends.get(i);
                                text.append(lines.get(i)).append(i < lines.size() - 1 || last ? end : "");
                            }
                            return text.toString();
                        })));
    }

    @Provide
    Arbitrary<FirewallEdit> edits() {
        return Arbitraries.of(
                ON,
                new SetOption(Kind.CLUSTER, "enable", "0"),
                new SetOption(Kind.CLUSTER, "policy_in", "DROP"),
                let("10.1.0.0/16"),
                let("192.0.2.0/24", "192.0.2.9", "2001:db8::1"));
    }

    @Property(tries = 1500)
    void doingItTwiceDoesNoMoreThanOnce(@ForAll("files") String text, @ForAll("edits") FirewallEdit edit)
            throws EditException {
        String once = edit.apply(Optional.of(text));
        assertThat(edit.apply(Optional.of(once))).isEqualTo(once);
    }

    @Property(tries = 1500)
    void everyLineOfOthersStaysInItsOrder(@ForAll("files") String text, @ForAll("edits") FirewallEdit edit)
            throws EditException {
        List<String> before = FirewallLines.of(Kind.CLUSTER, text).all().stream()
                .filter(line -> !own(line, edit))
                .map(line -> line.raw().stripTrailing())
                .toList();
        List<String> after =
                edit.apply(Optional.of(text)).lines().map(String::stripTrailing).toList();
        if (!before.isEmpty()) {
            assertThat(after).containsSubsequence(before);
        }
    }

    private static boolean own(Line line, FirewallEdit edit) {
        return edit instanceof SetOption(var kind, var key, var value)
                && line.section() == Section.OPTIONS
                && line.text().toLowerCase(Locale.ROOT).startsWith(key);
    }

    @Property(tries = 1500)
    void nothingElseChangesItsMeaning(@ForAll("files") String text, @ForAll("edits") FirewallEdit edit)
            throws EditException {
        FirewallFile before = FirewallFile.parse(Kind.CLUSTER, text);
        FirewallFile after = FirewallFile.parse(Kind.CLUSTER, edit.apply(Optional.of(text)));
        switch (edit) {
            case SetOption(var kind, var key, var value) -> {
                assertThat(after.options().get(key)).isEqualToIgnoringCase(value);
                assertThat(after.options().keySet())
                        .containsAll(before.options().keySet());
                before.options().forEach((other, old) -> {
                    if (!other.equals(key)) {
                        assertThat(after.options()).containsEntry(other, old);
                    }
                });
                assertThat(after.sets().keySet()).isEqualTo(before.sets().keySet());
            }
            case AddManagement(var entries) -> {
                assertThat(after.options()).isEqualTo(before.options());
                for (Entry entry : entries) {
                    assertThat(after.sets().get("management"))
                            .anyMatch(one -> one.network()
                                    .filter(network -> network.covers(entry.network()))
                                    .isPresent());
                }
            }
        }
        assertThat(after.aliases()).isEqualTo(before.aliases());
        assertThat(texts(after.rules())).isEqualTo(texts(before.rules()));
        assertThat(after.groups().keySet()).isEqualTo(before.groups().keySet());
        before.groups()
                .forEach((name, rules) -> assertThat(texts(after.groups().getOrDefault(name, List.of())))
                        .isEqualTo(texts(rules)));
        before.sets().forEach((name, set) -> {
            List<String> now = after.sets().getOrDefault(name, List.of()).stream()
                    .map(FirewallFile.Entry::text)
                    .toList();
            assertThat(now.subList(0, Math.min(now.size(), set.size())))
                    .isEqualTo(set.stream().map(FirewallFile.Entry::text).toList());
        });
    }

    private static List<String> texts(List<FirewallFile.Rule> rules) {
        return rules.stream().map(FirewallFile.Rule::text).toList();
    }
}
