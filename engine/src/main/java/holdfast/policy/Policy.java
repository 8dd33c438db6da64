package holdfast.policy;

import holdfast.access.AccessList;
import holdfast.access.Tenant;
import java.util.List;
import java.util.Optional;

/**
 * What "right" means for one node: a profile with the policy file and the inventory's {@code holdfast:}
 * maps merged over it.
 */
public record Policy(
        String profile,
        Sshd sshd,
        Time time,
        Pveproxy pveproxy,
        Firewall firewall,
        Certificates certificates,
        Cluster cluster,
        Access access,
        List<Waiver> waivers) {

    public Policy {
        waivers = List.copyOf(waivers);
    }

    /** The same policy, under which this run may also remove tokens that an access list marks as in use. */
    public Policy revokingInUse() {
        return new Policy(
                profile, sshd, time, pveproxy, firewall, certificates, cluster, access.revokingInUse(), waivers);
    }

    /**
     * @param rootLogin the most that root may do from anywhere but cluster peers
     * @param rootLoginFromPeers what root must be able to do from the other members of its cluster
     * @param passwordAuthentication whether passwords may be used at all
     * @param breakGlass users that must be able to log in by key and become root
     */
    public record Sshd(
            RootLogin rootLogin,
            RootLogin rootLoginFromPeers,
            boolean passwordAuthentication,
            List<String> breakGlass) {
        public Sshd {
            breakGlass = List.copyOf(breakGlass);
        }
    }

    /**
     * @param servers time servers that fixes write; empty leaves the node's own
     * @param maxOffsetMs how far a node may be from its time source, in milliseconds
     * @param maxSkewMs how far the members of a cluster may be apart, in milliseconds
     */
    public record Time(List<String> servers, int maxOffsetMs, int maxSkewMs) {
        public Time {
            servers = List.copyOf(servers);
        }
    }

    /**
     * @param port the API's TCP port
     * @param addresses the addresses it may listen on; empty means all addresses or the node's LISTEN_IP
     */
    public record Pveproxy(int port, List<String> addresses) {
        public Pveproxy {
            addresses = List.copyOf(addresses);
        }
    }

    /**
     * @param enabled whether the firewall is to be on
     * @param inputPolicy what happens to packets that no rule names: {@code DROP} also accepts {@code REJECT}
     * @param adminNetworks the networks that administrators come from
     */
    public record Firewall(boolean enabled, InputPolicy inputPolicy, List<Cidr> adminNetworks) {
        public Firewall {
            adminNetworks = List.copyOf(adminNetworks);
        }
    }

    /**
     * @param warnDays fewer days left than this is a finding of low severity
     * @param failDays fewer days left than this is a finding of the check's own severity
     * @param requireTrusted whether the certificate on 8006 must come from another CA than the cluster's own
     */
    public record Certificates(int warnDays, int failDays, boolean requireTrusted) {}

    /**
     * @param requireQuorum whether a cluster must be quorate
     * @param minMargin how many more votes a cluster must be able to lose
     * @param minLinks how many corosync links each member must have
     */
    public record Cluster(boolean requireQuorum, int minMargin, int minLinks) {}

    /**
     * @param administrators users ({@code alice@pve}), groups ({@code @admins}) and tokens that may hold administrative
     *     rights on {@code /}; {@code root@pam} always may
     * @param tokenMaxDays how far ahead a token's expiry may lie, in days
     * @param tokenWarnDays a token that expires within so many days should be rotated now
     * @param tokenRotationDays how old a token's secret may be, in days
     * @param secondFactor who must have a second factor
     * @param withoutSecondFactor users that need none, such as a break-glass account
     * @param enforcedRealms realms that must demand a second factor of everybody
     * @param minRecoveryKeys recovery keys that an administrator with a second factor must have left
     * @param rootDays on how many days of the access log {@code root@pam} may have been used
     * @param unusedDays a user that the access log does not name for so many days counts as unused
     * @param tenants who shares the cluster, and what is theirs
     * @param lists who should have access, by cluster
     * @param revokeInUse whether this run may remove tokens that a list marks as in use: {@code fix --revoke}. No file can
     *     say so, and it is no part of what {@link Policies#canonical} tells
     */
    public record Access(
            List<String> administrators,
            int tokenMaxDays,
            int tokenWarnDays,
            int tokenRotationDays,
            SecondFactorRule secondFactor,
            List<String> withoutSecondFactor,
            List<String> enforcedRealms,
            int minRecoveryKeys,
            int rootDays,
            int unusedDays,
            List<Tenant> tenants,
            List<AccessList> lists,
            boolean revokeInUse) {
        public Access {
            administrators = List.copyOf(administrators);
            withoutSecondFactor = List.copyOf(withoutSecondFactor);
            enforcedRealms = List.copyOf(enforcedRealms);
            tenants = List.copyOf(tenants);
            lists = List.copyOf(lists);
        }

        /** The list for a cluster, by one of the names that it goes by; one that names no cluster is for all. */
        public Optional<AccessList> list(List<String> names) {
            return lists.stream()
                    .filter(list -> list.cluster().filter(names::contains).isPresent())
                    .findFirst()
                    .or(() -> lists.stream()
                            .filter(list -> list.cluster().isEmpty())
                            .findFirst());
        }

        private Access revokingInUse() {
            return new Access(
                    administrators,
                    tokenMaxDays,
                    tokenWarnDays,
                    tokenRotationDays,
                    secondFactor,
                    withoutSecondFactor,
                    enforcedRealms,
                    minRecoveryKeys,
                    rootDays,
                    unusedDays,
                    tenants,
                    lists,
                    true);
        }
    }
}
