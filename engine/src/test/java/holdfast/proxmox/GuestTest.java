package holdfast.proxmox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.stream.Collectors;
import java.util.stream.IntStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class GuestTest {

    /** As pmxcfs prints it (cfs_create_vmlist_msg). */
    private static final String VMLIST = """
            {
            "version": 9,
            "ids": {
            "200": { "node": "pve2", "type": "lxc", "version": 3 },
            "100": { "node": "pve1", "type": "qemu", "version": 2 },
            "101": { "node": "pve1", "type": "openvz", "version": 2 }}

            }
            """;

    @Test
    void guestsAreSortedByNumber() {
        assertThat(Guest.list(VMLIST))
                .containsExactly(
                        new Guest(100, "pve1", "qemu"),
                        new Guest(101, "pve1", "openvz"),
                        new Guest(200, "pve2", "lxc"));
        assertThat(Guest.list(VMLIST)).extracting(Guest::serviceId).containsExactly("vm:100", "ct:101", "ct:200");
    }

    @ParameterizedTest
    @ValueSource(strings = {"{ \"version\": 1 }", "{\n\"version\": 1,\n\"ids\": {}\n}\n"})
    void aClusterWithoutGuestsHasNone(String vmlist) {
        assertThat(Guest.list(vmlist)).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "[]",
                "null",
                "{\"ids\": []}",
                "{\"ids\": \"none\"}",
                "{\"ids\": {\"100\": []}}",
                "{\"ids\": {\"100\": {\"type\": \"qemu\"}}}",
                "{\"ids\": {\"100\": {\"node\": \"pve1\"}}}",
                "{\"ids\": {\"100\": {\"node\": [], \"type\": \"qemu\"}}}",
                "{\"ids\": {\"-1\": {\"node\": \"pve1\", \"type\": \"qemu\"}}}",
                "{\"ids\": {\"9999999999\": {\"node\": \"pve1\", \"type\": \"qemu\"}}}",
                "{\"ids\": {}} {}"
            })
    void whatPmxcfsDoesNotPrintIsRefused(String vmlist) {
        assertThatThrownBy(() -> Guest.list(vmlist))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("/etc/pve/.vmlist");
    }

    @Test
    void aCutOffListIsNone() {
        int end = VMLIST.stripTrailing().length();
        for (int cut = 0; cut < end; cut++) {
            String text = VMLIST.substring(0, cut);
            assertThatThrownBy(() -> Guest.list(text))
                    .as("cut at %d", cut)
                    .isInstanceOf(IllegalArgumentException.class);
        }
    }

    // ------------------------------------------------------------------ hostile lists

    @Test
    void aMegabyteOfGuestsIsReadInReasonableTime() {
        String guests = IntStream.range(0, 18_000)
                .mapToObj(id -> "\"%d\": { \"node\": \"pve%d\", \"type\": \"qemu\", \"version\": 1 }"
                        .formatted(id + 100, id % 32))
                .collect(Collectors.joining(",\n"));
        String vmlist = "{\n\"version\": 1,\n\"ids\": {\n%s}\n}\n".formatted(guests);
        assertThat(vmlist.length()).isGreaterThan(1_000_000);
        long start = System.nanoTime();
        assertThat(Guest.list(vmlist)).hasSize(18_000);
        assertThat(System.nanoTime() - start).isLessThan(10_000_000_000L);
    }

    @Test
    void deepNestingIsRefused() {
        for (String opening : new String[] {"[", "{\"a\":"}) {
            String deep = "{\"ids\": " + opening.repeat(200_000);
            assertThatThrownBy(() -> Guest.list(deep)).isInstanceOf(IllegalArgumentException.class);
        }
    }

    @Test
    void aNameOfAMegabyteIsNoDisaster() {
        String vmlist = "{\"ids\": {\"100\": {\"node\": \"%s\", \"type\": \"qemu\"}}}".formatted("x".repeat(1_000_000));
        assertThat(Guest.list(vmlist)).hasSize(1);
        assertThatThrownBy(() -> Guest.list("{\"ids\": {\"%s\": {}}}".formatted("9".repeat(1_000_000))))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Property
    void noTextThrowsAnythingElse(@ForAll String text) {
        assertThatThrownBy(() -> Guest.list(text)).isInstanceOf(IllegalArgumentException.class);
    }

    @Property
    void aChangedByteNeverThrowsAnythingElse(@ForAll int position, @ForAll char replacement) {
        int at = Math.floorMod(position, VMLIST.length());
        try {
            assertThat(Guest.list(VMLIST.substring(0, at) + replacement + VMLIST.substring(at + 1)))
                    .hasSizeLessThanOrEqualTo(3);
        } catch (IllegalArgumentException e) {
            assertThat(e.getMessage()).isNotBlank();
        }
    }
}
