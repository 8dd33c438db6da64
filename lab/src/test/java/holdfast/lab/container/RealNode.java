package holdfast.lab.container;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.testcontainers.containers.Container.ExecResult;
import org.testcontainers.containers.GenericContainer;
import org.testcontainers.images.builder.Transferable;

/** One practice node: a Debian system under systemd that answers as a Proxmox VE node does. */
public final class RealNode {

    /** An expected state that is not there by then will not come. */
    private static final Duration PATIENCE = Duration.ofSeconds(90);

    private final String name;
    private final String address;
    private final GenericContainer<?> container;

    RealNode(String name, String address, GenericContainer<?> container) {
        this.name = name;
        this.address = address;
        this.container = container;
    }

    public String name() {
        return name;
    }

    /** The node's own address, reachable from this machine; sshd listens there on port 22. */
    public String address() {
        return address;
    }

    public int port() {
        return 22;
    }

    public String containerId() {
        return container.getContainerId();
    }

    /** Runs a shell command as root in the node, not over SSH. */
    public Ran exec(String command) {
        try {
            ExecResult result = container.execInContainer(UTF_8, "/bin/sh", "-c", command);
            return new Ran(result.getExitCode(), result.getStdout(), result.getStderr());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    /** As {@link #exec}, for a command that has to succeed; its standard output. */
    public String sh(String command) {
        Ran ran = exec(command);
        if (ran.exit() != 0) {
            throw new IllegalStateException(
                    name + ": exit " + ran.exit() + " from: " + command + "\n" + ran.out() + ran.err());
        }
        return ran.out();
    }

    /** Puts a file there with the shell, so that one under {@code /etc/pve} goes through the cluster file system. */
    public void writeFile(String path, String content) {
        String encoded = Base64.getEncoder().encodeToString(content.getBytes(UTF_8));
        sh("mkdir -p \"$(dirname '" + path + "')\" && echo " + encoded + " | base64 -d > '" + path + "'");
    }

    /** As {@link #writeFile}, for several files and large ones. */
    public void writeFiles(Map<String, String> files) {
        files.forEach((path, content) -> {
            // A command line has room for so much only.
            if (content.length() < 64 * 1024) {
                writeFile(path, content);
                return;
            }
            container.copyFileToContainer(Transferable.of(content, 0600), "/root/.large-file");
            sh("mkdir -p \"$(dirname '" + path + "')\" && cat /root/.large-file > '" + path
                    + "'; rm /root/.large-file");
        });
    }

    public String readFile(String path) {
        return sh("cat '" + path + "'");
    }

    /** Waits until a shell command succeeds in the node. */
    public void await(String what, String command) {
        // The node looks by itself for a while: to start a process in a container costs more than most looks.
        String looks =
                "for look in $(seq 25); do (" + command + "\n) >/dev/null 2>&1 && exit 0; sleep 0.2; done\n" + command;
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        Ran last = exec(looks);
        while (last.exit() != 0) {
            if (System.nanoTime() > deadline) {
                throw new IllegalStateException(name + ": still not " + what + ": " + last.out() + last.err()
                        + exec("systemctl --failed --no-legend; journalctl -p err -n 20 --no-pager")
                                .out());
            }
            waitABit();
            last = exec(looks);
        }
    }

    private static void waitABit() {
        try {
            Thread.sleep(200);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    public void awaitReady() {
        await("booted", "s=$(systemctl is-system-running); [ \"$s\" = running ] || { echo \"$s\"; exit 1; }");
        await("serving 8006", "ss -ltnH sport = :8006 | grep -q .");
        await("listening on 22", "ss -ltnH sport = :22 | grep -q .");
    }

    public void awaitQuorate() {
        await("quorate", "corosync-quorumtool -s >/dev/null && grep -q '\"quorate\": 1' /etc/pve/.members");
    }

    public void awaitNotQuorate() {
        await("without quorum", "grep -q '\"quorate\": 0' /etc/pve/.members");
    }

    /** Waits until this node says so of a link to another member. */
    void awaitLink(int link, int member, String state) {
        await(
                state + " from member " + member + " on link " + link,
                "corosync-cfgtool -s | awk '/^LINK/ { at = $3 } at == " + link + " && $2 == \"" + member
                        + ":\" { found = $3 == \"" + state + "\" } END { exit !found }'");
    }

    /** Waits until the QDevice votes for this node. */
    public void awaitDevice() {
        await(
                "voted for by the QDevice",
                "corosync-qdevice-tool -s | grep -q 'State:.*Connected$'"
                        + " && corosync-quorumtool -s | grep -q 'A,V,.*(local)'");
    }

    /** Waits until the QDevice does not vote for this node any more. */
    public void awaitDeviceGone() {
        await("without the QDevice's vote", "corosync-quorumtool -s | grep 'local' | grep -qE 'NR|A,NV,'");
    }

    /** Further lines of pveproxy's access log. */
    public void logged(List<String> lines) {
        writeFile("/root/.lines", String.join("\n", lines) + "\n");
        sh("cat /root/.lines >> /var/log/pveproxy/access.log; rm /root/.lines");
    }

    /** The lines of pveproxy's access log. */
    public List<String> accessLog() {
        return sh("cat /var/log/pveproxy/access.log").lines().toList();
    }

    /** Refusals of the API and of writes without quorum take a fraction of a second instead of three and ten. */
    public void shortenDelays() {
        sh("echo 0.1 > /etc/holdfast-lab/refusal-delay; echo 0.5 > /etc/holdfast-lab/lock-patience");
    }

    String token(String user, String name, String... options) {
        String said = sh("pveum user token add '" + user + "' '" + name + "' " + String.join(" ", options)
                + " --output-format json");
        Matcher secret = Pattern.compile("\"value\":\"([0-9a-f-]{36})\"").matcher(said);
        if (!secret.find()) {
            throw new IllegalStateException(name() + ": no secret in " + said);
        }
        return secret.group(1);
    }

    /** What the API says: the status, and what comes with it. */
    public record Answer(int status, String body) {}

    /**
     * Asks this node's API from this machine, over TLS that the cluster's CA vouches for.
     *
     * @param credential the value of an {@code Authorization} header, or nothing
     * @param path below {@code /api2/json}
     */
    public Answer ask(String credential, String verb, String path) {
        return ask(credential.isEmpty() ? Map.of() : Map.of("Authorization", credential), verb, path, "");
    }

    /** The same with any headers, and with a form as the body. */
    public Answer ask(Map<String, String> headers, String verb, String path, String form) {
        try (HttpClient client = HttpClient.newBuilder().sslContext(trusting()).build()) {
            HttpRequest.Builder request = HttpRequest.newBuilder(
                            URI.create("https://" + address + ":8006/api2/json" + path))
                    .timeout(Duration.ofSeconds(30))
                    .header("Content-Type", "application/x-www-form-urlencoded")
                    .method(verb, HttpRequest.BodyPublishers.ofString(form));
            headers.forEach(request::header);
            HttpResponse<String> response = client.send(request.build(), HttpResponse.BodyHandlers.ofString());
            return new Answer(response.statusCode(), response.body());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    private SSLContext trusting() {
        try (InputStream pem =
                new ByteArrayInputStream(readFile("/etc/pve/pve-root-ca.pem").getBytes(UTF_8))) {
            KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
            store.load(null, null);
            store.setCertificateEntry(
                    "ca", CertificateFactory.getInstance("X.509").generateCertificate(pem));
            TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
            trust.init(store);
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(null, trust.getTrustManagers(), null);
            return context;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(name + ": its CA", e);
        }
    }

    public void awaitSynchronized() {
        await("synchronised", "chronyc -c -n sources | grep -q '^^,\\*'");
    }

    public void awaitFirewall() {
        await(
                "behind its firewall",
                "iptables-legacy -S INPUT | grep -q PVEFW-INPUT && iptables-legacy -S PVEFW-HOST-IN");
    }

    /** The lines that {@code known_hosts} needs to know this node by its address and its name. */
    public String knownHosts() {
        StringBuilder lines = new StringBuilder();
        for (String key : sh("cat /etc/ssh/ssh_host_*_key.pub").split("\n")) {
            List<String> words = List.of(key.split(" "));
            lines.append(address)
                    .append(',')
                    .append(name)
                    .append(' ')
                    .append(words.get(0))
                    .append(' ')
                    .append(words.get(1))
                    .append('\n');
        }
        return lines.toString();
    }

    // Faults: what is wrong on a node after the call, in one line each.

    /** Anybody may try passwords: a drop-in that is read first says so. */
    public void allowPasswordLogin() {
        sshd("00-a-old-habits.conf", "PasswordAuthentication yes\n");
    }

    /** Root may log in with a password from one network only: a Match block in a drop-in that is read last. */
    public void allowRootPasswordFrom(String cidr) {
        sshd(
                "99-legacy.conf",
                "Match User root Address " + cidr + "\n    PermitRootLogin yes\n    PasswordAuthentication yes\n");
    }

    /** Writes a drop-in of sshd and reloads it. */
    public void sshd(String file, String content) {
        writeFile("/etc/ssh/sshd_config.d/" + file, content);
        sh("sshd -t && systemctl reload ssh && sleep 0.5");
    }

    /** An own certificate is installed, in effect, and over since yesterday. */
    public void serveExpiredCertificate() {
        customCertificate(-400, -1);
        reloadProxy();
    }

    /** An own certificate is installed, in effect, and ends in so many days. */
    public void serveCertificateEndingIn(int days) {
        customCertificate(-1, days);
        reloadProxy();
    }

    /** The certificate on disk is new, the one that 8006 shows is still the old one. */
    public void staleServedCertificate() {
        sh("pvecm updatecerts --force >/dev/null");
    }

    /** {@code pveproxy-ssl.pem} is no certificate at all, and pveproxy was restarted with it. */
    public void garbageCertificate() {
        sh("echo garbage > /etc/pve/local/pveproxy-ssl.pem; echo garbage > /etc/pve/local/pveproxy-ssl.key;"
                + " systemctl restart pveproxy");
    }

    /** Installs {@code pveproxy-ssl.pem} and its key, without a reload. */
    public void customCertificate(int fromDays, int toDays) {
        LabCertificate made = LabCertificate.selfSigned(name + ".example.test", address, fromDays, toDays);
        writeFile("/etc/pve/local/pveproxy-ssl.key", made.key());
        writeFile("/etc/pve/local/pveproxy-ssl.pem", made.certificate());
    }

    /** The node's own {@code pve-ssl.pem}, signed by the cluster's CA, ended so many days ago. */
    public void expireNodeCertificate(int daysAgo) {
        LabCertificate made = LabCertificate.signed(
                readFile("/etc/pve/pve-root-ca.pem"),
                readFile("/etc/pve/priv/pve-root-ca.key"),
                name,
                address,
                -730 - daysAgo,
                -daysAgo);
        writeFile("/etc/pve/local/pve-ssl.key", made.key());
        writeFile("/etc/pve/local/pve-ssl.pem", made.certificate());
        reloadProxy();
    }

    private void reloadProxy() {
        sh("systemctl reload pveproxy");
        await(
                "serving the new certificate",
                "f=/etc/pve/local/pveproxy-ssl.pem; [ -e $f ] || f=/etc/pve/local/pve-ssl.pem;"
                        + " served=$(timeout 5 openssl s_client -connect 127.0.0.1:8006 </dev/null 2>/dev/null"
                        + " | openssl x509 -noout -fingerprint);"
                        + " [ \"$served\" = \"$(openssl x509 -in $f -noout -fingerprint)\" ]");
    }

    /** The datacenter's firewall is switched off, for the whole cluster. */
    public void switchFirewallOff() {
        sh("sed -i 's/^enable:.*/enable: 0/' /etc/pve/firewall/cluster.fw");
        await("without rules", "! iptables-legacy -S INPUT | grep -q PVEFW");
    }

    /** The firewall is on in the files, but its service is stopped and its rules are gone. */
    public void stopFirewallService() {
        sh("systemctl stop pve-firewall");
    }

    /** This node has taken itself out of the datacenter's firewall. */
    public void disableHostFirewall() {
        writeFile("/etc/pve/local/host.fw", "[OPTIONS]\nenable: 0\n");
        await("without a host chain", "! iptables-legacy -S PVEFW-HOST-IN 2>/dev/null | grep -q .");
    }

    /** This node's firewall runs on nftables. */
    public void useNftables() {
        writeFile("/etc/pve/local/host.fw", "[OPTIONS]\nnftables: 1\n");
        await(
                "on nftables",
                "nft list table inet proxmox-firewall >/dev/null && ! iptables-legacy -S INPUT | grep -q PVEFW");
    }

    public void stopChrony() {
        sh("systemctl stop chrony");
    }

    /**
     * chrony is gone with its configuration, and systemd-timesyncd is there instead, as on a node that was upgraded
     * from Proxmox VE 6, and asks a server that does not answer; {@code apt-get install chrony} works, from a source
     * that lies on the node.
     */
    public void removeChrony() {
        sh("export DEBIAN_FRONTEND=noninteractive; { apt-get -qq update && apt-get -y -qq purge chrony; } 2>&1");
        writeFile("/etc/systemd/timesyncd.conf.d/lab.conf", "[Time]\nNTP=192.0.2.1\n");
        sh("export DEBIAN_FRONTEND=noninteractive;"
                + " apt-get -y -qq --no-install-recommends install systemd-timesyncd 2>&1");
        // Its package starts it before it may have its name on the bus, and it does not ask for it again.
        sh("systemctl restart systemd-timesyncd");
        await("on the bus", "timeout 3 timedatectl show-timesync");
    }

    /** The address of the practice network's time source. */
    public String timeSource() {
        return readFile("/etc/holdfast-lab/timesource").strip();
    }

    public void stopProxy() {
        sh("systemctl stop pveproxy");
    }

    /** pveproxy is stopped and cannot be started: masked, with the link to nowhere that systemctl makes. */
    public void stopAndMaskProxy() {
        sh("systemctl stop pveproxy && systemctl mask -q pveproxy");
    }

    /** pveproxy is stopped and would not come back with a reboot. */
    public void disableProxy() {
        sh("systemctl disable -q --now pveproxy");
    }

    /** The node orders its certificates for this name from the practice network's ACME service. */
    public void configureAcme(String domain) {
        writeFile("/etc/pve/nodes/" + name + "/config", "acme: domains=" + domain + ",account=default\n");
    }

    /** Whatever the node orders from its ACME service is refused. */
    public void breakAcme() {
        sh("touch /etc/holdfast-lab/acme-fails");
    }

    /** pveproxy is stopped and another program has taken port 8006, TLS and all. */
    public void squatOnProxyPort() {
        sh("systemctl stop pveproxy && systemd-run -q --unit=squatter openssl s_server -accept 8006 -www"
                + " -cert /etc/pve/local/pve-ssl.pem -key /etc/pve/local/pve-ssl.key");
        await("squatted", "ss -ltnpH sport = :8006 | grep -q openssl");
    }

    public void stopCorosync() {
        sh("systemctl stop corosync");
    }

    public void startCorosync() {
        sh("systemctl start corosync");
    }

    /** The daemon that asks the QDevice runs, also after a reboot. */
    public void startDeviceDaemon() {
        sh("systemctl enable -q --now corosync-qdevice 2>&1");
        awaitDevice();
    }

    /** The daemon that asks the QDevice does not run here. */
    public void stopDeviceDaemon() {
        sh("systemctl stop corosync-qdevice");
        awaitDeviceGone();
    }

    /** {@code /etc/corosync/corosync.conf} says something else than {@code /etc/pve/corosync.conf}, under the same version. */
    public void changeLocalConfiguration() {
        sh("sed -i 's/^totem {$/totem {\\n  token: 3333/' /etc/corosync/corosync.conf");
    }

    /** The whole node stands still, as a virtual machine that is paused. */
    public void pause() {
        LabEngine.client().pauseContainerCmd(containerId()).exec();
    }

    public void resume() {
        LabEngine.client().unpauseContainerCmd(containerId()).exec();
    }

    /** sshd stands still: port 22 takes connections, and nobody greets. */
    public void hangSsh() {
        sh("kill -STOP $(systemctl show -P MainPID ssh)");
    }

    public void resumeSsh() {
        sh("kill -CONT $(systemctl show -P MainPID ssh)");
    }

    /** What comes to port 22 is dropped without an answer. */
    public void dropSsh() {
        sh("nft 'add table ip holdfast-lab-ssh;"
                + " add chain ip holdfast-lab-ssh in { type filter hook input priority -300; };"
                + " add rule ip holdfast-lab-ssh in tcp dport 22 drop'");
    }

    /** {@code /etc/pve} answers nobody: the cluster file system stands still. */
    public void hangClusterFiles() {
        sh("kill -STOP $(pidof pmxcfs)");
    }

    public void resumeClusterFiles() {
        sh("kill -CONT $(pidof pmxcfs)");
    }

    /** Cut off from the net in the middle of whatever it does, as by a pulled plug; only for good. */
    public void kill() {
        LabEngine.client().killContainerCmd(containerId()).exec();
    }

    /** Boots anew in the middle of whatever it does: the disk stays as it is, {@code /run} and {@code /tmp} are empty. */
    public void reboot() {
        // No time to shut down in good order, as after a power cut.
        LabEngine.client().restartContainerCmd(containerId()).withTimeout(0).exec();
        awaitReady();
    }

    void start() {
        container.start();
    }

    void close() {
        if (container.isRunning()) {
            // A paused container cannot be stopped in good order.
            LabEngine.quietly(
                    () -> LabEngine.client().unpauseContainerCmd(containerId()).exec());
        }
        container.stop();
    }
}
