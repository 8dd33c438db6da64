package holdfast.node.ssh;

import holdfast.text.Clean;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.security.PublicKey;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.apache.sshd.client.ClientBuilder;
import org.apache.sshd.client.SshClient;
import org.apache.sshd.client.auth.UserAuthFactory;
import org.apache.sshd.client.auth.keyboard.UserAuthKeyboardInteractiveFactory;
import org.apache.sshd.client.auth.keyboard.UserInteraction;
import org.apache.sshd.client.auth.password.PasswordAuthenticationReporter;
import org.apache.sshd.client.auth.password.UserAuthPasswordFactory;
import org.apache.sshd.client.config.hosts.HostConfigEntryResolver;
import org.apache.sshd.client.future.AuthFuture;
import org.apache.sshd.client.session.AbstractClientSession;
import org.apache.sshd.client.session.ClientConnectionServiceFactory;
import org.apache.sshd.client.session.ClientSession;
import org.apache.sshd.client.session.ClientUserAuthService;
import org.apache.sshd.client.session.ClientUserAuthServiceFactory;
import org.apache.sshd.common.FactoryManager;
import org.apache.sshd.common.PropertyResolverUtils;
import org.apache.sshd.common.Service;
import org.apache.sshd.common.SshConstants;
import org.apache.sshd.common.config.keys.FilePasswordProvider;
import org.apache.sshd.common.io.IoConnectFuture;
import org.apache.sshd.common.io.IoHandler;
import org.apache.sshd.common.io.IoServiceFactory;
import org.apache.sshd.common.io.IoSession;
import org.apache.sshd.common.io.nio2.Nio2ServiceFactory;
import org.apache.sshd.common.io.nio2.Nio2ServiceFactoryFactory;
import org.apache.sshd.common.kex.KexProposalOption;
import org.apache.sshd.common.keyprovider.KeyIdentityProvider;
import org.apache.sshd.common.session.Session;
import org.apache.sshd.common.session.SessionListener;
import org.apache.sshd.common.session.helpers.AbstractSession;
import org.apache.sshd.common.util.buffer.Buffer;
import org.apache.sshd.common.util.threads.ThreadUtils;
import org.apache.sshd.core.CoreModuleProperties;

/** MINA's client, with everything that it does by default and we do not want switched off. */
final class Transport extends SshClient {

    private final Trust trust;
    private final Consumer<String> notices;

    private Transport(Trust trust, Consumer<String> notices) {
        this.trust = trust;
        this.notices = notices;
    }

    /** A running client. The verifier comes first: without one, MINA accepts every host key. */
    static Transport start(Trust trust, Consumer<String> notices) {
        Transport client = (Transport) ClientBuilder.builder()
                .factory(() -> new Transport(trust, notices))
                .serverKeyVerifier((session, address, key) -> verify(trust, session, key))
                .hostConfigEntryResolver(HostConfigEntryResolver.EMPTY)
                .filePasswordProvider(FilePasswordProvider.EMPTY)
                .globalRequestHandlers(List.of())
                .channelFactories(List.of())
                .signatureFactories(Algorithms.SIGNATURES)
                .cipherFactories(Algorithms.CIPHERS)
                .macFactories(Algorithms.MACS)
                .build(true);
        client.setKeyExchangeFactories(Algorithms.KEX);
        client.setKeyIdentityProvider(KeyIdentityProvider.EMPTY_KEYS_PROVIDER);
        client.setAgentFactory(null);
        client.setNioWorkers(2);
        client.setIoServiceFactoryFactory(new PatientConnects());
        client.setServiceFactories(List.of(new LoginServiceFactory(), new HeartbeatServiceFactory()));
        client.setUserAuthFactories(List.of(PublicKeyLogin.FACTORY));
        client.setUserInteraction(new Answers());
        client.setPasswordAuthenticationReporter(new PasswordAuthenticationReporter() {
            @Override
            public void signalAuthenticationAttempt(
                    ClientSession session, String service, String old, boolean modified, String fresh) {
                Visit.of(session).mayTryPassword();
                Visit.of(session).offers("the password");
            }
        });
        client.addSessionListener(client.new Watcher());
        CoreModuleProperties.ABORT_ON_INVALID_CERTIFICATE.set(client, true);
        CoreModuleProperties.PASSWORD_PROMPTS.set(client, 1);
        // Else MINA would send the password again when it is asked for interactively.
        PropertyResolverUtils.updateProperty(client, UserInteraction.AUTO_DETECT_PASSWORD_PROMPT, false);
        // Deadlines are ours.
        CoreModuleProperties.AUTH_TIMEOUT.set(client, Duration.ZERO);
        CoreModuleProperties.IDLE_TIMEOUT.set(client, Duration.ZERO);
        CoreModuleProperties.NIO2_READ_TIMEOUT.set(client, Duration.ZERO);
        CoreModuleProperties.STOP_WAIT_TIME.set(client, Duration.ofSeconds(2));
        client.start();
        return client;
    }

    /**
     * MINA lets a thread wait for each connect that is under way, and has only as many as there are NIO workers: two
     * hosts that swallow connects would hold up all others until they are given up. Here each waits on its own.
     */
    private static final class PatientConnects extends Nio2ServiceFactoryFactory {
        @Override
        public IoServiceFactory create(FactoryManager manager) {
            return new Nio2ServiceFactory(manager, null, ThreadUtils.newCachedThreadPool("connect"));
        }
    }

    /** Connects to an address; cancelling the future ends the attempt. */
    CompletableFuture<ClientSession> dial(InetSocketAddress address, Visit visit) {
        CompletableFuture<ClientSession> result = new CompletableFuture<>();
        IoConnectFuture connecting = connector.connect(address, visit.context(), null);
        connecting.addListener(done -> {
            Throwable failure = done.getException();
            if (failure != null) {
                result.completeExceptionally(failure);
            } else if (done.isCanceled()) {
                result.cancel(false);
            } else {
                ClientSession session = adopt(done.getSession(), address, visit);
                if (!result.complete(session)) {
                    session.close(true);
                }
            }
        });
        var unused = result.whenComplete((session, failure) -> {
            if (failure instanceof CancellationException) {
                connecting.cancel();
            }
        });
        return result;
    }

    /** Gives a new session what MINA's own connect would have given it. */
    ClientSession adopt(IoSession io, SocketAddress address, Visit visit) {
        AbstractClientSession session = (AbstractClientSession) AbstractSession.getSession(io);
        session.setUsername(visit.host.user());
        session.setConnectAddress(address);
        return session;
    }

    IoHandler handler() {
        return getSessionFactory();
    }

    private static boolean verify(Trust trust, ClientSession session, PublicKey key) {
        Visit visit = Visit.of(session);
        if (visit.sighting.isPresent()) {
            // The server has signed the exchange with this key: seen, and the connection goes no further.
            visit.sighting.get().seen(key);
            return false;
        }
        try {
            trust.verify(visit.host, key);
            return true;
        } catch (Trust.Distrust e) {
            visit.trouble(e.why());
            return false;
        }
    }

    /** Sets up each session for its host before the first packet is sent, and tells its visit what becomes of it. */
    private final class Watcher implements SessionListener {

        @Override
        public void sessionCreated(Session session) {
            Visit visit = Visit.of(session);
            HostSettings host = visit.host;
            session.setSignatureFactories(
                    visit.sighting.isPresent()
                            ? Algorithms.ofType(visit.sighting.get().type())
                            : Algorithms.hostKeys(visit.knownTypes, host.hostKeyAlgorithms(), notices));
            host.kex().ifPresent(wish -> session.setKeyExchangeFactories(Algorithms.kex(wish, notices)));
            host.ciphers().ifPresent(wish -> session.setCipherFactories(Algorithms.ciphers(wish, notices)));
            host.macs().ifPresent(wish -> session.setMacFactories(Algorithms.macs(wish, notices)));
        }

        @Override
        public void sessionNegotiationEnd(
                Session session,
                Map<KexProposalOption, String> clientProposal,
                Map<KexProposalOption, String> serverProposal,
                Map<KexProposalOption, String> negotiated,
                Throwable problem) {
            Visit.of(session)
                    .sighting
                    .ifPresent(sighting -> sighting.offers(
                            String.valueOf(serverProposal.getOrDefault(KexProposalOption.SERVERKEYS, ""))));
        }

        @Override
        public void sessionEvent(Session session, Event event) {
            if (event == Event.KeyEstablished) {
                Visit.of(session).secured.complete((ClientSession) session);
            }
        }

        @Override
        public void sessionException(Session session, Throwable problem) {
            end(session, Failures.reason(problem));
        }

        @Override
        public void sessionDisconnect(Session session, int reason, String message, String language, boolean initiator) {
            if (!initiator) {
                end(session, "the server said: " + Clean.line(String.valueOf(message), 200));
            }
        }

        @Override
        public void sessionClosed(Session session) {
            end(session, "it was closed by the other side");
        }

        private void end(Session session, String reason) {
            Visit visit = Visit.of(session);
            visit.lost(reason);
            visit.sighting.ifPresent(sighting -> sighting.lost(reason));
            visit.secured.completeExceptionally(new IOException(reason));
        }
    }

    /** Notes which methods the server would accept, and offers only what the visit may use. */
    private static final class LoginServiceFactory extends ClientUserAuthServiceFactory {

        @Override
        public Service create(Session session) throws IOException {
            ClientSession client = (ClientSession) session;
            Visit visit = Visit.of(session);
            List<UserAuthFactory> methods = new ArrayList<>();
            if (!visit.identities.isEmpty()) {
                methods.add(PublicKeyLogin.FACTORY);
            }
            visit.password.ifPresent(password -> {
                client.addPasswordIdentity(password.reveal());
                methods.add(UserAuthPasswordFactory.INSTANCE);
                methods.add(UserAuthKeyboardInteractiveFactory.INSTANCE);
            });
            List<String> preferred = visit.host.preferredAuthentications();
            if (!preferred.isEmpty()) {
                methods.removeIf(method -> !preferred.contains(method.getName()));
                methods.sort((a, b) -> preferred.indexOf(a.getName()) - preferred.indexOf(b.getName()));
            }
            if (methods.isEmpty()) {
                // The "none" request alone still tells what the server would accept.
                methods.add(PublicKeyLogin.FACTORY);
            }
            client.setUserAuthFactories(methods);
            return new ClientUserAuthService(session) {
                @Override
                protected void processUserAuth(int command, Buffer buffer, AuthFuture future) throws Exception {
                    if (command == SshConstants.SSH_MSG_USERAUTH_FAILURE) {
                        int start = buffer.rpos();
                        visit.serverAccepts(buffer.getString());
                        buffer.rpos(start);
                    }
                    super.processUserAuth(command, buffer, future);
                }
            };
        }
    }

    /** Keepalives as the host's configuration wants them. */
    private static final class HeartbeatServiceFactory extends ClientConnectionServiceFactory {

        @Override
        public Service create(Session session) throws IOException {
            HostSettings host = Visit.of(session).host;
            PropertyResolverUtils.updateProperty(
                    session,
                    CoreModuleProperties.HEARTBEAT_INTERVAL.getName(),
                    host.aliveInterval().toMillis());
            PropertyResolverUtils.updateProperty(
                    session, CoreModuleProperties.HEARTBEAT_NO_REPLY_MAX.getName(), host.aliveCount());
            return super.create(session);
        }
    }

    /** Answers a keyboard-interactive password question, once. */
    private static final class Answers implements UserInteraction {

        @Override
        public String @org.jspecify.annotations.Nullable [] interactive(
                ClientSession session,
                String name,
                String instruction,
                String language,
                String[] prompts,
                boolean[] echo) {
            if (prompts.length == 0) {
                return new String[0];
            }
            Visit visit = Visit.of(session);
            if (prompts.length != 1 || echo[0] || visit.password.isEmpty() || !visit.mayTryPassword()) {
                return null;
            }
            visit.offers("the password (keyboard-interactive)");
            return new String[] {visit.password.get().reveal()};
        }

        @Override
        public @org.jspecify.annotations.Nullable String getUpdatedPassword(
                ClientSession session, String prompt, String language) {
            return null;
        }
    }

    Trust trust() {
        return trust;
    }
}
