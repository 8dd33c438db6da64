package holdfast.fix;

import static org.assertj.core.api.Assertions.assertThat;

import com.github.difflib.DiffUtils;
import com.github.difflib.UnifiedDiffUtils;
import com.github.difflib.patch.PatchFailedException;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class PlannedFileTest {

    private static PlannedFile file(Optional<String> before, Optional<String> staged, Optional<String> after) {
        return new PlannedFile("/etc/x", "/etc/x", before, staged, after, PlannedFile.digest(before), "0644", false);
    }

    private static List<String> diff(String before, String after) {
        return PlannedFile.diff("/etc/x", Optional.of(before), Optional.of(after));
    }

    @Test
    void theDiffIsThatOfDiff() {
        assertThat(diff("a\nb\nc\nd\ne\nf\n", "a\nb\nc\nd\nE\nf\n"))
                .containsExactly("--- /etc/x", "+++ /etc/x", "@@ -2,5 +2,5 @@", " b", " c", " d", "-e", "+E", " f");
    }

    @Test
    void aNewFileAndOneThatGoesHaveNoOtherSide() {
        assertThat(PlannedFile.diff("/etc/x", Optional.empty(), Optional.of("a\nb\n")))
                .containsExactly("--- /dev/null", "+++ /etc/x", "@@ -0,0 +1,2 @@", "+a", "+b");
        assertThat(PlannedFile.diff("/etc/x", Optional.of("a\n"), Optional.empty()))
                .containsExactly("--- /etc/x", "+++ /dev/null", "@@ -1,1 +0,0 @@", "-a");
    }

    @Test
    void aMissingLineFeedAtTheEndIsNotHidden() {
        assertThat(diff("a\nb", "a\nb\n")).contains("-b   (no line feed at the end)", "+b");
        assertThat(diff("a", "a\nb\n")).contains("-a   (no line feed at the end)", "+a", "+b");
        assertThat(diff("a\n", "a")).contains("-a", "+a   (no line feed at the end)");
    }

    @Test
    void blankLinesAndAnEmptyFileCount() {
        assertThat(diff("", "a\n")).containsExactly("--- /etc/x", "+++ /etc/x", "@@ -0,0 +1,1 @@", "+a");
        assertThat(diff("a\n\n", "a\n")).contains("-");
        assertThat(diff("\n", "")).contains("-");
        assertThat(diff("a\n", "a\n")).isEmpty();
    }

    @Test
    void aFileThatIsMadeEmptyIsAChangeAllTheSame() {
        PlannedFile made = file(Optional.empty(), Optional.of(""), Optional.of(""));
        assertThat(made.changes()).isTrue();
        assertThat(made.writtenFirst()).isTrue();
        assertThat(made.diff()).contains("+++ /etc/x");
    }

    @Test
    void whatIsLiveIsWrittenLast() {
        PlannedFile live = file(Optional.of("a\n"), Optional.of("a\n"), Optional.of("b\n"));
        assertThat(live.writtenFirst()).isFalse();
        assertThat(live.live()).isTrue();
        PlannedFile both = file(Optional.of("a\n"), Optional.of("b\n"), Optional.of("c\n"));
        assertThat(both.writtenFirst()).isTrue();
        assertThat(both.live()).isTrue();
        assertThat(both.diff()).contains("-a", "+c").doesNotContain("+b");
        PlannedFile same = file(Optional.of("a\n"), Optional.of("a\n"), Optional.of("a\n"));
        assertThat(same.changes()).isFalse();
    }

    @Test
    void whatTheNodeKeepsIsNeverShown() {
        PlannedFile kept = new PlannedFile(
                "/etc/x", "/etc/x", Optional.empty(), Optional.empty(), Optional.empty(), "ab", "0644", true);
        assertThat(kept.diff()).isEmpty();
        assertThat(kept.changes()).isFalse();
    }

    @ParameterizedTest
    @CsvSource({
        "/etc/pve/firewall/cluster.fw, firewall-cluster",
        "/etc/pve/nodes/pve-1/host.fw, firewall-host-pve-1",
        "/etc/pve/nodes/a/b/host.fw, ''",
        "/etc/pve/firewall/100.fw, ''",
        "/etc/ssh/sshd_config, ''"
    })
    void theLockIsThatOfProxmoxsOwnWriters(String path, String lock) {
        PlannedFile file = new PlannedFile(
                path, path, Optional.empty(), Optional.empty(), Optional.empty(), PlannedFile.ABSENT, "0644", false);
        assertThat(file.clusterLock()).isEqualTo(lock);
        assertThat(file.onClusterFileSystem()).isEqualTo(path.startsWith("/etc/pve/"));
    }

    /** Lines of few letters, so that equal ones meet. */
    @Property
    void theDiffLeadsFromOneTextToTheOther(
            @ForAll @Size(max = 12) List<Boolean> before, @ForAll @Size(max = 12) List<Boolean> after)
            throws PatchFailedException {
        List<String> diff = diff(text(before), text(after));
        List<String> old = text(before).lines().toList();
        assertThat(DiffUtils.patch(old, UnifiedDiffUtils.parseUnifiedDiff(diff)))
                .isEqualTo(text(after).lines().toList());
    }

    private static String text(List<Boolean> lines) {
        return lines.stream().map(line -> line + "\n").collect(Collectors.joining());
    }
}
