package holdfast.checks.pveproxy;

import static holdfast.check.Verdict.fail;
import static holdfast.check.Verdict.pass;
import static holdfast.check.Verdict.unknown;

import holdfast.change.Remedy;
import holdfast.check.Check;
import holdfast.check.CheckInfo;
import holdfast.check.Severity;
import holdfast.check.Verdict;
import holdfast.policy.Cidr;
import holdfast.policy.Policy;
import holdfast.probe.Probe;
import holdfast.proxmox.ApiEndpoint;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/** pveproxy and nobody else holds port 8006, its services run, and it answers a request over TLS. */
@CheckInfo(
        title = "The API answers on its port",
        severity = Severity.HIGH,
        tags = {"api"},
        references = {
            "Proxmox VE Administration Guide, pveproxy - Proxmox VE API Proxy Daemon",
            "ss(8), openssl-s_client(1)"
        })
public final class Listening implements Check.OfNode<Listening.Facts> {

    /** The kernel cuts process names at 15 bytes: "pveproxy" and "pveproxy worker". */
    private static final String OWNER = "pveproxy";

    private static final Set<String> WILDCARDS = Set.of("*", "0.0.0.0", "[::]");

    private static final Remedy LISTEN_IP = Remedy.refused(
            "where the API is to listen is somebody's decision, it takes a restart, and clients and members may rely on it",
            "set or remove LISTEN_IP in /etc/default/pveproxy, or pveproxy.addresses in the policy",
            "systemctl restart pveproxy; without quorum that takes the API away for 93 seconds");

    private static final Remedy UNCLEAR = Remedy.refused(
            "the services run and the API does not answer: what keeps it from that has to be found out, and a restart could make it worse",
            "journalctl -u pveproxy -n 50",
            "look at the certificate files: see certificate.expiry",
            "is /etc/pve there? try: timeout 5 ls /etc/pve");

    /**
     * @param endpoint what answers on the port
     * @param services the units behind it
     */
    record Facts(ApiEndpoint endpoint, Map<String, ServiceState> services) {}

    @Override
    public Probe<Facts> probe(Policy policy) {
        return Probe.both(ApiEndpoint.probe(policy.pveproxy().port()), ServiceState.PROBE, Facts::new);
    }

    @Override
    public Verdict judge(Facts facts, Policy policy) {
        int port = policy.pveproxy().port();
        ApiEndpoint endpoint = facts.endpoint();
        List<String> evidence = evidence(facts, port);
        for (String name : List.of("pveproxy.service", "pvedaemon.service")) {
            ServiceState service = facts.services().get(name);
            if (service == null) {
                return unknown("systemd says nothing of %s", name);
            }
            if (!service.isActive() || service.isCrashLooping()) {
                return service(service, port, facts, evidence);
            }
        }
        if (endpoint.listeners().isEmpty()) {
            return fail("nothing listens on port %d although pveproxy is active", port)
                    .expected("pveproxy on port %d".formatted(port))
                    .actual("no listener")
                    .evidence(evidence)
                    .advice("journalctl -u pveproxy -n 50", "systemctl restart pveproxy")
                    .remedy(Remedy.refused(
                            "pveproxy runs and listens nowhere on this port: a restart would hide why, and without quorum it takes 93 seconds",
                            "journalctl -u pveproxy -n 50",
                            "is pveproxy.port %d in the policy right?".formatted(port)));
        }
        Optional<String> foreign = foreign(endpoint);
        if (foreign.isPresent()) {
            return fail("port %d is held by %s, not by pveproxy", port, foreign.get())
                    .expected("pveproxy on port %d".formatted(port))
                    .actual(foreign.get())
                    .evidence(evidence)
                    .advice("find out what it is: ss -ltnp 'sport = :%d'".formatted(port))
                    .remedy(ServicesFix.squatted(holders(endpoint), port));
        }
        if (endpoint.listeners().stream()
                .anyMatch(listener -> listener.processes().isEmpty())) {
            return unknown("ss does not tell which process holds port %d", port);
        }
        return addresses(endpoint, policy, evidence).orElseGet(() -> answer(endpoint, port, evidence));
    }

    private static Verdict service(ServiceState service, int port, Facts facts, List<String> evidence) {
        String name = service.id().replace(".service", "");
        String holder = foreign(facts.endpoint())
                .map(owner -> "; port %d is held by %s".formatted(port, owner))
                .orElse("");
        return fail("%s%s", service.isCrashLooping() ? name + " restarts again and again" : service.words(), holder)
                .expected("pveproxy and pvedaemon active")
                .actual(service.words())
                .evidence(evidence)
                .advice(
                        "journalctl -u %s -n 50".formatted(name),
                        service.load().equals("masked")
                                ? "systemctl unmask %s && systemctl enable --now %s".formatted(name, name)
                                : "systemctl reset-failed %s; systemctl enable --now %s".formatted(name, name))
                .remedy(ServicesFix.of(facts.services(), holders(facts.endpoint()), port));
    }

    private static Optional<String> foreign(ApiEndpoint endpoint) {
        List<String> others = endpoint.listeners().stream()
                .flatMap(listener -> listener.processes().stream())
                .filter(process -> !process.startsWith(OWNER))
                .distinct()
                .toList();
        return others.isEmpty() ? Optional.empty() : Optional.of(String.join(", ", others));
    }

    /** The same with their process numbers, for the person who has to look. */
    private static List<String> holders(ApiEndpoint endpoint) {
        return endpoint.listeners().stream()
                .flatMap(listener -> listener.holders().stream())
                .filter(process -> !process.startsWith(OWNER))
                .distinct()
                .toList();
    }

    /** Without a list in the policy: every address, or the one that LISTEN_IP names. */
    private static Optional<Verdict> addresses(ApiEndpoint endpoint, Policy policy, List<String> evidence) {
        List<String> bound =
                endpoint.listeners().stream().map(ApiEndpoint.Listener::address).toList();
        Optional<String> listenIp = endpoint.settings().stream()
                .filter(line -> line.matches("(export\\s+)?LISTEN_IP=.*"))
                .map(line -> line.replaceFirst("^[^=]*=", "")
                        .replaceFirst("\\s+#.*$", "")
                        .replaceAll("[\"']", "")
                        .strip())
                .reduce((first, last) -> last)
                .filter(ip -> !ip.isEmpty());
        List<String> expected = policy.pveproxy().addresses();
        boolean right;
        String wanted;
        if (!expected.isEmpty()) {
            right = bound.stream().allMatch(address -> expected.contains(bare(address)));
            wanted = String.join(", ", expected);
        } else if (listenIp.isPresent()) {
            right = bound.stream().allMatch(address -> same(address, listenIp.get()));
            wanted = listenIp.get() + " (LISTEN_IP in /etc/default/pveproxy)";
        } else {
            right = bound.stream().anyMatch(WILDCARDS::contains);
            wanted = "all addresses";
        }
        if (!right) {
            return Optional.of(fail("pveproxy listens on %s, not on %s", String.join(", ", bound), wanted)
                    .expected(wanted)
                    .actual(String.join(", ", bound))
                    .evidence(evidence)
                    .advice("LISTEN_IP in /etc/default/pveproxy takes effect with: systemctl restart pveproxy")
                    .remedy(LISTEN_IP));
        }
        boolean loopback =
                bound.stream().map(Listening::bare).allMatch(ip -> ip.startsWith("127.") || ip.equals("::1"));
        if (loopback && expected.isEmpty()) {
            return Optional.of(fail(
                            "pveproxy listens only on %s: nobody can reach the API, other members neither",
                            String.join(", ", bound))
                    .expected("an address of the network")
                    .actual(String.join(", ", bound))
                    .evidence(evidence)
                    .advice("remove LISTEN_IP from /etc/default/pveproxy, then: systemctl restart pveproxy")
                    .remedy(LISTEN_IP));
        }
        return Optional.empty();
    }

    /** One address may be written in several ways, and {@code ::} shows as {@code *}. */
    private static boolean same(String bound, String wanted) {
        String one = bare(bound).equals("*") ? "::" : bare(bound);
        Optional<InetAddress> address = Cidr.address(one);
        return one.equals(bare(wanted)) || (address.isPresent() && address.equals(Cidr.address(bare(wanted))));
    }

    private static String bare(String address) {
        return address.replaceAll("[\\[\\]]", "").replaceFirst("%.*", "");
    }

    private static Verdict answer(ApiEndpoint endpoint, int port, List<String> evidence) {
        if (endpoint.status().isPresent()) {
            // Without a ticket the API says 401; anything from 200 to 499 is an answer of its own.
            String status = endpoint.status().get();
            if (status.startsWith("5")) {
                return fail("the API answers with %s: pmxcfs or pvedaemon does not serve it", status)
                        .expected("401 without a ticket")
                        .actual(status)
                        .evidence(evidence)
                        .advice("systemctl status pve-cluster pvedaemon", "journalctl -u pveproxy -n 50")
                        .remedy(UNCLEAR);
            }
            return pass("pveproxy answers on port %d over TLS (%s)", port, status);
        }
        boolean restricted = endpoint.settings().stream()
                .anyMatch(line -> line.contains("DENY_FROM=") || line.matches(".*POLICY=\"?'?deny.*"));
        if (endpoint.connected() && endpoint.chain().isEmpty() && restricted) {
            return unknown(
                    "pveproxy closes connections from the node itself, as /etc/default/pveproxy may tell it to (%s): the API could not be tried",
                    endpoint.settings().stream().collect(Collectors.joining("; ")));
        }
        if (!endpoint.connected()) {
            return fail(
                            "no connection to port %d on %s: %s",
                            port, endpoint.asked().orElse("?"), orSilence(endpoint))
                    .expected("an answer over TLS")
                    .actual("no TCP connection")
                    .evidence(evidence)
                    .advice("journalctl -u pveproxy -n 50")
                    .remedy(UNCLEAR);
        }
        return fail(
                        endpoint.chain().isEmpty()
                                ? "port %d accepts connections, but TLS does not finish: %s"
                                : "port %d speaks TLS, but no answer came to a request: %s",
                        port,
                        orSilence(endpoint))
                .expected("401 without a ticket")
                .actual(endpoint.chain().isEmpty() ? "no TLS handshake" : "no HTTP answer")
                .evidence(evidence)
                .advice(
                        endpoint.chain().isEmpty()
                                ? "look at the certificate files: openssl x509 -in /etc/pve/local/pveproxy-ssl.pem -noout -subject"
                                : "is /etc/pve hanging? try: timeout 5 ls /etc/pve",
                        "journalctl -u pveproxy -n 50")
                .remedy(UNCLEAR);
    }

    private static String orSilence(ApiEndpoint endpoint) {
        return endpoint.complaint().isEmpty() ? "nothing came within 9 s" : endpoint.complaint();
    }

    private static List<String> evidence(Facts facts, int port) {
        List<String> lines = new ArrayList<>();
        facts.services().values().stream().map(ServiceState::words).sorted().forEach(lines::add);
        facts.endpoint()
                .listeners()
                .forEach(listener -> lines.add("%s:%d held by %s"
                        .formatted(listener.address(), port, String.join(", ", listener.processes()))));
        facts.endpoint().status().ifPresent(status -> lines.add("GET /api2/json/version: " + status));
        lines.addAll(facts.endpoint().settings());
        return lines;
    }
}
