package holdfast.checks.access;

import static holdfast.check.Verdict.notApplicable;
import static holdfast.check.Verdict.pass;
import static holdfast.checks.access.Access.blame;
import static holdfast.checks.access.Access.culprit;

import holdfast.access.Realm;
import holdfast.change.Remedy;
import holdfast.check.Check;
import holdfast.check.CheckInfo;
import holdfast.check.Member;
import holdfast.check.Severity;
import holdfast.check.Verdict;
import holdfast.checks.access.Access.Culprit;
import holdfast.policy.Policy;
import holdfast.probe.Probe;
import java.util.List;
import java.util.stream.Collectors;

/** In clear text, or without verification, who stands between a node and its directory reads the passwords, or says who may log in. */
@CheckInfo(
        title = "Directory servers are asked over verified TLS",
        severity = Severity.HIGH,
        tags = {"realms", "tls"},
        references = {
            "Proxmox VE Administration Guide, User Management, Authentication Realms",
            "pve-access-control src/PVE/Auth/LDAP.pm: mode is ldap, and verify off, unless they are set"
        })
public final class RealmEncryption implements Check.OfCluster<Access.Facts> {

    @Override
    public Probe<Access.Facts> probe(Policy policy) {
        return Access.FILES;
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
        List<Realm> realms = access.files().realms().values().stream()
                .filter(Realm::isDirectory)
                .toList();
        if (realms.isEmpty()) {
            return notApplicable("no realm asks a directory server");
        }
        List<Culprit> open = realms.stream()
                .filter(realm -> realm.mode().equals("ldap") || !realm.flag("verify"))
                .map(RealmEncryption::culpritOf)
                .toList();
        if (open.isEmpty()) {
            return pass(
                    "%s",
                    realms.stream()
                            .map(realm -> "%s: %s, verified".formatted(realm.name(), realm.mode()))
                            .collect(Collectors.joining("; ")));
        }
        return blame("realms whose passwords can be read or whose answers can be forged on the way", open)
                .expected("mode ldaps or ldap+starttls, and verify 1")
                .remedy(Remedy.refused(
                        "a directory that does not speak TLS, or whose CA a node does not know, would lock out everybody in the realm at once",
                        "try on each node whether it trusts the server, as advised",
                        "make sure that an administrator of another realm can log in",
                        "then: pveum realm modify REALM --mode ldaps --verify 1"));
    }

    private static Culprit culpritOf(Realm realm) {
        boolean clear = realm.mode().equals("ldap");
        String server = realm.option("server1").orElse("SERVER");
        String port = realm.option("port").filter(number -> clear).isPresent() ? " --port 636" : "";
        String authority = realm.option("capath").orElse("/etc/ssl/certs");
        return culprit(
                "%s (%s)".formatted(realm.name(), clear ? "clear text" : "not verified"),
                "domains.cfg: realm %s, %s, server %s, mode %s, verify %s"
                        .formatted(realm.name(), realm.type(), server, realm.mode(), realm.flag("verify") ? "1" : "0"),
                "try it first, on each node: openssl s_client -connect %s -verify_return_error -CApath %s </dev/null"
                        .formatted(Pveum.word(server + ":636"), Pveum.word(authority)),
                "pveum realm modify %s --mode %s --verify 1%s"
                        .formatted(Pveum.word(realm.name()), clear ? "ldaps" : Pveum.word(realm.mode()), port),
                "where a CA of your own signs, put it into /usr/local/share/ca-certificates on every node and run update-ca-certificates");
    }
}
