package holdfast.discovery;

import holdfast.node.HostKey;
import holdfast.node.Presented;
import holdfast.text.Clean;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * What became of a member's host keys. A key is verified when two ways lead to it: somebody who is trusted knows it (the
 * cluster, over the connection that was logged in to; the member's own files, over the same one; the user's own
 * {@code known_hosts}), and the machine has proved that it holds it. A key that it only presented is not verified: whoever
 * stands in between presents keys as well.
 *
 * @param state what came out
 * @param keys the verified ones; where the member did not answer, those that the cluster knows, unchecked
 * @param remarks what a person should know, clean sentences
 * @param familiar whether the user's own {@code known_hosts} has all of the keys already
 */
public record KeyCheck(State state, List<HostKey> keys, List<String> remarks, boolean familiar) {

    public KeyCheck {
        keys = List.copyOf(keys);
        remarks = List.copyOf(remarks);
    }

    /** What came out. */
    public enum State {
        /** At least one key is verified, and none is wrong. */
        VERIFIED,
        /** It presents another key than is known. None of its keys is written anywhere. */
        MISMATCH,
        /** It answered, but nothing that it presents can be compared. */
        UNVERIFIED,
        /** It did not answer. */
        UNANSWERED
    }

    /** The types of keys to ask a member for: those that can be compared, or all when there are none. */
    public static List<String> types(Roster.Entry entry) {
        Set<String> types = new LinkedHashSet<>();
        entry.known().forEach(key -> types.add(key.type()));
        entry.own().forEach(key -> types.add(key.type()));
        return types.isEmpty() ? HostKey.TYPES.subList(0, 3) : List.copyOf(types);
    }

    /** A member that did not answer. */
    public static KeyCheck unanswered(Roster.Entry entry, String why) {
        return new KeyCheck(State.UNANSWERED, entry.known(), List.of(Clean.line(why, 400)), false);
    }

    /** The same with one more remark, the first. */
    public KeyCheck with(String remark) {
        List<String> more = new ArrayList<>(remarks);
        more.add(0, remark);
        return new KeyCheck(state, keys, more, familiar);
    }

    /** Compares what a member presented with what is known. */
    public static KeyCheck of(Roster.Entry entry, Presented presented) {
        List<HostKey> verified = new ArrayList<>();
        List<String> wrong = new ArrayList<>();
        List<String> remarks = new ArrayList<>();
        presented.keys().forEach((type, sight) -> {
            switch (sight) {
                case Presented.Shown(var key, var standing) -> {
                    List<HostKey> known = ofType(entry.known(), type);
                    List<HostKey> own = ofType(entry.own(), type);
                    if (standing instanceof Presented.Refused(var why)) {
                        wrong.add(Clean.line(why, 600));
                    } else if (!known.isEmpty() && !known.contains(key)) {
                        wrong.add(changed(entry, key, known));
                    } else if (!own.isEmpty() && !own.contains(key)) {
                        wrong.add(
                                "presents %s, but its own file in /etc/ssh has %s: sshd was not restarted, or another machine answers at this address"
                                        .formatted(key, own.get(0).fingerprint()));
                    } else if (!known.isEmpty() || !own.isEmpty()) {
                        verified.add(key);
                    } else if (standing instanceof Presented.Known) {
                        verified.add(key);
                        remarks.add("%s is verified by your own known_hosts only: %s"
                                .formatted(key.type(), entry.source()));
                    } else {
                        remarks.add("presents %s, which nobody vouches for".formatted(key));
                    }
                }
                case Presented.Absent(var offered) -> {
                    if (!entry.known().isEmpty() || !entry.own().isEmpty()) {
                        remarks.add("presents no %s key to compare; it has %s".formatted(type, offered));
                    }
                }
                case Presented.Untold(var why) ->
                    remarks.add("%s could not be asked for: %s".formatted(type, Clean.line(why, 300)));
            }
        });
        if (!wrong.isEmpty()) {
            return new KeyCheck(State.MISMATCH, List.of(), wrong, false);
        }
        if (verified.isEmpty()) {
            if (entry.known().isEmpty()) {
                remarks.add(0, "the cluster's key for it is not known (%s)".formatted(entry.source()));
            }
            return new KeyCheck(State.UNVERIFIED, List.of(), remarks, false);
        }
        boolean familiar = verified.stream()
                .allMatch(key -> presented.keys().get(key.type()) instanceof Presented.Shown(var same, var standing)
                        && standing instanceof Presented.Known);
        return new KeyCheck(State.VERIFIED, verified, remarks, familiar);
    }

    private static String changed(Roster.Entry entry, HostKey key, List<HostKey> known) {
        return "presents %s, but the cluster knows %s (%s): if nobody sits in between, it was reinstalled or has new keys; compare on its console with: ssh-keygen -lf /etc/ssh/ssh_host_rsa_key.pub; when they agree, run there: pvecm updatecerts"
                .formatted(key, known.get(0).fingerprint(), entry.source());
    }

    private static List<HostKey> ofType(List<HostKey> keys, String type) {
        return keys.stream().filter(key -> key.type().equals(type)).toList();
    }
}
