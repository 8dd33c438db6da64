package holdfast.text;

import java.util.regex.Pattern;

/** The names that may reach ssh, a shell or a configuration file; everything else is refused where it is written. */
public final class Names {

    private static final Pattern HOST = Pattern.compile("[A-Za-z0-9_]([A-Za-z0-9_.-]{0,252})");
    private static final Pattern IPV6 =
            Pattern.compile("(?=.*:.*:)[0-9A-Fa-f:]{2,39}([0-9.]{7,15})?(%[A-Za-z0-9_.-]{1,32})?");
    private static final Pattern NUMBERS = Pattern.compile("[0-9.]*");
    private static final Pattern IPV4 = Pattern.compile("((25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)(\\.(?!$)|$)){4}");
    private static final Pattern LOGIN = Pattern.compile("[A-Za-z0-9_][A-Za-z0-9_.@+-]{0,63}");
    private static final Pattern NODE = Pattern.compile("[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?");
    private static final Pattern LINUX_USER = Pattern.compile("[a-z_][a-z0-9_-]{0,31}");

    private Names() {}

    /** A host name, an alias of the ssh configuration, or an IP address without brackets. */
    public static boolean isHost(String text) {
        return isIpv6(text)
                || (HOST.matcher(text).matches()
                        && (!NUMBERS.matcher(text).matches()
                                || text.indexOf('.') < 0
                                || IPV4.matcher(text).matches()));
    }

    /** Something that can only be meant as an IPv6 address, perhaps with a zone. */
    public static boolean isIpv6(String text) {
        return text.length() <= 100 && IPV6.matcher(text).matches();
    }

    /** A name to log in with, which a directory service may have given ({@code ops@example.com}). */
    public static boolean isLogin(String text) {
        return LOGIN.matcher(text).matches();
    }

    /** The name of a Proxmox VE node: a host name without dots (pve-cluster, {@code PVE::INotify::nodename}). */
    public static boolean isNodeName(String text) {
        return NODE.matcher(text).matches();
    }

    /** A name in {@code /etc/passwd}, as Debian's adduser accepts it. */
    public static boolean isLinuxUser(String text) {
        return LINUX_USER.matcher(text).matches();
    }
}
