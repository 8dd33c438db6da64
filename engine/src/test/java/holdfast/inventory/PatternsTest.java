package holdfast.inventory;

import static org.assertj.core.api.Assertions.assertThat;

import holdfast.problem.Problem;
import holdfast.problem.Problems;
import holdfast.problem.Where;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Patterns select what Ansible's would, and say so when they select nothing. */
final class PatternsTest {

    private static final List<String> HOSTS = List.of("a1", "a2", "b1", "b2", "c1", "2001:db8::1");
    private static final Map<String, List<String>> GROUPS = Map.of(
            "all", HOSTS,
            "prod", List.of("a1", "a2", "b1"),
            "eu", List.of("a2", "b1", "c1"),
            "canary", List.of("b1"),
            "none", List.of());

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "all | a1 a2 b1 b2 c1 2001:db8::1",
                "* | a1 a2 b1 b2 c1 2001:db8::1",
                "prod:&eu:!canary | a2",
                "prod,&eu,!canary | a2",
                "!canary:prod | a1 a2",
                "!prod | b2 c1 2001:db8::1",
                "&prod | a1 a2 b1",
                "a* | a1 a2",
                "?1 | a1 b1 c1",
                "[ab]1 | a1 b1",
                "[!ab]1 | c1",
                "b[12] | b1 b2",
                "~[bc]\\d | b1 b2 c1",
                "~pr.d | a1 a2 b1",
                "prod[0] | a1",
                "prod[-1] | b1",
                "prod[1:2] | a2 b1",
                "prod[1:] | a2 b1",
                "prod[1-2] | a2 b1",
                "eu[0]:c1 | a2 c1",
                "2001:db8::1 | 2001:db8::1",
                "b2,2001:db8::1 | b2 2001:db8::1",
                "!2001:db8::1 | a1 a2 b1 b2 c1",
                "a1 , b2 | a1 b2",
            })
    void aPatternSelects(String pattern, String expected) {
        Problems problems = new Problems();
        Set<String> selected = patterns(problems).select(pattern);

        assertThat(problems.list()).isEmpty();
        assertThat(HOSTS.stream().filter(selected::contains)).containsExactly(expected.split(" "));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "prd | `--limit: no host or group matches \"prd\"; did you mean \"prod\"?`",
                "all:!canari | `--limit: no host or group matches \"canari\"; did you mean \"canary\"?`",
                "zzzz* | `--limit: no host or group matches \"zzzz*\"`",
                "prod[3] | `--limit: \"prod[3]\" lies outside: prod has 3 hosts, [0] to [2]`",
                "none | `--limit: the group none has no hosts`",
                "~[ | `--limit: \"~[\" is not a regular expression: Unclosed character class`",
                "prod:! | `--limit: a pattern is empty: a name must follow \"!\" or \"&\"`",
            })
    void whatNamesNothingIsTold(String pattern, String message) {
        Problems problems = new Problems();
        var unused = patterns(problems).select(pattern);

        assertThat(problems.list()).extracting(Problem::toString).contains(message);
    }

    record Term(char sign, String group) {}

    @Property
    void theAlgebraIsThatOfSets(@ForAll("terms") List<Term> terms) {
        List<String> text = new ArrayList<>();
        Set<String> model = new LinkedHashSet<>();
        boolean union = false;
        for (Term term : terms) {
            text.add((term.sign() == '+' ? "" : String.valueOf(term.sign())) + term.group());
            if (term.sign() == '+') {
                union = true;
                model.addAll(GROUPS.getOrDefault(term.group(), List.of()));
            }
        }
        if (!union) {
            model.addAll(HOSTS);
        }
        terms.stream()
                .filter(term -> term.sign() == '&')
                .forEach(term -> model.retainAll(GROUPS.getOrDefault(term.group(), List.of())));
        terms.stream()
                .filter(term -> term.sign() == '!')
                .forEach(term -> GROUPS.getOrDefault(term.group(), List.of()).forEach(model::remove));

        assertThat(patterns(new Problems()).select(String.join(":", text))).containsExactlyInAnyOrderElementsOf(model);
        assertThat(patterns(new Problems()).select(String.join(",", text))).containsExactlyInAnyOrderElementsOf(model);
    }

    @Provide
    Arbitrary<List<Term>> terms() {
        return Combinators.combine(Arbitraries.of('+', '&', '!'), Arbitraries.of("all", "prod", "eu", "canary"))
                .as(Term::new)
                .list()
                .ofMinSize(1)
                .ofMaxSize(6);
    }

    @Property
    void noPatternThrows(@ForAll("patternish") String pattern) {
        assertThat(HOSTS).containsAll(patterns(new Problems()).select(pattern));
    }

    @Provide
    Arbitrary<String> patternish() {
        return Arbitraries.of(
                        "a", "1", "*", "?", "[", "]", "!", "&", "~", ":", ",", "-", "^", "\\", "(", "prod", " ", "@")
                .list()
                .ofMaxSize(12)
                .map(list -> String.join("", list));
    }

    @Test
    void theColonsOfAnAddressDoNotPartTerms() {
        assertThat(Patterns.split("a:b[1:3]:!2001:db8::1")).hasSizeGreaterThan(2);
        assertThat(Patterns.split("fe80::1,[2001:db8::2],x")).containsExactly("fe80::1", "2001:db8::2", "x");
    }

    private static Patterns patterns(Problems problems) {
        return new Patterns(HOSTS, GROUPS, Where.in("--limit"), problems);
    }
}
