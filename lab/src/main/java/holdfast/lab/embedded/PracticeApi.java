package holdfast.lab.embedded;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLServerSocket;

/**
 * The API of one embedded node, on a port of loopback with TLS: each connection is one request, which the programs of the
 * real practice nodes answer, from this node's files. A node whose pveproxy does not run hangs up.
 */
final class PracticeApi implements AutoCloseable {

    private static final String ANSWER =
            "HoldfastNodeApi::answer(\\*STDIN, \\*STDOUT, $ARGV[0], 'pveproxy', \\&HoldfastNodeApi::served)";

    private final Tree tree;
    private final SSLServerSocket socket;

    private PracticeApi(Tree tree, SSLServerSocket socket) {
        this.tree = tree;
        this.socket = socket;
    }

    static PracticeApi start(Tree tree, Authority.Identity identity) throws IOException {
        // Whatever is missing is said now, and not to somebody who asks.
        tree.perl();
        SSLServerSocket socket = (SSLServerSocket)
                context(identity).getServerSocketFactory().createServerSocket(0, 50, InetAddress.getLoopbackAddress());
        PracticeApi api = new PracticeApi(tree, socket);
        Thread.ofVirtual().name("practice-api").start(api::accept);
        return api;
    }

    private static SSLContext context(Authority.Identity identity) throws IOException {
        try (InputStream pem = new ByteArrayInputStream(identity.certificate().getBytes(UTF_8))) {
            Certificate certificate = CertificateFactory.getInstance("X.509").generateCertificate(pem);
            KeyStore store = KeyStore.getInstance("PKCS12");
            store.load(null, null);
            store.setKeyEntry("node", identity.key(), new char[0], new Certificate[] {certificate});
            KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
            keys.init(store, new char[0]);
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(keys.getKeyManagers(), null, null);
            return context;
        } catch (GeneralSecurityException e) {
            throw new IOException(e);
        }
    }

    int port() {
        return socket.getLocalPort();
    }

    private void accept() {
        while (!socket.isClosed()) {
            try {
                Socket client = socket.accept();
                Thread.ofPlatform().daemon().name("practice-api-request").start(() -> serve(client));
            } catch (IOException e) {
                // Closed, or one client less.
            }
        }
    }

    private void serve(Socket client) {
        try (client) {
            client.setSoTimeout(60_000);
            if (!Files.readString(tree.at("/state/pveproxy")).strip().equals("active")) {
                return;
            }
            Files.createDirectories(tree.at("/var/log/pveproxy"));
            List<String> command = new ArrayList<>(tree.perl());
            command.addAll(List.of("-MHoldfastNodeApi", "-e", ANSWER, "::ffff:127.0.0.1"));
            ProcessBuilder builder = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD);
            Map<String, String> environment = builder.environment();
            environment.clear();
            environment.put("PATH", tree.path());
            environment.put("HOLDFAST_LAB_ROOT", tree.root().toString());
            environment.put("TZ", "UTC");
            Process process = builder.start();
            Thread.ofPlatform().daemon().name("practice-api-body").start(() -> pass(client, process));
            try (OutputStream out = client.getOutputStream()) {
                process.getInputStream().transferTo(out);
            } finally {
                process.destroyForcibly();
            }
        } catch (IOException e) {
            // The client is gone.
        }
    }

    /** What the client says, as it comes; it knows by itself where its request ends. */
    private static void pass(Socket client, Process process) {
        try (OutputStream in = process.getOutputStream()) {
            byte[] buffer = new byte[8192];
            InputStream said = client.getInputStream();
            for (int n = said.read(buffer); n >= 0; n = said.read(buffer)) {
                in.write(buffer, 0, n);
                in.flush();
            }
        } catch (IOException e) {
            // Answered, or gone.
        }
    }

    @Override
    public void close() {
        try {
            socket.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
