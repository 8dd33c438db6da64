package holdfast.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.Stream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FrameworkTest {

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            CIS Debian Linux 12 Benchmark 5.1.20                         | CONTROLS | CIS Debian Linux 12 Benchmark            | 5.1.20
            CIS Debian 12 5.1.20                                         | CONTROLS | CIS Debian 12                            | 5.1.20
            HomeSecExplorer Proxmox Hardening Guide 3.1                  | CONTROLS | HomeSecExplorer Proxmox Hardening Guide  | 3.1
            HomeSecExplorer Proxmox Hardening Guide 3                    | CONTROLS | HomeSecExplorer Proxmox Hardening Guide  | 3
            W3C Web Authentication Level 2, 5.1.2: the RP ID, and so on  | CONTROLS | W3C Web Authentication Level 2           | 5.1.2: the RP ID, and so on
            Proxmox VE Administration Guide, User Management, API Tokens | GUIDE    | Proxmox VE Administration Guide          | User Management, API Tokens
            Proxmox VE Administration Guide                              | GUIDE    | Proxmox VE Administration Guide          | ''
            sshd_config(5) PermitRootLogin                               | MANUAL   | Manual pages                             | sshd_config(5) PermitRootLogin
            corosync.conf(5), cmap_keys(7)                               | MANUAL   | Manual pages                             | corosync.conf(5), cmap_keys(7)
            pve-access-control src/PVE/TokenConfig.pm                    | SOURCE   | Proxmox VE's source                      | pve-access-control src/PVE/TokenConfig.pm
            pve-ha-manager: time stamps more than 2 s ahead              | SOURCE   | Proxmox VE's source                      | pve-ha-manager: time stamps more than 2 s ahead
            policy access.token_max_days                                 | POLICY   | The policy                               | access.token_max_days
            Ceph mon_clock_drift_allowed, 0.05 s                         | OTHER    | Other sources                            | Ceph mon_clock_drift_allowed, 0.05 s
            Debian 12                                                    | OTHER    | Other sources                            | Debian 12
            """)
    void aReferenceIsTakenApart(String reference, Framework.Kind kind, String name, String section) {
        assertThat(Framework.of(reference)).isEqualTo(new Framework(kind, name, section));
    }

    @Test
    void sectionsAreOrderedAsAPersonReadsThem() {
        assertThat(Stream.of("5.10", "5.2", "Firewall", "5.1.20", "5.1.3", "5.1", "12", "Access")
                        .sorted(Framework::compareSections))
                .containsExactly("5.1", "5.1.3", "5.1.20", "5.2", "5.10", "12", "Access", "Firewall");
    }

    @Property
    void whateverItIsItHasANameAndLosesNoText(@ForAll String reference) {
        Framework framework = Framework.of(reference);
        assertThat(framework.name()).isNotEmpty();
        assertThat(reference).contains(framework.section());
    }

    @Property
    void sectionsHaveAnOrder(@ForAll String one, @ForAll String other) {
        assertThat(Integer.signum(Framework.compareSections(one, other)))
                .isEqualTo(-Integer.signum(Framework.compareSections(other, one)));
        assertThat(Framework.compareSections(one, one)).isZero();
    }
}
