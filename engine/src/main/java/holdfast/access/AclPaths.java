package holdfast.access;

import java.util.List;
import java.util.regex.Pattern;

/** The paths that ACL entries are about (pve-access-control, AccessControl.pm, {@code check_path}). */
public final class AclPaths {

    /** What stands at the top. */
    public static final List<String> TOP =
            List.of("/", "/access", "/mapping", "/nodes", "/pool", "/sdn", "/storage", "/vms");

    /**
     * Not as narrow as Proxmox VE's own list, which grows with each release below {@code /sdn} and {@code /mapping}.
     */
    private static final Pattern KNOWN = Pattern.compile("/"
            + "|/access(/(groups|realm)(/[A-Za-z0-9._-]+)?)?"
            + "|/nodes(/[A-Za-z0-9._-]+)?"
            + "|/pool(/[A-Za-z0-9._-]+){0,3}"
            + "|/storage(/[A-Za-z0-9._-]+)?"
            + "|/vms(/[1-9][0-9]{2,8})?"
            + "|/(sdn|mapping)(/[A-Za-z0-9._-]+){0,4}");

    private AclPaths() {}

    /**
     * Whether Proxmox VE has something at such a path. What it asks for elsewhere follows from the entries above, so an
     * answer for a mistyped path would be a true one about nothing.
     *
     * @param path normalised
     */
    public static boolean isKnown(String path) {
        return KNOWN.matcher(path).matches();
    }
}
