package holdfast.proxmox;

import holdfast.probe.Probe;
import holdfast.probe.Reading;
import holdfast.probe.Sections;
import java.time.Duration;
import java.util.Map;
import java.util.OptionalInt;

/**
 * What the corosync of one member runs with, asked of itself: no file can be edited without being loaded here.
 *
 * @param settings the settings in effect, or why they could not be read
 * @param links the links, or why they could not be read
 * @param device the QDevice's client; unknown where it does not run or is not installed
 */
public record RunningCorosync(Reading<Settings> settings, Reading<Links> links, Reading<QuorumDevice> device) {

    /**
     * @param conf the settings in effect
     * @param waitingForAll no quorum before all members have been seen once ({@code wait_for_all})
     * @param lowestId the lowest id among the members when this one was quorate the last time by its votes
     * @param highestId the highest
     */
    public record Settings(CorosyncConf conf, boolean waitingForAll, OptionalInt lowestId, OptionalInt highestId) {

        /** @throws IllegalArgumentException when the node list is missing or a number is none */
        static Settings parse(String text) {
            Map<String, String> flat = CorosyncConf.map(text);
            return new Settings(
                    CorosyncConf.parseMap(text),
                    flat.getOrDefault("runtime.votequorum.wait_for_all_status", "0")
                            .equals("1"),
                    id(flat.get("runtime.votequorum.lowest_node_id")),
                    id(flat.get("runtime.votequorum.highest_node_id")));
        }

        private static OptionalInt id(@org.jspecify.annotations.Nullable String text) {
            return text == null || !text.matches("\\d{1,9}")
                    ? OptionalInt.empty()
                    : OptionalInt.of(Integer.parseInt(text));
        }
    }

    /**
     * The prefixes leave out {@code totem.key}, which can hold the members' common secret. Each tool takes a few
     * milliseconds, so one after the other is cheaper than a process more for each.
     */
    public static final Probe<RunningCorosync> PROBE = Probe.command(
            "cluster.corosync",
            Sections.SHELL + """
                    section map corosync-cmapctl totem.c totem.secauth totem.transport nodelist. quorum. runtime.votequorum.
                    section links corosync-cfgtool -s
                    if command -v corosync-qdevice-tool >/dev/null; then section device corosync-qdevice-tool -s; fi
                    """ + Sections.LAST,
            Duration.ofSeconds(5),
            output -> of(Sections.parse(output.stdout()).finished()));

    static RunningCorosync of(Sections sections) {
        return new RunningCorosync(
                understood(sections.text("map"), Settings::parse),
                understood(sections.text("links"), Links::parse),
                sections.section("device").isEmpty()
                        ? Reading.unknown("corosync-qdevice is not installed")
                        : QuorumDevice.of(sections));
    }

    private static <T> Reading<T> understood(Reading<String> text, java.util.function.Function<String, T> parser) {
        return text.then(known -> {
            try {
                return Reading.known(parser.apply(known));
            } catch (IllegalArgumentException e) {
                return new Reading.Unknown<>(String.valueOf(e.getMessage()));
            }
        });
    }
}
