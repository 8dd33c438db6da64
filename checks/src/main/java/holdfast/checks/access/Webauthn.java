package holdfast.checks.access;

import static holdfast.check.Verdict.notApplicable;
import static holdfast.check.Verdict.pass;
import static holdfast.check.Verdict.unknown;
import static holdfast.checks.access.Access.names;

import holdfast.access.SecondFactors;
import holdfast.check.Check;
import holdfast.check.CheckInfo;
import holdfast.check.Member;
import holdfast.check.Severity;
import holdfast.check.Verdict;
import holdfast.policy.Policy;
import holdfast.probe.Probe;
import holdfast.probe.Reading;
import holdfast.proxmox.Certificates;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** A browser uses a key only on the name that it was made for, and only over a certificate that it trusts for that name. */
@CheckInfo(
        title = "WebAuthn fits the name that the web interface is served under",
        severity = Severity.MEDIUM,
        tags = {"second-factor", "tls"},
        references = {
            "Proxmox VE Administration Guide, User Management, Two-Factor Authentication, WebAuthn",
            "W3C Web Authentication Level 2, 5.1.2: the RP ID is the origin's domain or one above it",
            "pve-access-control src/PVE/AccessControl.pm, configure_u2f_and_wa()"
        })
public final class Webauthn implements Check.OfCluster<Access.Facts> {

    @Override
    public Probe<Access.Facts> probe(Policy policy) {
        return Access.FILES_AND_CERTIFICATES;
    }

    @Override
    public boolean asksStandalone() {
        return true;
    }

    @Override
    public Verdict judge(List<Member<Access.Facts>> members, Policy policy) {
        return Access.judge(members, access -> judge(access));
    }

    private static Verdict judge(Access access) {
        if (access.files().webauthn() instanceof Reading.Unknown<Map<String, String>>(var why)) {
            return unknown("the webauthn setting of datacenter.cfg could not be read: %s", why);
        }
        if (access.files().factors() instanceof Reading.Unknown<SecondFactors>(var why)) {
            return unknown("who has WebAuthn keys could not be read: %s", why);
        }
        Map<String, String> setting =
                access.files().webauthn() instanceof Reading.Known<Map<String, String>>(var known) ? known : Map.of();
        List<String> users = access.files().factors() instanceof Reading.Known<SecondFactors>(var factors)
                ? access.config().users().keySet().stream()
                        .filter(user -> factors.of(user).has("webauthn"))
                        .toList()
                : List.of();
        if (setting.isEmpty()) {
            return users.isEmpty()
                    ? notApplicable("nobody has a WebAuthn key, and datacenter.cfg has no webauthn setting")
                    : mismatch(
                            "datacenter.cfg has no webauthn setting, so the keys of %s cannot be used"
                                    .formatted(names(users)),
                            "none",
                            setting,
                            List.of());
        }
        return judge(access, setting);
    }

    private static Verdict judge(Access access, Map<String, String> setting) {
        String id = setting.getOrDefault("id", "").toLowerCase(Locale.ROOT);
        Optional<String> origin = Optional.ofNullable(setting.get("origin"));
        Optional<String> host = origin.flatMap(Webauthn::host);
        if (origin.isPresent() && host.isEmpty()) {
            return mismatch(
                    "the origin of webauthn is not an https address of a host", origin.get(), setting, List.of());
        }
        if (!id.matches("[a-z0-9]([a-z0-9.-]*[a-z0-9])?") || id.matches("[0-9.]+")) {
            return mismatch(
                    "the id of webauthn is not a host's name; browsers take no address",
                    id.isEmpty() ? "no id" : id,
                    setting,
                    List.of());
        }
        if (host.filter(name -> !isBelow(name, id)).isPresent()) {
            return mismatch(
                    "the id of webauthn, %s, is neither the origin's host %s nor a domain above it"
                            .formatted(id, host.get()),
                    id,
                    setting,
                    List.of());
        }
        List<String> evidence = new ArrayList<>();
        List<String> unread = new ArrayList<>(access.cluster().silent().keySet());
        boolean fits = false;
        for (Map.Entry<String, Access.Facts> member : access.facts().entrySet()) {
            switch (member.getValue().certificates().then(Certificates::served)) {
                case Reading.Unknown<Certificates.Certificate>(var why) ->
                    unread.add("%s (%s)".formatted(member.getKey(), why));
                case Reading.Known<Certificates.Certificate>(var served) -> {
                    evidence.add("%s serves a certificate for %s"
                            .formatted(member.getKey(), served.names().isEmpty() ? "no name" : names(served.names())));
                    fits |= served.names().stream()
                            .map(name -> name.toLowerCase(Locale.ROOT))
                            .anyMatch(name -> host.isPresent() ? covers(name, host.get()) : isBelow(name, id));
                }
            }
        }
        if (!unread.isEmpty()) {
            return unknown("the certificate of %s could not be read", names(unread));
        }
        return fits
                ? pass("%s is among the names that the members' certificates are for", host.orElse(id))
                : mismatch(
                        "no member serves a certificate for %s".formatted(host.orElse(id + " or a name below it")),
                        "certificates for other names",
                        setting,
                        evidence);
    }

    private static Verdict mismatch(String because, String actual, Map<String, String> setting, List<String> evidence) {
        List<String> lines = new ArrayList<>();
        lines.add("datacenter.cfg: webauthn %s"
                .formatted(
                        setting.isEmpty()
                                ? "is not set"
                                : setting.entrySet().stream()
                                        .map(entry -> entry.getKey() + "=" + entry.getValue())
                                        .collect(Collectors.joining(","))));
        lines.addAll(evidence);
        return Verdict.fail("%s", because)
                .expected(
                        "an id that is the name of the web interface or a domain above it, and a certificate for that name")
                .actual(actual)
                .evidence(lines)
                .advice(
                        "pvesh set /cluster/options --webauthn 'rp=NAME,origin=https://HOST:8006,id=HOST', with the host's name that people type",
                        "a change of id makes every key that is registered useless: each user registers his anew, so each needs another factor or recovery keys first",
                        "a certificate for that name: see certificate.served");
    }

    /** The host of {@code https://pve.example.com:8006}. */
    private static Optional<String> host(String origin) {
        java.util.regex.Matcher matcher = ORIGIN.matcher(origin.toLowerCase(Locale.ROOT));
        return matcher.matches() ? Optional.of(matcher.group(1)) : Optional.empty();
    }

    private static final Pattern ORIGIN = Pattern.compile("https://([a-z0-9][a-z0-9.-]*)(:\\d{1,5})?/?");

    private static boolean isBelow(String host, String domain) {
        return host.equals(domain) || host.endsWith("." + domain);
    }

    /** A wildcard stands for one label (RFC 9525, 6.3). */
    private static boolean covers(String name, String host) {
        int dot = host.indexOf('.');
        return name.equals(host)
                || (name.startsWith("*.") && dot > 0 && name.substring(1).equals(host.substring(dot)));
    }
}
