package holdfast.run;

import static org.assertj.core.api.Assertions.assertThat;

import holdfast.inventory.Inventory;
import holdfast.node.Connection;
import holdfast.node.Connector;
import holdfast.node.NodeException;
import holdfast.node.Phase;
import holdfast.node.Secret;
import holdfast.node.Target;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/** Whoever asks again and again is not taken for somebody who guesses passwords. */
final class QuorumPollTest {

    private Instant now = Instant.parse("2026-01-01T00:00:00Z");

    private final Clock clock = new Clock() {
        @Override
        public ZoneId getZone() {
            return ZoneOffset.UTC;
        }

        @Override
        public Clock withZone(ZoneId zone) {
            return this;
        }

        @Override
        public Instant instant() {
            return now;
        }
    };

    /** How often a node that fails in a phase is asked in an hour of waiting. */
    private int attempts(Phase phase, boolean passwordLogin, boolean sudoPassword) throws InterruptedException {
        AtomicInteger attempts = new AtomicInteger();
        Connector refusing = new Connector() {
            @Override
            public Connection open(Target target, Consumer<Phase> progress) throws NodeException {
                attempts.incrementAndGet();
                throw new NodeException(phase, "no");
            }

            @Override
            public void close() {}
        };
        List<Scan.Assignment> nodes = Inventory.load(List.of("pve1,"), List.of(), List.of()).hosts().stream()
                .map(host -> new Scan.Assignment(
                        new Target(
                                host.name(),
                                host.name(),
                                java.util.OptionalInt.empty(),
                                Optional.empty(),
                                Optional.empty(),
                                false,
                                false),
                        host.policy()))
                .toList();
        QuorumPoll poll = new QuorumPoll(
                refusing,
                1,
                sudoPassword ? Optional.of(Secret.of(new char[] {'x'})) : Optional.empty(),
                passwordLogin,
                clock,
                (node, reached) -> {});
        for (int i = 0; i < 720; i++) {
            QuorumPoll.Result result = poll.ask(nodes);
            assertThat(result.unplaced()).extracting(QuorumPoll.Unplaced::node).containsExactly("pve1");
            now = now.plus(Duration.ofSeconds(5));
        }
        return attempts.get();
    }

    @Test
    void aNodeThatDoesNotAnswerIsAskedEachTime() throws InterruptedException {
        assertThat(attempts(Phase.CONNECT, true, true)).isEqualTo(720);
    }

    @Test
    void aLoginThatIsRefusedIsTriedMoreAndMoreSeldom() throws InterruptedException {
        assertThat(attempts(Phase.AUTHENTICATE, false, false)).isBetween(10, 20);
        // A node that is booting refuses everybody; what sudo would be told has not been tried yet.
        assertThat(attempts(Phase.AUTHENTICATE, false, true)).isBetween(10, 20);
    }

    @Test
    void aPasswordThatIsRefusedIsNotTriedAgain() throws InterruptedException {
        assertThat(attempts(Phase.AUTHENTICATE, true, false)).isEqualTo(1);
        assertThat(attempts(Phase.BECOME, false, true)).isEqualTo(1);
    }
}
