package holdfast.node.ssh;

import java.security.KeyPair;
import java.security.PublicKey;
import java.time.Duration;
import java.util.AbstractMap.SimpleImmutableEntry;
import java.util.List;
import java.util.Map;
import org.apache.sshd.client.auth.pubkey.PublicKeyIdentity;
import org.apache.sshd.common.NamedFactory;
import org.apache.sshd.common.config.keys.KeyUtils;
import org.apache.sshd.common.session.SessionContext;
import org.apache.sshd.common.signature.BuiltinSignatures;
import org.apache.sshd.common.signature.Signature;
import org.apache.sshd.common.util.buffer.ByteArrayBuffer;

/**
 * One key, or certificate with its key, that can be offered.
 *
 * @param name how messages call it
 * @param offered what the server is shown: a public key or a certificate
 * @param signer makes the signature when the server has accepted it
 */
record Identity(String name, PublicKey offered, Signer signer) implements PublicKeyIdentity {

    /** Signs, and may ask or wait for a person. */
    interface Signer {
        /** The signature in SSH's wire form, its algorithm first. */
        byte[] sign(SessionContext session, String algorithm, byte[] data) throws Exception;
    }

    static final List<NamedFactory<Signature>> SIGNATURES = List.of(
            BuiltinSignatures.ed25519_cert,
            BuiltinSignatures.ed25519,
            BuiltinSignatures.nistp256_cert,
            BuiltinSignatures.nistp384_cert,
            BuiltinSignatures.nistp521_cert,
            BuiltinSignatures.nistp256,
            BuiltinSignatures.nistp384,
            BuiltinSignatures.nistp521,
            BuiltinSignatures.rsaSHA512_cert,
            BuiltinSignatures.rsaSHA256_cert,
            BuiltinSignatures.rsaSHA512,
            BuiltinSignatures.rsaSHA256);

    static Identity ofFile(KeyFile file, PublicKey offered) {
        return new Identity(file.path().getFileName().toString(), offered, (session, algorithm, data) -> {
            Signature signature = NamedFactory.create(SIGNATURES, algorithm);
            if (signature == null) {
                throw new IllegalStateException("no signature " + algorithm);
            }
            signature.initSigner(session, file.pair().getPrivate());
            signature.update(session, data);
            ByteArrayBuffer out = new ByteArrayBuffer();
            out.putString(KeyUtils.getSignatureAlgorithm(algorithm, offered));
            out.putBytes(signature.sign(session));
            return out.getCompactData();
        });
    }

    static Identity ofAgent(AgentClient agent, String name, byte[] keyInAgent, PublicKey offered) {
        return new Identity(name, offered, (session, algorithm, data) -> {
            int flags = algorithm.startsWith("rsa-sha2-512") ? 4 : algorithm.startsWith("rsa-sha2-256") ? 2 : 0;
            return agent.sign(keyInAgent, data, flags, Duration.ofSeconds(90));
        });
    }

    /** As in {@code id_ed25519 SHA256:…}. */
    String description() {
        return name + " " + Blobs.fingerprint(offered);
    }

    @Override
    public KeyPair getKeyIdentity() {
        return new KeyPair(offered, null);
    }

    @Override
    public Map.Entry<String, byte[]> sign(SessionContext session, String algorithm, byte[] data) throws Exception {
        return new SimpleImmutableEntry<>(algorithm, signer.sign(session, algorithm, data));
    }
}
