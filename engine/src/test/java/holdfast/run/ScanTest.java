package holdfast.run;

import static org.assertj.core.api.Assertions.assertThat;

import holdfast.node.Connection;
import holdfast.node.Connector;
import holdfast.node.NodeException;
import holdfast.node.Phase;
import holdfast.node.Target;
import holdfast.policy.Policies;
import holdfast.template.Templates;
import java.time.Clock;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

class ScanTest {

    @Test
    void aBugThatOneNodeMeetsCostsNoOtherNodeItsResult() throws InterruptedException {
        Connector connector = new Connector() {
            @Override
            public Connection open(Target target, Consumer<Phase> progress) throws NodeException {
                if (target.name().equals("pve1")) {
                    throw new IllegalStateException("out of step\u001b[2J");
                }
                throw new NodeException(Phase.CONNECT, "refused\u001b[2J");
            }

            @Override
            public void close() {
                // Nothing is open.
            }
        };
        Scan scan = new Scan(
                connector,
                List.of(),
                2,
                Optional.empty(),
                Clock.systemUTC(),
                Progress.NONE,
                new Templates(ScanTest.class.getClassLoader()));

        List<NodeResult> nodes =
                scan.run(List.of(assignment("pve1"), assignment("pve2"))).nodes();

        assertThat(nodes)
                .extracting(NodeResult::state)
                .containsExactly(NodeResult.State.ERROR, NodeResult.State.UNREACHABLE);
        assertThat(nodes)
                .allSatisfy(node -> assertThat(node.error().orElseThrow().message())
                        .contains("\\x1b[2J")
                        .doesNotContain("\u001b"));
        assertThat(nodes.get(0).error().orElseThrow().message()).contains("bug", "out of step");
    }

    private static Scan.Assignment assignment(String name) {
        return new Scan.Assignment(
                new Target(name, name, OptionalInt.empty(), Optional.empty(), Optional.empty(), false, false),
                Policies.builtIn().base());
    }
}
