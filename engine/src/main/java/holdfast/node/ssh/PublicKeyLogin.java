package holdfast.node.ssh;

import holdfast.text.Clean;
import java.security.PublicKey;
import java.util.Iterator;
import java.util.List;
import org.apache.sshd.client.auth.pubkey.PublicKeyIdentity;
import org.apache.sshd.client.auth.pubkey.UserAuthPublicKey;
import org.apache.sshd.client.auth.pubkey.UserAuthPublicKeyFactory;
import org.apache.sshd.client.session.ClientSession;
import org.apache.sshd.common.SshConstants;
import org.apache.sshd.common.config.keys.KeyUtils;
import org.apache.sshd.common.signature.SignatureFactoriesManager;
import org.apache.sshd.common.util.buffer.Buffer;
import org.apache.sshd.common.util.buffer.ByteArrayBuffer;

/**
 * MINA's public key login with our list of keys. It signs away from MINA's few threads, since a signature may wait
 * for a person: a passphrase, or a touch of a security key.
 */
final class PublicKeyLogin extends UserAuthPublicKey {

    static final UserAuthPublicKeyFactory FACTORY = new UserAuthPublicKeyFactory() {
        @Override
        public UserAuthPublicKey createUserAuth(ClientSession session) {
            return new PublicKeyLogin(Visit.of(session));
        }
    };

    private final Visit visit;

    private PublicKeyLogin(Visit visit) {
        super(Identity.SIGNATURES);
        this.visit = visit;
    }

    @Override
    protected Iterator<PublicKeyIdentity> createPublicKeyIterator(
            ClientSession session, SignatureFactoriesManager manager) {
        return List.<PublicKeyIdentity>copyOf(visit.identities).iterator();
    }

    /** Keys that only an agent can use, such as {@code sk-ssh-ed25519@openssh.com}, sign by their own type's name. */
    @Override
    protected String getDefaultSignatureAlgorithm(
            ClientSession session,
            String service,
            PublicKeyIdentity identity,
            java.security.KeyPair pair,
            String keyType) {
        return keyType.startsWith("sk-") ? keyType : "";
    }

    @Override
    protected boolean sendAuthDataRequest(ClientSession session, String service) throws Exception {
        boolean sent = super.sendAuthDataRequest(session, service);
        if (sent && current instanceof Identity identity) {
            visit.offers(identity.description());
        }
        return sent;
    }

    @Override
    protected boolean processAuthDataRequest(ClientSession session, String service, Buffer buffer) {
        Buffer answer = new ByteArrayBuffer(buffer.getCompactData());
        Thread.ofVirtual().name("ssh-sign").start(() -> {
            try {
                super.processAuthDataRequest(session, service, answer);
            } catch (Exception e) {
                String key = current instanceof Identity identity ? identity.name() : "the key";
                visit.trouble(
                        e instanceof KeyFile.Unusable unusable
                                ? unusable.why()
                                : "signing with %s failed: %s"
                                        .formatted(key, Clean.line(String.valueOf(e.getMessage()), 200)));
                session.close(true);
            }
        });
        return true;
    }

    @Override
    protected byte[] appendSignature(
            ClientSession session,
            String service,
            String name,
            String username,
            String algorithm,
            PublicKey key,
            @org.jspecify.annotations.Nullable PublicKey serverKey,
            Buffer buffer)
            throws Exception {
        if (!(current instanceof Identity identity)) {
            throw new IllegalStateException("no key of ours");
        }
        ByteArrayBuffer data = new ByteArrayBuffer();
        data.putBytes(session.getSessionId());
        data.putByte(SshConstants.SSH_MSG_USERAUTH_REQUEST);
        data.putString(username);
        data.putString(service);
        data.putString(name);
        data.putBoolean(true);
        data.putString(algorithm);
        data.putPublicKey(key);
        if (serverKey != null) {
            data.putPublicKey(serverKey);
        }
        byte[] contents = data.getCompactData();
        byte[] signature =
                visit.authentication.pausedWhile(() -> identity.signer().sign(session, algorithm, contents));
        String made = Blobs.typeOf(signature);
        if (!made.equals(KeyUtils.getSignatureAlgorithm(algorithm, key))) {
            throw new IllegalStateException("it made a %s signature".formatted(made));
        }
        buffer.putBytes(signature);
        return signature;
    }
}
