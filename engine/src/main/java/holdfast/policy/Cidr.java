package holdfast.policy;

import holdfast.text.Printable;
import java.math.BigInteger;
import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * A network such as {@code 10.1.0.0/16} or {@code 2001:db8::/32}, with host bits zero; a bare address is
 * a network of one.
 *
 * @param address the network's first address, without zone
 * @param prefix 0 to 32 for IPv4, 0 to 128 for IPv6
 */
public record Cidr(InetAddress address, int prefix) implements Printable {

    /** @throws IllegalArgumentException for a prefix that the address cannot have */
    public Cidr {
        if (prefix < 0 || prefix > address.getAddress().length * 8) {
            throw new IllegalArgumentException("an address cannot have the prefix " + prefix);
        }
    }

    private static final Pattern LITERAL = Pattern.compile("[0-9a-fA-F:.]{2,45}");
    private static final Pattern IPV4 = Pattern.compile("\\d{1,3}(\\.\\d{1,3}){3}");

    /** Empty when {@code text} is not an address or network, or has host bits set. Never resolves names. */
    public static Optional<Cidr> parse(String text) {
        return Optional.of(text.split("/", -1)[0])
                .flatMap(Cidr::address)
                .flatMap(address -> enclosing(text).filter(cidr -> cidr.address.equals(address)));
    }

    /** As {@link #parse}, but host bits are cleared instead of refused. */
    public static Optional<Cidr> enclosing(String text) {
        String[] parts = text.split("/", -1);
        if (parts.length > 2 || (parts.length == 2 && !parts[1].matches("\\d{1,3}"))) {
            return Optional.empty();
        }
        Optional<InetAddress> literal = address(parts[0]);
        if (literal.isEmpty()) {
            return Optional.empty();
        }
        byte[] bytes = literal.get().getAddress();
        int prefix = parts.length == 2 ? Integer.parseInt(parts[1]) : bytes.length * 8;
        if (prefix > bytes.length * 8) {
            return Optional.empty();
        }
        for (int bit = prefix; bit < bytes.length * 8; bit++) {
            bytes[bit / 8] &= (byte) ~(0x80 >> (bit % 8));
        }
        try {
            return Optional.of(new Cidr(InetAddress.getByAddress(bytes), prefix));
        } catch (UnknownHostException e) {
            throw new IllegalStateException(e);
        }
    }

    /** An IP address literal, without brackets and zone; never asks a name server. */
    public static Optional<InetAddress> address(String text) {
        if (!LITERAL.matcher(text).matches()
                || (text.indexOf(':') < 0 && !IPV4.matcher(text).matches())) {
            return Optional.empty();
        }
        try {
            // A literal with a colon or four dotted numbers is parsed, never looked up.
            return Optional.of(InetAddress.getByName(text));
        } catch (UnknownHostException e) {
            return Optional.empty();
        }
    }

    /** Whether {@code candidate} lies in this network; never across address families. */
    public boolean contains(InetAddress candidate) {
        byte[] mine = address.getAddress();
        byte[] theirs = candidate.getAddress();
        if (mine.length != theirs.length) {
            return false;
        }
        int shift = mine.length * 8 - prefix;
        return new BigInteger(1, mine).shiftRight(shift).equals(new BigInteger(1, theirs).shiftRight(shift));
    }

    /** Whether all of {@code other} lies in this network; never across address families. */
    public boolean covers(Cidr other) {
        return prefix <= other.prefix && contains(other.address);
    }

    /** Whether the two have an address in common: one of them covers the other then. */
    public boolean overlaps(Cidr other) {
        return covers(other) || other.covers(this);
    }

    /** Whether there is nobody in it but the node itself. */
    public boolean isLoopback() {
        return address.isLoopbackAddress();
    }

    /**
     * The addresses from {@code low} to {@code high} as the fewest networks that make them up, in their order;
     * empty when they are not two addresses of one family, or in the wrong order.
     */
    public static Optional<List<Cidr>> range(String low, String high) {
        Optional<InetAddress> from = address(low);
        Optional<InetAddress> to = address(high);
        if (from.isEmpty()
                || to.isEmpty()
                || from.get().getAddress().length != to.get().getAddress().length) {
            return Optional.empty();
        }
        int bits = from.get().getAddress().length * 8;
        BigInteger next = new BigInteger(1, from.get().getAddress());
        BigInteger last = new BigInteger(1, to.get().getAddress());
        if (next.compareTo(last) > 0) {
            return Optional.empty();
        }
        List<Cidr> networks = new ArrayList<>();
        while (next.compareTo(last) <= 0) {
            int size = next.signum() == 0 ? bits : Math.min(bits, next.getLowestSetBit());
            while (next.add(BigInteger.ONE.shiftLeft(size))
                            .subtract(BigInteger.ONE)
                            .compareTo(last)
                    > 0) {
                size--;
            }
            networks.add(new Cidr(address(next, bits / 8), bits - size));
            next = next.add(BigInteger.ONE.shiftLeft(size));
        }
        return Optional.of(networks);
    }

    private static InetAddress address(BigInteger value, int length) {
        byte[] digits = value.toByteArray();
        byte[] bytes = new byte[length];
        int copied = Math.min(length, digits.length);
        System.arraycopy(digits, digits.length - copied, bytes, length - copied, copied);
        try {
            return InetAddress.getByAddress(bytes);
        } catch (UnknownHostException e) {
            throw new IllegalStateException(e);
        }
    }

    /** As people write it: a bare address for a network of one, IPv6 shortened (RFC 5952). */
    public String shortest() {
        int bits = address.getAddress().length * 8;
        String text = isIpv6() ? shortIpv6(address.getHostAddress().split(":")) : address.getHostAddress();
        return prefix == bits ? text : text + "/" + prefix;
    }

    private static String shortIpv6(String[] groups) {
        int start = -1;
        int longest = 1;
        for (int i = 0; i < groups.length; i++) {
            int end = i;
            while (end < groups.length && groups[end].equals("0")) {
                end++;
            }
            if (end - i > longest) {
                start = i;
                longest = end - i;
            }
        }
        List<String> all = List.of(groups);
        return start < 0
                ? String.join(":", all)
                : String.join(":", all.subList(0, start)) + "::"
                        + String.join(":", all.subList(start + longest, all.size()));
    }

    /** An address that a host of this network could have: the first one after the network's own, or the only one. */
    public String sample() {
        byte[] bytes = address.getAddress();
        if (prefix < bytes.length * 8) {
            bytes[bytes.length - 1] |= 1;
        }
        try {
            return InetAddress.getByAddress(bytes).getHostAddress();
        } catch (UnknownHostException e) {
            throw new IllegalStateException(e);
        }
    }

    public boolean isIpv6() {
        return address instanceof Inet6Address;
    }

    public boolean isIpv4() {
        return address instanceof Inet4Address;
    }

    /** A bare address for a network of one, else with the prefix; IPv6 in the short form of RFC 5952. */
    @Override
    public String text() {
        byte[] bytes = address.getAddress();
        String bare = bytes.length == 4 ? address.getHostAddress() : shortened(bytes);
        return prefix == bytes.length * 8 ? bare : bare + "/" + prefix;
    }

    /** The longest run of at least two zero groups becomes {@code ::}, the first one of equals. */
    private static String shortened(byte[] bytes) {
        int bestStart = -1;
        int bestLength = 1;
        for (int start = 0; start < 8; start++) {
            int length = 0;
            while (start + length < 8 && group(bytes, start + length) == 0) {
                length++;
            }
            if (length > bestLength) {
                bestStart = start;
                bestLength = length;
            }
        }
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < 8; i++) {
            if (i == bestStart) {
                text.append("::");
                i += bestLength - 1;
            } else {
                text.append(text.isEmpty() || text.charAt(text.length() - 1) == ':' ? "" : ":")
                        .append(Integer.toHexString(group(bytes, i)));
            }
        }
        return text.toString();
    }

    private static int group(byte[] bytes, int index) {
        return (bytes[2 * index] & 0xff) << 8 | (bytes[2 * index + 1] & 0xff);
    }

    @Override
    public String toString() {
        return address.getHostAddress() + "/" + prefix;
    }
}
