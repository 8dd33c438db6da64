package holdfast.fix;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

final class LockHolderTest {

    private static final String HOLDER = """
            @holder operator=eve
            @holder controller=desk
            @holder run=20261122T045259Z-a1b2c3
            @holder since=1795323179
            @holder boot=6fd1c1a4
            @now 1795323239
            """;

    @Test
    void aRunThatIsUnderWayIsNamedWithItsAge() {
        assertThat(LockHolder.explain("alive", HOLDER))
                .isEqualTo(
                        "run 20261122T045259Z-a1b2c3 of eve on desk holds the lock of this node since 2026-11-22T04:52:59Z (60 s ago); wait until it has ended");
    }

    @Test
    void oneThatDiedIsExplainedWithTheWayOut() {
        assertThat(LockHolder.explain("dead", HOLDER.replace("1795323239", "1795334000")))
                .contains(
                        "has left its lock since 2026-11-22T04:52:59Z (3 h ago)",
                        "'holdfast undo 20261122T045259Z-a1b2c3'",
                        "'sh /var/lib/holdfast/20261122T045259Z-a1b2c3/rollback' on the node");
    }

    @Test
    void aClustersChangeIsUndoneByItsRun() {
        assertThat(LockHolder.explain("dead", HOLDER.replace("a1b2c3", "a1b2c3-cluster")))
                .contains(
                        "'holdfast undo 20261122T045259Z-a1b2c3'",
                        "'sh /var/lib/holdfast/20261122T045259Z-a1b2c3-cluster/rollback'");
    }

    @Test
    void aForeignFileIsLeftToAPerson() {
        assertThat(LockHolder.explain("foreign", "@holder \u001b[2Jhello\n@now 1\n"))
                .isEqualTo("/var/lib/holdfast/lock is not a lock of holdfast: look at it, and remove it");
    }

    @Test
    void whatANodeSaysIsCleanedAndAWrongClockIsLeftOut() {
        assertThat(LockHolder.explain("alive", "@holder operator=\u001b[2Jeve\n@holder since=soon\n@now later\n"))
                .isEqualTo("run ? of \\x1b[2Jeve on ? holds the lock of this node; wait until it has ended");
        assertThat(LockHolder.explain("alive", "@holder since=200\n@now 100\n")).contains("(0 s ago)");
    }
}
