package holdfast.problem;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;

/** Mistakes are told together, each once, and cannot move the cursor. */
final class ProblemsTest {

    @Test
    void allOfThemAreToldTogetherAndEachOnce() {
        Problems problems = new Problems();
        problems.add(new Where("a.yml", 3, 5), "wrong");
        problems.add(new Where("a.yml", 3, 5), "wrong");
        problems.add(Where.in("b.yml"), "missing");

        assertThatThrownBy(problems::throwIfAny)
                .isInstanceOf(ProblemsException.class)
                .hasMessage("a.yml:3:5: wrong\nb.yml: missing");
    }

    @Test
    void whatIsShownHoldsNoControlCharacters() {
        assertThat(new Problem(Where.in("a\u001b[2J"), "b\nc")).hasToString("a\\x1b[2J: b\\x0ac");
    }

    @Test
    void theNearestWordIsFound() {
        List<String> keys = List.of("root_login", "root_login_from_peers", "break_glass");

        assertThat(Problems.didYouMean("rootlogin", keys)).contains("root_login");
        assertThat(Problems.didYouMean("break-glas", keys)).contains("break_glass");
        assertThat(Problems.didYouMean("ROOT_LOGIN", keys)).contains("root_login");
        assertThat(Problems.didYouMean("colour", keys)).isEmpty();
        assertThat(Problems.didYouMean("x".repeat(100_000), keys)).isEmpty();
    }
}
