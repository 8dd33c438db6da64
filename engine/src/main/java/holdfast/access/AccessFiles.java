package holdfast.access;

import holdfast.probe.Probe;
import holdfast.probe.Reading;
import holdfast.probe.Sections;
import holdfast.proxmox.Guest;
import java.time.Duration;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What {@code /etc/pve} says about access, as one member shows it, without a secret: what must not leave the node is cut
 * out there.
 *
 * @param config users, tokens, groups, pools, roles and ACLs
 * @param realms the ways to log in
 * @param factors second factors
 * @param secrets the ids of the tokens that have a secret in {@code priv/token.cfg}
 * @param passwords the users of the realm {@code pve} that have a password, with their realm
 * @param guests all guests of the cluster
 * @param storages the names in {@code storage.cfg}
 * @param webauthn the {@code webauthn} property of {@code datacenter.cfg}, by key; empty where there is none
 * @param digests a SHA-256 of each of the files that members must agree on, by name; of an absent one {@code absent}
 */
public record AccessFiles(
        UserConfig config,
        Map<String, Realm> realms,
        Reading<SecondFactors> factors,
        Reading<SortedSet<String>> secrets,
        Reading<SortedSet<String>> passwords,
        Reading<List<Guest>> guests,
        Reading<SortedSet<String>> storages,
        Reading<Map<String, String>> webauthn,
        Map<String, String> digests) {

    /** The same files with another user.cfg in mind; the digests are those of what was read. */
    public AccessFiles with(UserConfig other) {
        return new AccessFiles(other, realms, factors, secrets, passwords, guests, storages, webauthn, digests);
    }

    /**
     * user.cfg with its last field reduced: very old files hold the seeds of second factors there. Lines of other kinds
     * keep their first word alone, and fields that Proxmox VE does not read are cut off.
     */
    private static final String USERS = """
            users() { LC_ALL=C awk -F: '
            BEGIN { n["user"]=8; n["token"]=5; n["group"]=4; n["pool"]=5; n["role"]=3; n["acl"]=5 }
            { t=$1; gsub(/^[ \\t\\r]+|[ \\t\\r]+$/, "", t)
              if (t == "") { print ""; next }
              if (!(t in n)) { print "?"; next }
              k=""
              if (t == "user") { k=$9; gsub(/[ \\t\\r]/, "", k); k = (k == "" ? "" : (k ~ /^x/ ? "x" : "old")) }
              o=t
              for (i=2; i<=n[t]; i++) o = o ":" $i
              print (t == "user" ? o ":" k ":" : o ":") }' "$1"; }
            """;

    /**
     * Options of a realm that hold no secret; see {@link Realm#TOLD}. An option that somebody wrote without the blanks
     * before it is none for Proxmox VE, and may be the secret one: it stays there.
     */
    private static final String REALMS = """
            realms() { LC_ALL=C awk '
            BEGIN { m=split("%s", w, " "); for (i=1; i<=m; i++) ok[w[i]]=1 }
            /^[ \\t]*#/ { next }
            /^[ \\t]*$/ { print ""; next }
            /^[^ \\t:]+:[ \\t]*[^ \\t]+[ \\t\\r]*$/ { print $1 " " $2; next }
            /^[^ \\t]/ { next }
            $1 == "tfa" { if (match($0, /[ \\t,]type=[a-z0-9]+/)) print "\\ttfa " substr($0, RSTART+1, RLENGTH-1); next }
            ($1 in ok) { print }' "$1"; }
            """.formatted(String.join(" ", Realm.TOLD));

    /**
     * Perl is on every Proxmox VE node, which is written in it; JSON::PP comes with it. Only what is named here is
     * printed. Before Proxmox VE 7 the file had lines {@code user:type:…}.
     */
    private static final String FACTORS = """
            factors() { perl -MJSON::PP -e '
            use strict; use warnings;
            local $/; open(my $f, "<", $ARGV[0]) or die "cannot open tfa.cfg\\n"; my $t = <$f>;
            exit 0 unless defined $t && $t =~ /\\S/;
            my $user = sub { $_[0] =~ /^[^\\s:\\/]{1,60}\\@[A-Za-z][A-Za-z0-9._-]+$/ };
            my $num = sub { my $v = $_[0]; (defined $v && !ref $v && $v =~ /^(\\d{1,15})(\\.\\d*)?$/) ? $1 : 0 };
            if ($t !~ /^\\s*\\{/) {
              for (split /\\n/, $t) {
                my ($u, $type) = split /:/;
                next unless defined $type && $user->($u) && $type =~ /^(u2f|oath|totp|yubico|x)$/;
                print join("\\t", "factor", $u, $type eq "oath" ? "totp" : $type, 1, 0, 1), "\\n";
              }
              exit 0;
            }
            my $c = eval { JSON::PP->new->decode($t) }; die "tfa.cfg is not JSON\\n" unless ref $c eq "HASH";
            my $users = $c->{users} // {}; die "tfa.cfg has no users\\n" unless ref $users eq "HASH";
            for my $u (sort keys %$users) {
              my $d = $users->{$u}; next unless $user->($u) && ref $d eq "HASH";
              print join("\\t", "lock", $u, $d->{"totp-locked"} ? 1 : 0, $num->($d->{"tfa-locked-until"})), "\\n";
              for my $type (qw(totp webauthn yubico u2f)) {
                next unless ref $d->{$type} eq "ARRAY";
                for my $e (@{$d->{$type}}) {
                  next unless ref $e eq "HASH";
                  my $on = (!exists $e->{enable} || $e->{enable}) ? 1 : 0;
                  print join("\\t", "factor", $u, $type, $on, $num->($e->{created}), 1), "\\n";
                }
              }
              my $r = $d->{recovery};
              if (ref $r eq "HASH") {
                my $left = ref $r->{entries} eq "ARRAY" ? scalar(grep { defined $_ } @{$r->{entries}}) : 0;
                print join("\\t", "factor", $u, "recovery", 1, $num->($r->{created}), $left), "\\n";
              }
            }' "$1"; }
            """;

    /** Nothing but ids, and only where a line is what it should be. */
    private static final String NAMES = """
            secrets() { sed -n 's/^\\([^[:space:]:/]\\{1,60\\}@[A-Za-z0-9._-]\\{2,40\\}![A-Za-z][A-Za-z0-9._-]\\{1,100\\}\\) [^[:space:]]*$/\\1/p' "$1"; }
            passwords() { sed -n 's/^\\([^[:space:]:/]\\{1,60\\}\\):\\$.*$/\\1/p' "$1"; }
            storages() { sed -n 's/^[a-z0-9][a-z0-9_-]\\{0,39\\}:[[:space:]]*\\([A-Za-z][A-Za-z0-9._-]\\{0,99\\}\\)[[:space:]]*$/\\1/p' "$1"; }
            webauthn() { sed -n 's/^webauthn:[[:space:]]*//p' "$1"; }
            digest() { if [ -e "/etc/pve/$1" ]; then sha256sum <"/etc/pve/$1" | sed "s|  *-|  $1|"; else echo "absent  $1"; fi; }
            digests() { for f in user.cfg domains.cfg datacenter.cfg; do digest "$f" || return 1; done; }
            reduced() { if [ -e "$3" ]; then section "$1" "$2" "$3"; else printf '#: %s\\n#= 44\\n' "$1"; fi; }
            """;

    /** Milliseconds on a healthy node; a hung pmxcfs holds it up until the limit. */
    public static final Probe<AccessFiles> PROBE = Probe.any(
            "access.files",
            Sections.SHELL + USERS + REALMS + FACTORS + NAMES + """
                    [ -e /etc/pve/local ] || { echo '/etc/pve is not mounted: pve-cluster does not run' >&2; exit 45; }
                    section version dpkg-query -W -f '${Package} ${Version} ${db:Status-Status}\\n' libpve-access-control
                    reduced users users /etc/pve/user.cfg
                    reduced realms realms /etc/pve/domains.cfg
                    reduced factors factors /etc/pve/priv/tfa.cfg
                    reduced secrets secrets /etc/pve/priv/token.cfg
                    reduced passwords passwords /etc/pve/priv/shadow.cfg
                    contents guests /etc/pve/.vmlist
                    reduced storages storages /etc/pve/storage.cfg
                    reduced webauthn webauthn /etc/pve/datacenter.cfg
                    section digests digests
                    """ + Sections.LAST,
            Duration.ofSeconds(8),
            output -> output.ok()
                    ? of(Sections.parse(output.stdout()).finished())
                    : Reading.unknown("/etc/pve: %s", output.complaint()));

    private static final Pattern DIGEST = Pattern.compile("([0-9a-f]{64}|absent)\\s+(\\S+)");

    public AccessFiles {
        realms = Collections.unmodifiableMap(new TreeMap<>(realms));
        digests = Collections.unmodifiableMap(new TreeMap<>(digests));
    }

    static Reading<AccessFiles> of(Sections sections) {
        return sections.text("version")
                .then(version -> sections.file("users")
                        .then(users -> sections.file("realms")
                                .then(realms -> sections.text("digests")
                                        .then(digests -> Reading.known(new AccessFiles(
                                                UserConfig.parse(users.orElse(""), release(version)),
                                                Realm.parse(realms.orElse("")),
                                                sections.file("factors")
                                                        .then(text ->
                                                                understood(() -> SecondFactors.parse(text.orElse("")))),
                                                names(sections, "secrets", ""),
                                                names(sections, "passwords", "@pve"),
                                                sections.text("guests")
                                                        .then(text -> understood(() -> Guest.list(text))),
                                                names(sections, "storages", "").then(AccessFiles::withLocal),
                                                sections.file("webauthn")
                                                        .then(text -> Reading.known(properties(text.orElse("")))),
                                                digests(digests)))))));
    }

    private static Privileges release(String packages) {
        return packages.lines()
                .map(line -> line.strip().split(" "))
                .filter(words ->
                        words.length == 3 && words[0].equals("libpve-access-control") && words[2].equals("installed"))
                .findFirst()
                .map(words -> Privileges.of(words[1]))
                .orElseThrow(() -> new IllegalArgumentException("libpve-access-control is not installed"));
    }

    private static Reading<SortedSet<String>> names(Sections sections, String section, String suffix) {
        return sections.file(section).then(text -> {
            SortedSet<String> names = new TreeSet<>();
            text.orElse("")
                    .lines()
                    .map(String::strip)
                    .filter(line -> !line.isEmpty())
                    .forEach(line -> names.add(line + suffix));
            return Reading.known(names);
        });
    }

    /** The storage {@code local} is there without a section (pve-storage, Storage/Plugin.pm, {@code parse_config}). */
    private static Reading<SortedSet<String>> withLocal(SortedSet<String> storages) {
        SortedSet<String> all = new TreeSet<>(storages);
        all.add("local");
        return Reading.known(all);
    }

    /** A property string such as {@code id=example.com,origin=https://example.com,rp=Example}. */
    private static Map<String, String> properties(String line) {
        Map<String, String> properties = new LinkedHashMap<>();
        for (String part : line.lines().findFirst().orElse("").split(",")) {
            int equals = part.indexOf('=');
            if (equals > 0) {
                properties.put(
                        part.substring(0, equals).strip(),
                        part.substring(equals + 1).strip());
            }
        }
        return properties;
    }

    private static Map<String, String> digests(String text) {
        Map<String, String> digests = new TreeMap<>();
        for (String line : text.split("\n", -1)) {
            Matcher matcher = DIGEST.matcher(line.strip());
            if (matcher.matches()) {
                digests.put(matcher.group(2), matcher.group(1));
            }
        }
        return digests;
    }

    private static <T> Reading<T> understood(java.util.function.Supplier<T> parser) {
        try {
            return Reading.known(parser.get());
        } catch (IllegalArgumentException e) {
            return new Reading.Unknown<>(String.valueOf(e.getMessage()));
        }
    }

    /** When the guest with this number exists, or it cannot be told. */
    public boolean mayHaveGuest(int number) {
        return !(guests instanceof Reading.Known<List<Guest>>(var known))
                || known.stream().anyMatch(guest -> guest.id() == number);
    }

    /** The realm of a name, where there is one. */
    public Optional<Realm> realm(String name) {
        return Optional.ofNullable(realms.get(name));
    }
}
