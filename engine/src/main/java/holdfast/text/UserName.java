package holdfast.text;

/**
 * A local user that may stand in a configuration file. Names of directory services are refused: sshd takes
 * {@code user@host} for a pattern.
 *
 * @param text as {@link Names#isLinuxUser} accepts it
 */
public record UserName(String text) implements Printable {

    /** @throws IllegalArgumentException for anything that adduser would refuse */
    public UserName {
        if (!Names.isLinuxUser(text)) {
            throw new IllegalArgumentException("not the name of a Linux user: " + Clean.line(text, 100));
        }
    }

    @Override
    public String toString() {
        return text;
    }
}
