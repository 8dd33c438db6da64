package holdfast.checks.firewall;

import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/** The ports that Proxmox's macros stand for (pve-firewall, Firewall.pm: pve_fw_macros). */
final class Macros {

    /** An inclusive span of ports. */
    record Ports(int first, int last) {
        boolean contains(int port) {
            return first <= port && port <= last;
        }
    }

    /** One macro a line with its TCP ports; {@code u} marks UDP, only where a server is known by it. */
    private static final String TABLE = """
            Amanda 10080
            Auth 113
            BGP 179
            BitTorrent 6881:6889
            BitTorrent32 6881:6999
            CVS 2401
            Ceph 6789 3300 6800:7300
            Citrix 1494 2598
            DAAP 3689
            DCC 6277
            DHCPfwd u67:68
            DHCPv6
            DNS 53 u53
            Distcc 3632
            FTP 21
            Finger 79
            GNUnet 2086 1080
            GRE
            Git 9418
            HKP 11371
            HTTP 80
            HTTPS 443
            ICPV2
            ICQ 5190
            IMAP 143
            IMAPS 993
            IPIP
            IPsec u500
            IPsecah u500
            IPsecnat u500 u4500
            IRC 6667
            Jetdirect 9100
            L2TP
            LDAP 389
            LDAPS 636
            MDNS
            MSNP 1863
            MSSQL 1433
            Mail 25 465 587
            Munin 4949
            MySQL 3306
            NNTP 119
            NNTPS 563
            NTP u123
            NeighborDiscovery
            OSPF
            OpenVPN u1194
            PCA 5631
            PMG 8006
            POP3 110
            POP3S 995
            PPtP 1723
            Ping
            PostgreSQL 5432
            Printer 515
            RDP 3389
            RIP
            RNDC 953
            Razor 2703
            Rdate 37
            Rsync 873
            SANE 6566
            SMB 135 139 445
            SMBswat 901
            SMTP 25
            SMTPS 465
            SNMP 161 u161:162
            SPAMD 783
            SPICEproxy 3128
            SSH 22
            SVN 3690
            SixXS 3874
            Squid 3128
            Submission 587
            Syslog 514 u514
            TFTP u69
            Telnet 23
            Telnets 992
            Time 37
            Trcrt
            VNC 5900:5999
            VNCL 5500
            Web 80 443
            Webcache 8080
            Webmin 10000
            Whois 43
            """;

    private static final Map<String, List<Ports>> TCP = table(false);
    private static final Map<String, List<Ports>> UDP = table(true);

    private Macros() {}

    private static Map<String, List<Ports>> table(boolean udp) {
        Map<String, List<Ports>> macros = new HashMap<>();
        TABLE.lines().forEach(line -> {
            String[] words = line.split(" ");
            macros.put(
                    words[0].toLowerCase(Locale.ROOT),
                    Stream.of(words)
                            .skip(1)
                            .filter(word -> word.startsWith("u") == udp)
                            .map(Macros::ports)
                            .toList());
        });
        return Map.copyOf(macros);
    }

    private static Ports ports(String text) {
        String[] ends = text.replace("u", "").split(":");
        return new Ports(Integer.parseInt(ends[0]), Integer.parseInt(ends[ends.length - 1]));
    }

    /** The TCP ports behind a macro, in any case of letters; empty for one that is not known here. */
    static Optional<List<Ports>> tcp(String name) {
        return Optional.ofNullable(TCP.get(name.toLowerCase(Locale.ROOT)));
    }

    /** Whether a macro is known to open this UDP port. */
    static boolean udp(String name, int port) {
        return UDP.getOrDefault(name.toLowerCase(Locale.ROOT), List.of()).stream()
                .anyMatch(ports -> ports.contains(port));
    }
}
