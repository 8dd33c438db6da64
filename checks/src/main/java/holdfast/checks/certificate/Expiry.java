package holdfast.checks.certificate;

import static holdfast.check.Verdict.fail;
import static holdfast.check.Verdict.pass;

import holdfast.change.Remedy;
import holdfast.check.Check;
import holdfast.check.CheckInfo;
import holdfast.check.Severity;
import holdfast.check.Verdict;
import holdfast.policy.Policy;
import holdfast.probe.Probe;
import holdfast.probe.Reading;
import holdfast.proxmox.Certificates;
import holdfast.proxmox.Certificates.Certificate;
import holdfast.text.Measurement;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** Every certificate that the node uses can be read and stays valid for longer than the policy's limits. */
@CheckInfo(
        title = "No certificate has expired or expires soon",
        severity = Severity.HIGH,
        tags = {"tls"},
        references = {
            "Proxmox VE Administration Guide, Certificate Management",
            "pve-manager bin/pveupdate",
            "HomeSecExplorer Proxmox Hardening Guide 2.3.2"
        })
public final class Expiry implements Check.OfNode<Expiry.Facts> {

    record Facts(Certificates certificates, Instant now) {}

    /** @param trouble why the file is of no use; empty when it is readable */
    private record Held(String file, long daysLeft, Instant notAfter, String trouble) {}

    @Override
    public Probe<Facts> probe(Policy policy) {
        return Probe.both(Certificates.PROBE, new Probe.Now(), Facts::new);
    }

    @Override
    public Verdict judge(Facts facts, Policy policy) {
        Certificates certificates = facts.certificates();
        List<Held> held = new ArrayList<>();
        add(held, "pve-ssl.pem", certificates.node(), facts.now());
        if (certificates.custom().isPresent()) {
            add(held, "pveproxy-ssl.pem", certificates.custom().get(), facts.now());
        }
        add(held, "pve-root-ca.pem", certificates.authority(), facts.now());
        List<String> evidence = held.stream().map(Expiry::words).toList();
        List<Held> broken =
                held.stream().filter(one -> !one.trouble().isEmpty()).toList();
        if (!broken.isEmpty()) {
            Held first = broken.get(0);
            return fail("%s cannot be used: %s", first.file(), first.trouble())
                    .expected("a certificate in " + first.file())
                    .actual(first.trouble())
                    .evidence(evidence)
                    .advice(advice(first.file()))
                    .remedy(remedy(held, facts, policy));
        }
        Held soonest = held.stream().min(Comparator.comparing(Held::notAfter)).orElseThrow();
        int failDays = policy.certificates().failDays();
        int warnDays = policy.certificates().warnDays();
        String expected = "more than %d days left (fewer than %d: a warning)".formatted(failDays, warnDays);
        if (soonest.notAfter().isBefore(facts.now())) {
            return fail(
                            "%s expired %s days ago, on %s",
                            soonest.file(), Measurement.of(-soonest.daysLeft() - 1), day(soonest.notAfter()))
                    .expected(expected)
                    .actual("expired")
                    .evidence(evidence)
                    .advice(advice(soonest.file()))
                    .remedy(remedy(held, facts, policy));
        }
        if (soonest.daysLeft() < failDays || soonest.daysLeft() < warnDays) {
            Verdict.Fail fail = fail(
                            "%s expires in %s days, on %s",
                            soonest.file(), Measurement.of(soonest.daysLeft()), day(soonest.notAfter()))
                    .expected(expected)
                    .actual("%s days left".formatted(Measurement.of(soonest.daysLeft())))
                    .evidence(evidence)
                    .advice(advice(soonest.file()))
                    .remedy(remedy(held, facts, policy));
            return soonest.daysLeft() < failDays ? fail : fail.severity(Severity.LOW);
        }
        return pass("the first to expire is %s, in %s days", soonest.file(), Measurement.of(soonest.daysLeft()));
    }

    /** Everything that the check fails for, or it would fail again after the fix. */
    private static Remedy remedy(List<Held> held, Facts facts, Policy policy) {
        int days =
                Math.max(policy.certificates().failDays(), policy.certificates().warnDays());
        List<String> files = held.stream()
                .filter(one -> !one.trouble().isEmpty()
                        || one.daysLeft() < days
                        || one.notAfter().isBefore(facts.now()))
                .map(Held::file)
                .toList();
        return Renewal.of(files, facts.certificates(), facts.now());
    }

    private static void add(List<Held> held, String file, Reading<Certificate> reading, Instant now) {
        held.add(
                switch (reading) {
                    case Reading.Known<Certificate>(var known) ->
                        new Held(file, known.daysLeft(now), known.notAfter(), "");
                    case Reading.Unknown<Certificate>(var why) -> new Held(file, 0, Instant.EPOCH, why);
                });
    }

    private static String words(Held one) {
        return one.trouble().isEmpty()
                ? "%s: until %s, %s days left"
                        .formatted(one.file(), day(one.notAfter()), Measurement.of(one.daysLeft()))
                : "%s: %s".formatted(one.file(), one.trouble());
    }

    private static String day(Instant instant) {
        return instant.toString().substring(0, 10);
    }

    private static String[] advice(String file) {
        return switch (file) {
            case "pve-ssl.pem" ->
                new String[] {
                    "on that node, while the cluster is quorate: pvecm updatecerts --force", "systemctl reload pveproxy"
                };
            case "pveproxy-ssl.pem" ->
                new String[] {
                    "from ACME: pvenode acme cert renew",
                    "uploaded: pvenode cert set CERT.pem KEY.pem --force 1 --restart 1"
                };
            default ->
                new String[] {
                    "a cluster CA is not renewed by any command: plan its replacement and the node certificates after it"
                };
        };
    }
}
