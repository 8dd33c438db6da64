package holdfast.bench;

import static holdfast.bench.Answers.section;

/** What the probe of the API's port prints: a healthy pveproxy on all addresses, until a test says otherwise. */
public final class ApiAnswer {

    /** ss(8) on a genuine node. */
    public static final String PVEPROXY =
            "LISTEN 0 4096 *:8006 *:* users:((\"pveproxy worker\",pid=143,fd=6),(\"pveproxy worker\",pid=142,fd=6),(\"pveproxy\",pid=140,fd=6))";

    private String listeners = PVEPROXY;
    private String settings = "";
    private String tls = "CONNECTED(00000003)\n%s\nHTTP/1.1 401 No ticket\r\nCache-Control: max-age=0\r\n\r\n";
    private String certificates = "";

    public ApiAnswer listeners(String lines) {
        listeners = lines;
        return this;
    }

    /** Lines of /etc/default/pveproxy. */
    public ApiAnswer settings(String lines) {
        settings = lines;
        return this;
    }

    /** The certificates that are served, PEM, leaf first. */
    public ApiAnswer serves(String pem) {
        certificates = pem;
        return this;
    }

    /** The status line of the answer to a request without credentials. */
    public ApiAnswer http(String status) {
        tls = tls.replaceFirst("HTTP/1\\.1 [^\r]*", "HTTP/1.1 " + status);
        return this;
    }

    /** What openssl s_client prints instead. */
    public ApiAnswer tls(String text) {
        tls = text.replace("%", "%%");
        certificates = "";
        return this;
    }

    public String text() {
        if (listeners.isEmpty()) {
            return section("listeners", "") + section("settings", settings);
        }
        return section("listeners", listeners)
                + section("settings", settings)
                + section("asked", "127.0.0.1")
                + section("tls", tls.formatted(certificates));
    }
}
