package holdfast.proxmox;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The links of one member to the others, as it sees them ({@code corosync-cfgtool -s}).
 *
 * @param nodeId the member's own id
 * @param links one for each link that is configured and enabled
 */
public record Links(int nodeId, List<Link> links) {

    private static final Pattern HEAD = Pattern.compile("Local node ID (\\d{1,9}), transport (\\S+)");
    private static final Pattern LINK = Pattern.compile("LINK ID (\\d)(?:\\s.*)?");
    private static final Pattern ADDRESS = Pattern.compile("\\s+addr\\s*=\\s*(\\S+)");
    private static final Pattern PEER = Pattern.compile("\\s+nodeid:?\\s*(\\d{1,9}):\\s*(\\S.*)");

    /**
     * @param number 0 to 7
     * @param address this member's address on it
     * @param peers what it says of each member by id, itself among them: {@code localhost}, {@code connected},
     *     {@code disconnected}
     */
    public record Link(int number, String address, Map<Integer, String> peers) {
        public Link {
            peers = Collections.unmodifiableMap(new LinkedHashMap<>(peers));
        }

        /** Whether this link reaches that member; a member reaches itself. */
        public boolean reaches(int id) {
            String state = peers.getOrDefault(id, "");
            return state.equals("connected") || state.equals("localhost");
        }
    }

    public Links {
        links = List.copyOf(links);
    }

    /** How many links reach that member. */
    public int reaching(int id) {
        return (int) links.stream().filter(link -> link.reaches(id)).count();
    }

    /** @throws IllegalArgumentException when it is not what corosync-cfgtool prints for knet, or is cut off */
    static Links parse(String text) {
        List<String> lines = text.lines().toList();
        Matcher head = HEAD.matcher(lines.isEmpty() ? "" : lines.get(0));
        if (!head.matches()) {
            throw new IllegalArgumentException("corosync-cfgtool does not begin with the local node's id");
        }
        List<Link> links = new ArrayList<>();
        int number = -1;
        String address = "";
        Map<Integer, String> peers = new LinkedHashMap<>();
        for (String line : lines) {
            Matcher link = LINK.matcher(line);
            Matcher addr = ADDRESS.matcher(line);
            Matcher peer = PEER.matcher(line);
            if (link.matches()) {
                if (number >= 0) {
                    links.add(new Link(number, address, peers));
                }
                number = Integer.parseInt(link.group(1));
                address = "";
                peers = new LinkedHashMap<>();
            } else if (addr.matches()) {
                address = addr.group(1);
            } else if (peer.matches()) {
                peers.put(Integer.parseInt(peer.group(1)), peer.group(2).strip());
            }
        }
        if (number < 0 || peers.isEmpty()) {
            throw new IllegalArgumentException("corosync-cfgtool names no link");
        }
        links.add(new Link(number, address, peers));
        return new Links(Integer.parseInt(head.group(1)), links);
    }
}
