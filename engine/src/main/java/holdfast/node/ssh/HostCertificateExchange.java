package holdfast.node.ssh;

import org.apache.sshd.client.kex.DHGClient;
import org.apache.sshd.common.NamedFactory;
import org.apache.sshd.common.config.keys.KeyUtils;
import org.apache.sshd.common.config.keys.OpenSshCertificate;
import org.apache.sshd.common.kex.DHFactory;
import org.apache.sshd.common.kex.KeyExchange;
import org.apache.sshd.common.kex.KeyExchangeFactory;
import org.apache.sshd.common.session.Session;
import org.apache.sshd.common.signature.Signature;

/**
 * MINA's key exchange, where a host certificate is checked for its authority's signature only. What it says (hosts,
 * dates, options) is {@link Trust}'s to judge, which knows the name that was asked for.
 */
final class HostCertificateExchange extends DHGClient {

    private HostCertificateExchange(DHFactory factory, Session session) {
        super(factory, session);
    }

    static KeyExchangeFactory of(DHFactory factory) {
        return new KeyExchangeFactory() {
            @Override
            public String getName() {
                return factory.getName();
            }

            @Override
            public KeyExchange createKeyExchange(Session session) {
                return new HostCertificateExchange(factory, session);
            }
        };
    }

    @Override
    protected void verifyCertificate(Session session, OpenSshCertificate certificate) throws Exception {
        String algorithm = certificate.getSignatureAlgorithm();
        String authority = KeyUtils.getKeyType(certificate.getCaPubKey());
        Signature signature = authority.equals(KeyUtils.getCanonicalKeyType(algorithm))
                ? NamedFactory.create(Algorithms.SIGNATURES, algorithm)
                : null;
        boolean genuine = false;
        if (signature != null) {
            signature.initVerifier(session, certificate.getCaPubKey());
            signature.update(session, certificate.getMessage());
            genuine = signature.verify(session, certificate.getSignature());
        }
        if (!genuine) {
            String problem = "%s showed a host certificate that its authority did not sign"
                    .formatted(Visit.of(session).host.alias());
            Visit.of(session).trouble(problem);
            throw new IllegalStateException(problem);
        }
    }
}
