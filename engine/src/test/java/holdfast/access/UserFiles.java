package holdfast.access;

import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;

/** Generated files {@code user.cfg}, with what is odd in every place. */
final class UserFiles {

    private UserFiles() {}

    static Arbitrary<String> any() {
        Arbitrary<String> user = Arbitraries.of(
                "root@pam",
                "a@pve",
                "b@pve",
                "\u001b[2J@pve",
                "=cmd()@pve",
                "x'\"y@pve",
                "ü\u202e@ldap",
                "#{}[]@pve",
                "a@b!c@pve",
                "-@pve",
                "yes@no",
                "@x@pve");
        Arbitrary<String> token =
                user.flatMap(owner -> Arbitraries.of("tok", "deploy", "T.-_").map(name -> owner + "!" + name));
        Arbitrary<String> group = Arbitraries.of("admins", "ops", "1", "0", "true", "-");
        Arbitrary<String> role =
                Arbitraries.of("Administrator", "PVEVMUser", "PVEAuditor", "NoAccess", "Own", "null", "1e3", "Nowhere");
        Arbitrary<String> privileges = Arbitraries.of(
                        "VM.Audit", "Sys.Modify", "VM.Monitor", "VM.Replicate", "Permissions.Modify", "No.Such")
                .list()
                .ofMaxSize(4)
                .map(list -> String.join(",", list));
        Arbitrary<String> path = Arbitraries.of(
                "/", "//", "/vms", "/vms/100", "vms/100/", "/pool/a/b", "/storage/x", "/nodes", "/no such", "0", "/0");
        Arbitrary<String> expires = Arbitraries.of(
                "",
                "0",
                "1",
                "86399",
                "86400",
                "1893456000",
                "1893499200",
                "253402300800",
                "999999999999999999",
                "12x");
        Arbitrary<String> comment = Arbitraries.of(
                "",
                "owner=ops",
                "purpose=\"a b\" created=2026-10-01 rotated=+99999-01-01",
                "owner=\"%1b%0a%e2%80%ae\"",
                "owner=" + "x".repeat(900),
                "created=-0001-01-01 purpose=\"%25 \"",
                "%zz",
                "owner=\"%c2%a0\"",
                "purpose=\"{ - : # }\"");
        Arbitrary<String> flag = Arbitraries.of("1", "0", "");
        Arbitrary<String> subject = Arbitraries.oneOf(user, token, group.map(name -> "@" + name));
        Arbitrary<String> line = Arbitraries.oneOf(
                user.flatMap(id -> flag.flatMap(on -> expires.map(at -> "user:%s:%s:%s::::::".formatted(id, on, at)))),
                token.flatMap(id -> flag.flatMap(separated -> expires.flatMap(
                        at -> comment.map(text -> "token:%s:%s:%s:%s:".formatted(id, at, separated, text))))),
                group.flatMap(name -> user.list()
                        .ofMaxSize(3)
                        .map(members -> "group:%s:%s:comment:".formatted(name, String.join(",", members)))),
                Arbitraries.of(
                        "pool:a::100,101:x:", "pool:a/b/c::102::", "pool:d::100::", "nonsense", "", "acl", ":::"),
                role.flatMap(name -> privileges.map(held -> "role:%s:%s:".formatted(name, held))),
                path.flatMap(at -> subject.flatMap(who ->
                        role.flatMap(what -> flag.map(below -> "acl:%s:%s:%s:%s:".formatted(below, at, who, what))))));
        return line.list().ofMaxSize(25).map(lines -> String.join("\n", lines));
    }
}
