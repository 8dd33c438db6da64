package holdfast.quorum;

import holdfast.probe.Reading;
import holdfast.proxmox.Guest;
import holdfast.proxmox.HighAvailability;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * Whether a cluster may be touched now.
 *
 * @param decision the answer
 * @param reasons why it is not GO, or the arithmetic that makes it GO; never empty
 * @param notes what does not decide, and is worth knowing
 * @param count corosync's count; empty where no member told it
 * @param device the QDevice; empty where none is configured, or that is not known
 * @param members every configured member, and every one that was asked
 * @param forecast what the loss that was asked about would leave; empty for the plain question, or where it is not known
 * @param losses what sits on each member that would be lost
 */
public record Answer(
        Decision decision,
        List<String> reasons,
        List<String> notes,
        Optional<Count> count,
        Optional<DeviceView> device,
        List<Member> members,
        Optional<Forecast> forecast,
        List<Loss> losses) {

    /** What to do. */
    public enum Decision {
        GO,
        NO_GO,
        /** Too few members answered, or not enough: never taken for GO. */
        CANNOT_TELL;

        /** As it is shown. */
        public String label() {
            return switch (this) {
                case GO -> "GO";
                case NO_GO -> "NO-GO";
                case CANNOT_TELL -> "CANNOT TELL";
            };
        }
    }

    /**
     * @param quorate whether some partition has quorum
     * @param present the votes that are there, the QDevice's among them
     * @param expected the votes that corosync expects
     * @param configured the votes of all configured members and of the QDevice
     * @param needed how many make a quorum
     * @param margin how many more may go, by the most careful member's count
     */
    public record Count(boolean quorate, int present, int expected, int configured, int needed, int margin) {}

    /**
     * @param votes the QDevice's
     * @param algorithm as configured, such as {@code ffsplit}
     * @param host where qnetd runs
     * @param counting the members that count its votes
     * @param deaf the present members that do not, each with its client's state where that is known
     */
    public record DeviceView(int votes, String algorithm, String host, List<String> counting, List<String> deaf) {
        public DeviceView {
            counting = List.copyOf(counting);
            deaf = List.copyOf(deaf);
        }
    }

    /**
     * One member's view.
     *
     * @param name in its cluster; the inventory's where it did not answer
     * @param node in the inventory; empty where it was not asked
     * @param view what it sees
     * @param present whether the cluster's other members see it: empty where nobody knows
     */
    public record Member(String name, Optional<String> node, View view, Optional<Boolean> present) {}

    /** What a member answered. */
    public sealed interface View {
        /**
         * @param quorate its corosync's word
         * @param present the votes it sees
         * @param expected the votes it expects
         * @param ringId changes with each change of membership
         * @param links how many links reach every other present member; empty where not known
         * @param configVersion the version of corosync.conf it runs with; empty where not known
         * @param files what is wrong with its {@code /etc/pve}; empty when nothing is
         */
        record Told(
                boolean quorate,
                int present,
                int expected,
                String ringId,
                OptionalInt links,
                Optional<Long> configVersion,
                Optional<String> files)
                implements View {}

        /** It was asked and told nothing. */
        record Silent(String why) implements View {}

        /** It is a member, but not in the inventory, or left out by the limit. */
        record NotAsked() implements View {}
    }

    /**
     * What sits on a member that would be lost.
     *
     * @param name the member
     * @param present whether it is there now
     * @param guests its guests, or why they are not known
     * @param services its HA resources, or why they are not known
     * @param fenced whether its watchdog resets it when it stops without a farewell or loses quorum
     */
    public record Loss(
            String name,
            boolean present,
            Reading<List<Guest>> guests,
            Reading<List<HighAvailability.Service>> services,
            Reading<Boolean> fenced) {}

    public Answer {
        reasons = List.copyOf(reasons);
        notes = List.copyOf(notes);
        members = List.copyOf(members);
        losses = List.copyOf(losses);
    }
}
