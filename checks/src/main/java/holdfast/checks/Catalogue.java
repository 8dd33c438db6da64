package holdfast.checks;

import holdfast.check.Check;
import holdfast.checks.certificate.Expiry;
import holdfast.checks.certificate.Served;
import holdfast.checks.cluster.Config;
import holdfast.checks.cluster.Encryption;
import holdfast.checks.cluster.Links;
import holdfast.checks.cluster.Margin;
import holdfast.checks.cluster.Partition;
import holdfast.checks.cluster.Quorum;
import holdfast.checks.cluster.Votes;
import holdfast.checks.firewall.Enabled;
import holdfast.checks.pveproxy.Listening;
import holdfast.checks.sshd.PasswordAuthentication;
import holdfast.checks.sshd.RootLogin;
import holdfast.checks.time.Skew;
import holdfast.checks.time.Synchronized;
import java.util.List;

/** Everything that holdfast knows to ask, in the order in which it is reported. */
public final class Catalogue {

    public static final List<Check<?>> ALL = List.of(
            new Expiry(),
            new Served(),
            new Config(),
            new Encryption(),
            new Links(),
            new Margin(),
            new Partition(),
            new Quorum(),
            new Votes(),
            new Enabled(),
            new Listening(),
            new PasswordAuthentication(),
            new RootLogin(),
            new Skew(),
            new Synchronized());

    private Catalogue() {}
}
