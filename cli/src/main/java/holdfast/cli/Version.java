package holdfast.cli;

import picocli.CommandLine;

/** Which holdfast this is. */
public final class Version implements CommandLine.IVersionProvider {

    /** The version alone, as the build wrote it into the jar; {@code development} outside of one. */
    static String number() {
        String version = Version.class.getPackage().getImplementationVersion();
        return version == null ? "development" : version;
    }

    static String line() {
        return "holdfast " + number() + " (Java " + Runtime.version().feature() + ")";
    }

    @Override
    public String[] getVersion() {
        return new String[] {line()};
    }
}
