package holdfast.run;

import holdfast.node.Target;
import holdfast.policy.Cidr;
import java.net.InetAddress;
import java.util.Collection;

/** Whether a node of the inventory that does not answer can be a member that others tell of. */
final class Fitting {

    private Fitting() {}

    /**
     * Whether they are one, as far as an address or a name can tell.
     *
     * @param member the member's own name
     * @param addresses what the others know it by
     * @param byAddress whether its address has to say so; else its name, which is less sure
     */
    static boolean fits(Target target, String member, Collection<String> addresses, boolean byAddress) {
        return byAddress
                ? addresses.stream().map(Fitting::canonical).anyMatch(canonical(target.host())::equals)
                : unqualified(target.name()).equalsIgnoreCase(member)
                        || unqualified(target.host()).equalsIgnoreCase(member);
    }

    /** IPv6 addresses have many spellings. */
    private static String canonical(String address) {
        return Cidr.address(address).map(InetAddress::getHostAddress).orElse(address);
    }

    private static String unqualified(String name) {
        return name.replaceFirst("\\..*", "");
    }
}
