package holdfast.lab.embedded;

import holdfast.lab.access.HealthyAccess;
import java.time.Duration;
import java.time.Instant;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** What a hardened, healthy node of Proxmox VE 8.4 says, after output captured from genuine ones. */
final class Healthy {

    private Healthy() {}

    /**
     * A cluster, or a node that stands alone.
     *
     * @param cluster its name
     * @param prefix what its nodes' names begin with, before their numbers
     * @param size how many nodes it has
     */
    record Group(String cluster, String prefix, int size) {
        String node(int number) {
            return prefix + number;
        }
    }

    /** Fills a node with the files and answers of member {@code number} of a group. */
    static void furnish(PracticeNode node, int number, Group group, Authority authority, Instant started) {
        String name = node.name();
        int size = group.size();
        String certificate = authority.issue(name, Duration.ofDays(700));
        node.file("/state/hostname", name)
                .file(
                        "/etc/os-release",
                        "PRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\nID=debian\nVERSION_ID=\"12\"\n")
                .file(
                        "/state/packages",
                        "pve-manager 8.4.21 installed\npve-cluster 8.1.3 installed\npve-firewall 5.1.2 installed\nlibpve-access-control 8.2.3 installed\n")
                .file("/etc/ssh/sshd_config", """
                        Include sshd_config.d/*.conf
                        PermitRootLogin no
                        PasswordAuthentication no
                        KbdInteractiveAuthentication no
                        UsePAM yes
                        """)
                .file("/etc/ssh/sshd_config.d/00-root.conf", rootFromPeers(number, size))
                .file("/etc/pve/pve-root-ca.pem", authority.pem())
                .link("/etc/pve/local", "nodes/" + name)
                .file("/etc/pve/local/pve-ssl.pem", certificate)
                .file("/state/served.pem", certificate)
                .file("/state/http", "401 No ticket")
                .file("/state/renewed.pem", authority.issue(name, Duration.ofDays(730)))
                .file("/state/ssh", "active")
                .file("/state/pve-firewall", "active")
                .file("/state/pveproxy", "active")
                .file("/state/pvedaemon", "active")
                .file("/state/pve-cluster", "active")
                .file("/state/chrony", "active")
                .file(
                        "/state/ss",
                        "LISTEN 0 4096 *:8006 *:* users:((\"pveproxy worker\",pid=143,fd=6),(\"pveproxy\",pid=140,fd=6))\n")
                .file(
                        "/etc/pve/firewall/cluster.fw",
                        "[OPTIONS]\nenable: 1\npolicy_in: DROP\n\n[RULES]\n\nIN SSH(ACCEPT) -source 192.0.2.0/24\n")
                .file("/proc/net/ip_tables_names", "filter\n")
                .file("/proc/uptime", "100000.00 190000.00\n")
                .file("/proc/sys/kernel/random/boot_id", "6fd1c1a4-0a44-4f7e-9d2e-5f5f4c0f1e2d\n")
                // The node's own network, 192.0.2.0/24, in the byte order of the machine.
                .file("/proc/net/route", """
                        Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\tMTU\tWindow\tIRTT
                        vmbr0\t00000000\t010200C0\t0003\t0\t0\t0\t00000000\t0\t0\t0
                        vmbr0\t000200C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0
                        """)
                .file("/state/iptables", """
                        *filter
                        :INPUT ACCEPT [0:0]
                        -A INPUT -j PVEFW-INPUT
                        -A PVEFW-INPUT -j PVEFW-HOST-IN
                        -A PVEFW-HOST-IN -i lo -j ACCEPT
                        -A PVEFW-HOST-IN -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
                        -A PVEFW-HOST-IN -j PVEFW-Drop
                        -A PVEFW-HOST-IN -j DROP
                        COMMIT
                        """)
                .file(
                        "/state/chrony-tracking",
                        "C0000201,192.0.2.1,3,%s,0.000120607,-0.000002548,0.000002548,2.177,0.000,0.130,0.000103666,0.000543171,64.0,Normal\n"
                                .formatted(PracticeCluster.seconds(started)))
                .file("/state/chrony-sources", "^,*,192.0.2.1,2,6,377,12,0.000001,0.000002,0.000500\n");
        if (size == 1) {
            node.file("/etc/pve/.members", "{\n\"nodename\": \"" + name + "\",\n\"version\": 0\n}\n");
        }
        share(node, group, started.getEpochSecond());
        HealthyAccess.files(started).forEach(node::file);
    }

    /** What lies in the shared folder of the cluster: guests, what watches over them, and the members' pinned host keys. */
    private static void share(PracticeNode node, Group group, long now) {
        StringBuilder guests = new StringBuilder();
        StringBuilder online = new StringBuilder();
        for (int i = 1; i <= group.size(); i++) {
            String name = group.node(i);
            String folder = "/etc/pve/nodes/" + name;
            for (int guest = i * 100; guest < i * 100 + 3; guest++) {
                boolean container = guest % 100 == 2;
                guests.append("%s\"%d\": { \"node\": \"%s\", \"type\": \"%s\", \"version\": %d }"
                        .formatted(
                                guests.isEmpty() ? "" : ",\n",
                                guest,
                                name,
                                container ? "lxc" : "qemu",
                                2 + guest % 100));
                if (container) {
                    node.file(
                            "%s/lxc/%d.conf".formatted(folder, guest),
                            "arch: amd64\ncores: 1\nhostname: ct%d\nmemory: 512\nostype: debian\nrootfs: local-lvm:vm-%d-disk-0,size=4G\n"
                                    .formatted(guest, guest));
                } else {
                    node.file(
                            "%s/qemu-server/%d.conf".formatted(folder, guest),
                            "boot: order=scsi0\ncores: 2\nmemory: 2048\nname: vm%d\nscsi0: local-lvm:vm-%d-disk-0,size=16G\n"
                                    .formatted(guest, guest));
                }
            }
            if (group.size() > 1) {
                online.append(online.isEmpty() ? "" : ",").append("\"%s\":\"online\"".formatted(name));
                node.file(
                        folder + "/lrm_status",
                        "{\"mode\":\"active\",\"results\":{},\"state\":\"%s\",\"timestamp\":%d}"
                                .formatted(i == 1 ? "active" : "wait_for_agent_lock", now));
            }
        }
        node.file("/etc/pve/.vmlist", "{\n\"version\": 3,\n\"ids\": {\n" + guests + "}\n\n}\n");
        if (group.size() > 1) {
            node.file("/etc/pve/ha/resources.cfg", "vm: 100\n\tstate started\n\n")
                    .file(
                            "/etc/pve/ha/manager_status",
                            "{\"master_node\":\"%s\",\"node_status\":{%s},\"service_status\":{\"vm:100\":{\"node\":\"%s\",\"running\":1,\"state\":\"started\",\"uid\":\"qbTyUnkiHRdoZuhlDZKlyQ\"}},\"timestamp\":%d}"
                                    .formatted(group.node(1), online, group.node(1), now));
        }
    }

    private static String rootFromPeers(int number, int size) {
        String peers = IntStream.rangeClosed(1, size)
                .filter(i -> i != number)
                .mapToObj(i -> "192.0.2." + (10 + i))
                .collect(Collectors.joining(","));
        return peers.isEmpty() ? "" : "Match Address %s\n    PermitRootLogin prohibit-password\n".formatted(peers);
    }
}
