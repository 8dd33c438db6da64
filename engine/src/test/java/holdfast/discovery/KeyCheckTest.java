package holdfast.discovery;

import static holdfast.discovery.RosterTest.key;
import static org.assertj.core.api.Assertions.assertThat;

import holdfast.node.HostKey;
import holdfast.node.Presented;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Which keys are believed, and why not. */
class KeyCheckTest {

    private static final HostKey RSA = key("ssh-rsa", 1);
    private static final HostKey OTHER = key("ssh-rsa", 2);
    private static final HostKey ED = key("ssh-ed25519", 3);
    private static final Presented.Standing NEW = new Presented.NotKnown();

    private static Roster.Entry member(List<HostKey> known, List<HostKey> own) {
        return new Roster.Entry(
                "pve2", Optional.of("192.0.2.12"), List.of(), known, "/etc/pve/nodes/pve2/ssh_known_hosts", own);
    }

    private static Presented presents(HostKey key, Presented.Standing standing) {
        return new Presented("192.0.2.12:22", Map.of(key.type(), new Presented.Shown(key, standing)));
    }

    @Test
    void whatTheClusterKnowsAndTheNodePresentsIsVerified() {
        KeyCheck check = KeyCheck.of(member(List.of(RSA), List.of()), presents(RSA, NEW));
        assertThat(check.state()).isEqualTo(KeyCheck.State.VERIFIED);
        assertThat(check.keys()).containsExactly(RSA);
        assertThat(check.remarks()).isEmpty();
        assertThat(check.familiar()).isFalse();
        assertThat(KeyCheck.of(member(List.of(RSA), List.of()), presents(RSA, new Presented.Known()))
                        .familiar())
                .isTrue();
    }

    @Test
    void anotherKeyThanTheClusterKnowsIsAMismatch() {
        KeyCheck check = KeyCheck.of(member(List.of(RSA), List.of()), presents(OTHER, NEW));
        assertThat(check.state()).isEqualTo(KeyCheck.State.MISMATCH);
        assertThat(check.keys()).isEmpty();
        assertThat(check.remarks())
                .singleElement()
                .asString()
                .contains(OTHER.fingerprint(), RSA.fingerprint(), "nodes/pve2/ssh_known_hosts", "updatecerts");
    }

    @Test
    void oneWrongKeySpoilsTheRightOnes() {
        Presented both = new Presented(
                "x", Map.of("ssh-rsa", new Presented.Shown(OTHER, NEW), "ssh-ed25519", new Presented.Shown(ED, NEW)));
        KeyCheck check = KeyCheck.of(member(List.of(RSA), List.of(ED)), both);
        assertThat(check.state()).isEqualTo(KeyCheck.State.MISMATCH);
        assertThat(check.keys()).isEmpty();
    }

    @Test
    void theUsersOwnKnownHostsMayForbidWhatTheClusterKnows() {
        KeyCheck check = KeyCheck.of(
                member(List.of(RSA), List.of()),
                presents(RSA, new Presented.Refused("host key changed for 192.0.2.12")));
        assertThat(check.state()).isEqualTo(KeyCheck.State.MISMATCH);
        assertThat(check.remarks()).containsExactly("host key changed for 192.0.2.12");
    }

    @Test
    void aKeyThatIsOnlyPresentedIsNotVerified() {
        KeyCheck check = KeyCheck.of(member(List.of(), List.of()), presents(ED, NEW));
        assertThat(check.state()).isEqualTo(KeyCheck.State.UNVERIFIED);
        assertThat(check.keys()).isEmpty();
        assertThat(check.remarks()).anyMatch(remark -> remark.contains("nobody vouches for"));
        assertThat(KeyCheck.of(member(List.of(), List.of()), presents(ED, new Presented.Known()))
                        .state())
                .as("the user's own known_hosts vouches")
                .isEqualTo(KeyCheck.State.VERIFIED);
    }

    @Test
    void aNodeWithoutAKeyOfTheKnownTypeCannotBeCompared() {
        KeyCheck check = KeyCheck.of(
                member(List.of(RSA), List.of()),
                new Presented("x", Map.of("ssh-rsa", new Presented.Absent("ssh-ed25519"))));
        assertThat(check.state()).isEqualTo(KeyCheck.State.UNVERIFIED);
        assertThat(check.remarks()).containsExactly("presents no ssh-rsa key to compare; it has ssh-ed25519");
    }

    @Test
    void theFirstMembersOwnFilesVouchForItsOtherKeys() {
        Presented both = new Presented(
                "x", Map.of("ssh-rsa", new Presented.Shown(RSA, NEW), "ssh-ed25519", new Presented.Shown(ED, NEW)));
        assertThat(KeyCheck.of(member(List.of(RSA), List.of(RSA, ED)), both).keys())
                .containsExactlyInAnyOrder(RSA, ED);
        KeyCheck swapped = KeyCheck.of(member(List.of(RSA), List.of(RSA, key("ssh-ed25519", 9))), both);
        assertThat(swapped.state()).isEqualTo(KeyCheck.State.MISMATCH);
        assertThat(swapped.remarks()).singleElement().asString().contains("its own file in /etc/ssh");
    }

    @Test
    void onlyWhatCanBeComparedIsAskedFor() {
        assertThat(KeyCheck.types(member(List.of(RSA), List.of()))).containsExactly("ssh-rsa");
        assertThat(KeyCheck.types(member(List.of(RSA), List.of(RSA, ED)))).containsExactly("ssh-rsa", "ssh-ed25519");
        assertThat(KeyCheck.types(member(List.of(), List.of()))).hasSize(3);
    }

    @Test
    void aMemberThatDoesNotAnswerKeepsItsUncheckedKey() {
        KeyCheck check = KeyCheck.unanswered(member(List.of(RSA), List.of()), "no route\u001b[2J to host");
        assertThat(check.state()).isEqualTo(KeyCheck.State.UNANSWERED);
        assertThat(check.keys()).containsExactly(RSA);
        assertThat(check.remarks()).containsExactly("no route\\x1b[2J to host");
    }
}
