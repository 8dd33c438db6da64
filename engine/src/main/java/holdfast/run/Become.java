package holdfast.run;

/** How root is reached on a node after the login. */
enum Become {
    NOT_NEEDED,
    SUDO_WITHOUT_PASSWORD,
    SUDO_WITH_PASSWORD;

    /** Non-login shells lack the sbin directories; the node's own PATH is not trusted. */
    private static final String ENVIRONMENT = "LC_ALL=C PATH=/usr/sbin:/usr/bin:/sbin:/bin";

    /**
     * The command line for the login shell that runs a script from standard input as root. It is one line that every
     * shell understands alike; it skips its input up to the nonce, so that a password that sudo did not ask for is
     * never taken for a command.
     *
     * @param nonce the line before the script
     * @param seconds after so long the script is ended on the node
     */
    String commandLine(String nonce, long seconds) {
        String sudo = switch (this) {
            case NOT_NEEDED -> "";
            case SUDO_WITHOUT_PASSWORD -> "sudo -n -- /usr/bin/env \"SSH_CONNECTION=$SSH_CONNECTION\" ";
            case SUDO_WITH_PASSWORD -> "sudo -k -S -p \"\" -- /usr/bin/env \"SSH_CONNECTION=$SSH_CONNECTION\" ";
        };
        return sudo + "/usr/bin/env " + ENVIRONMENT + " timeout -k 5 " + seconds
                + " /bin/sh -c 'while IFS= read -r l; do case $l in " + nonce
                + ") break;; esac; done; exec /bin/sh -s'";
    }
}
