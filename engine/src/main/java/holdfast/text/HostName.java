package holdfast.text;

/**
 * A host name or IP address that may stand in a configuration file.
 *
 * @param text as {@link Names#isHost} accepts it
 */
public record HostName(String text) implements Printable {

    /** @throws IllegalArgumentException for anything that is no host name and no IP address */
    public HostName {
        if (!Names.isHost(text)) {
            throw new IllegalArgumentException("not a host name or IP address: " + Clean.line(text, 100));
        }
    }

    @Override
    public String toString() {
        return text;
    }
}
