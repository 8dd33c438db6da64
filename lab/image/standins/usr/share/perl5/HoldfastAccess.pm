package HoldfastAccess;

# Who may do what, for the stand-ins of pveum, pvesh and the API: user.cfg and its companions read, judged and written
# as the genuine programs do (libpve-access-control 8.2 and 9.1). Everything lies below $HOLDFAST_LAB_ROOT, which is
# empty on a node of its own and the private directory of an embedded one. Whatever refuses dies with a line of text,
# or with { code, message, errors, exit } where more is to be said.

use strict;
use warnings;
use Encode ();
use Exporter 'import';
use JSON::PP ();

our @EXPORT_OK = qw(root at release read_cfg write_cfg locked quorate parse_users format_users users save_users tokens
    save_tokens domains save_domains tfa save_tfa permissions roles effective builtin_roles privileges is_privilege
    check check_any split_list user_name token_name normal_path known_path order_paths say_error fail param_error json
    token_verified enabled_user installed);

my $REALM = qr/[A-Za-z][A-Za-z0-9.\-_]+/;
my $USER = qr![^\s:/]+!;

sub root { return $ENV{HOLDFAST_LAB_ROOT} // '' }
sub at { return root() . $_[0] }
sub json { return JSON::PP->new->canonical->utf8->allow_nonref->encode($_[0]) }

sub fail { my ($message, %more) = @_; die { message => $message, %more } }
sub param_error { my (%errors) = @_; fail('Parameter verification failed.', code => 400, errors => \%errors) }

# What a refusal says, on one line.
sub say_error {
    my ($error) = @_;
    my $text = ref $error ? $error->{message} : $error;
    $text =~ s/\n+$//;
    return $text;
}

# --- files of /etc/pve

sub slurp {
    my ($file) = @_;
    open(my $in, '<:raw', $file) or return undef;
    local $/;
    my $text = <$in>;
    return $text // '';
}

# A package's version, or nothing.
sub installed {
    my ($package) = @_;
    my $told = `dpkg-query -W -f '\${Package} \${Version}\n' $package 2>/dev/null` // '';
    return $told =~ /^\Q$package\E (\d\S*)/m ? $1 : undef;
}

# (8, '8.2.3'): what is installed decides which roles and paths exist.
my @release;

sub release {
    return @release if @release;
    my $version = installed('libpve-access-control') // installed('pve-manager');
    $version //= '8.2.3';
    my ($major) = $version =~ /^(\d+)/;
    @release = ($major, $version);
    return @release;
}

sub read_cfg { return slurp(at("/etc/pve/$_[0]")) }

# An embedded node's files are on a disk; its members count their votes elsewhere.
sub quorate {
    if (root() ne '') {
        my $told = slurp(at('/state/quorum')) // return 1;
        return $told =~ /^Quorate: *Yes/m ? 1 : 0;
    }
    my @st = lstat('/etc/pve/local') or return 0;
    return ($st[2] & 0200) ? 1 : 0;
}

# Written beside and moved over it, as Proxmox does. Embedded members each have a copy of what a cluster shares.
sub write_cfg {
    my ($name, $text) = @_;
    for my $top ('', root() eq '' ? () : split /\n/, slurp(at('/state/peers')) // '') {
        my $pve = $top eq '' ? at('/etc/pve') : -d "$top/state/hung" ? "$top/state/hung" : "$top/etc/pve";
        my $file = "$pve/$name";
        my ($new, $private) = ("$file.tmp.$$", $name =~ m{^priv/});
        open(my $out, '>:raw', $new) or fail("unable to open file '$new' - $!\n", exit => $! + 0);
        print $out $text;
        close($out) or fail("unable to write '$new' - $!\n", exit => $! + 0);
        chmod($private ? 0600 : 0640, $new) if root() ne '';
        rename($new, $file) or fail("unable to write '$file' - $!\n", exit => $! + 0);
    }
}

# The lock of a file: without quorum a second goes by for each line on stderr, and then it is refused with EACCES (13).
sub locked {
    my ($name, $failed, $code) = @_;
    (my $id = "file-$name") =~ tr{./}{_};
    my $lock = at("/etc/pve/priv/lock/$id");
    my $patience = slurp(at('/etc/holdfast-lab/lock-patience')) // 10;
    my $pause = $patience / 10;
    my $got;
    mkdir at('/etc/pve/priv/lock');
    for (my $try = 1; ; $try++) {
        # A disk refuses nobody; a cluster file system without quorum does.
        $got = quorate() && mkdir $lock;
        last if $got || $try == 10;
        print STDERR "trying to acquire cfs lock '$id' ...\n";
        select(undef, undef, undef, $pause);
    }
    if (!$got) {
        fail("$failed: cfs-lock '$id' error: no quorum!\n", exit => 13) unless quorate();
        fail("$failed: cfs-lock '$id' error: got lock request timeout\n", exit => 17);
    }
    my $result = eval { $code->() };
    my $error = $@;
    rmdir $lock;
    if ($error) {
        # Refusals of a parameter keep their shape; all others say what failed.
        die $error if ref $error && $error->{errors};
        my $exit = ref $error ? $error->{exit} : undef;
        fail("$failed: " . say_error($error) . "\n", defined $exit ? (exit => $exit) : ());
    }
    return $result;
}

# --- names

sub split_list { return grep { length } split /[,;\0\s]+/, $_[0] // '' }

# (user@realm, user, realm), or nothing.
sub user_name {
    my ($id) = @_;
    return () if !defined $id || length $id < 3 || length $id > 64;
    return $id =~ m/^($USER)\@($REALM)$/ ? ($id, $1, $2) : ();
}

# (user@realm, token), or nothing.
sub token_name {
    my ($id) = @_;
    return ($id // '') =~ m/^($USER\@$REALM)!($REALM)$/ ? ($1, $2) : ();
}

sub group_name { return $_[0] =~ /^[A-Za-z0-9.\-_]+$/ }
sub pool_name { return $_[0] =~ m{^[A-Za-z0-9.\-_]+(?:/[A-Za-z0-9.\-_]+){0,2}$} }

sub normal_path {
    my ($path) = @_;
    return undef unless $path;
    $path =~ s{/+}{/}g;
    $path =~ s{/$}{};
    $path = "/$path" unless $path =~ m{^/};
    return $path =~ m{^[A-Za-z0-9.\-_/]+$} ? $path : undef;
}

# Whether rights can be given there: the list grew with the releases.
sub known_path {
    my ($path) = @_;
    my ($name, $word) = (qr/[A-Za-z0-9.\-_]+/, qr/[A-Za-z0-9]+/);
    my @sdn = qw(dns ipams);
    push @sdn, qw(fabrics prefix-lists route-maps) if (release())[0] >= 9;
    my $sdn = join '|', @sdn;
    return $path =~ m{^(?:/|/access|/access/(?:groups|realm)(?:/$name)?|/(?:nodes|storage)(?:/$name)?|/pool(?:/$name){0,3}
        |/sdn|/sdn/controllers(?:/[A-Za-z0-9_\-]+)?|/sdn/(?:$sdn)(?:/$word)?
        |/sdn/zones(?:/$name(?:/$name(?:/[1-9][0-9]{0,3})?)?)?|/vms(?:/[1-9][0-9]{2,})?|/mapping(?:/$name){0,2})$}x;
}

# As a walk over the tree meets them: a path before what is below it, neighbours by name.
sub order_paths { return map { $_->[1] } sort { $a->[0] cmp $b->[0] } map { my $p = $_; [ join("\0", split m{/}, $p eq '/' ? '' : $p), $p ] } @_ }

# --- roles

my %SORTED = (
    VM => [
        [],
        [qw(VM.Config.Disk VM.Config.CPU VM.Config.Memory VM.Config.Network VM.Config.HWType VM.Config.Options VM.Allocate VM.Clone VM.Migrate VM.Snapshot VM.Snapshot.Rollback)],
        [qw(VM.Config.CDROM VM.Config.Cloudinit VM.Console VM.Backup VM.PowerMgmt)],
        [qw(VM.Audit)],
    ],
    Sys => [ [qw(Sys.PowerMgmt Sys.Modify Sys.Incoming Sys.AccessNetwork)], [qw(Sys.Console Sys.Syslog)], [], [qw(Sys.Audit)] ],
    Datastore => [ [], [qw(Datastore.Allocate Datastore.AllocateTemplate)], [qw(Datastore.AllocateSpace)], [qw(Datastore.Audit)] ],
    SDN => [ [], [qw(SDN.Allocate)], [qw(SDN.Use)], [qw(SDN.Audit)] ],
    User => [ [qw(Realm.Allocate)], [qw(User.Modify Group.Allocate Realm.AllocateUser)], [], [] ],
    Pool => [ [], [qw(Pool.Allocate)], [qw(Pool.Audit)], [qw(Pool.Audit)] ],
    Mapping => [ [], [qw(Mapping.Modify)], [qw(Mapping.Use)], [qw(Mapping.Audit)] ],
);
my %NEWER = (
    VM => [ [], [qw(VM.GuestAgent.Unrestricted VM.Replicate)], [qw(VM.GuestAgent.FileRead VM.GuestAgent.FileSystemMgmt VM.GuestAgent.FileWrite)], [qw(VM.GuestAgent.Audit)] ],
);
my %OLDER = (VM => [ [], [qw(VM.Monitor)], [], [] ]);
my $builtin;

# The roles that no file holds, by name: { privilege => 1 }.
sub builtin_roles {
    return $builtin if $builtin;
    my $more = (release())[0] >= 9 ? \%NEWER : \%OLDER;
    my %role = (NoAccess => {}, Administrator => { 'Permissions.Modify' => 1 }, PVETemplateUser => { 'VM.Clone' => 1, 'VM.Audit' => 1 });
    for my $area (keys %SORTED) {
        my ($top, $admin, $user, $audit) = map { [ @{ $SORTED{$area}[$_] }, @{ $more->{$area}[$_] // [] } ] } 0 .. 3;
        $role{Administrator}{$_} = 1 for @$top, @$admin, @$user, @$audit;
        for my $privilege (@$admin, @$user, @$audit) {
            $role{"PVE${area}Admin"}{$privilege} = 1;
            # Handing hardware to guests is left to the few.
            $role{PVEAdmin}{$privilege} = 1 unless $privilege eq 'Mapping.Modify';
        }
        if (@$user) { $role{"PVE${area}User"}{$_} = 1 for @$user, @$audit }
        $role{PVEAuditor}{$_} = 1 for @$audit;
    }
    $builtin = \%role;
    return $builtin;
}

sub privileges { return sort keys %{ builtin_roles()->{Administrator} } }
sub is_privilege { return exists builtin_roles()->{Administrator}{ $_[0] } }

# --- user.cfg

sub decode {
    my ($text) = @_;
    $text =~ s/%([0-9A-Fa-f]{2})/chr(hex $1)/ge;
    return Encode::decode('UTF-8', $text);
}

sub encode {
    my ($text) = @_;
    my $bytes = Encode::encode('UTF-8', $text);
    $bytes =~ s/([^\x20-\x24\x26-\x39\x3b-\x7e])/sprintf '%%%02X', ord $1/ge;
    return $bytes;
}

# { users, groups, pools, roles, acl => { path => { users|groups|tokens => { id => { role => propagate } } } }, vms };
# what is not valid is dropped with a line on stderr, and the rest stays.
sub parse_users {
    my ($text, $warn) = @_;
    $warn //= sub { print STDERR "user config - $_[0]\n" };
    my $cfg = { users => { 'root@pam' => { enable => 1 } }, groups => {}, pools => {}, acl => {}, vms => {},
        roles => { map { ($_ => builtin_roles()->{$_}) } keys %{ builtin_roles() } } };
    my %record = (user => \&user_record, token => \&token_record, group => \&group_record, pool => \&pool_record, role => \&role_record, acl => \&acl_record);
    for my $line (split /\n/, $text // '') {
        $line =~ s/^\s+|\s+$//g;
        next if $line eq '';
        my ($kind, @field) = map { s/^\s+|\s+$//gr } split /:/, $line;
        my $read = $record{ $kind // '' };
        if ($read) { $read->($cfg, $warn, @field) }
        else { $warn->("ignore config line: $line") }
    }
    return $cfg;
}

sub moment {
    my ($expire) = @_;
    return 0 unless $expire;
    return $expire =~ /^\d+$/ ? int $expire : undef;
}

sub user_record {
    my ($cfg, $warn, $id, $enable, $expire, $first, $last, $email, $comment, $keys) = @_;
    return $warn->("ignore user '" . ($id // '') . "' - invalid user name") unless user_name($id);
    my $until = moment($expire) // return $warn->("ignore user '$id' - (illegal characters in expire '$expire')");
    my $user = { enable => $enable ? 1 : 0, expire => $until, email => $email };
    $user->{firstname} = decode($first) if $first;
    $user->{lastname} = decode($last) if $last;
    $user->{comment} = decode($comment) if $comment;
    $user->{keys} = $keys if $keys;
    $cfg->{users}{$id} = $user;
}

sub token_record {
    my ($cfg, $warn, $id, $expire, $privsep, $comment) = @_;
    my ($user, $token) = token_name($id);
    return $warn->("ignore invalid tokenid '" . ($id // '') . "'") unless defined $token;
    my $until = moment($expire) // return $warn->("ignore token '$id' - (illegal characters in expire '$expire')");
    my $owner = $cfg->{users}{$user} // return $warn->("ignore token '$id' - user does not exist");
    $owner->{tokens}{$token} = { privsep => $privsep ? 1 : 0, expire => $until, $comment ? (comment => decode($comment)) : () };
}

sub group_record {
    my ($cfg, $warn, $id, $members, $comment) = @_;
    return $warn->("ignore group '" . ($id // '') . "' - invalid characters in group name") unless defined $id && group_name($id);
    my $group = $cfg->{groups}{$id} //= { users => {} };
    $group->{comment} = decode($comment) if $comment;
    for my $member (split_list($members)) {
        if (!user_name($member)) { $warn->("ignore invalid group member '$member'"); next }
        # A member that does not exist stays in the list all the same.
        if ($cfg->{users}{$member}) { $cfg->{users}{$member}{groups}{$id} = 1 }
        else { $warn->("ignore invalid group member '$member'") }
        $group->{users}{$member} = 1;
    }
}

sub pool_record {
    my ($cfg, $warn, $id, $comment, $guests, $stores) = @_;
    return $warn->("ignore pool '" . ($id // '') . "' - invalid characters in pool name") unless defined $id && pool_name($id);
    # Pools above it exist with it.
    for (my $above = $id; ; ) {
        $cfg->{pools}{$above} //= { vms => {}, storage => {} };
        last unless $above =~ s{/[^/]+$}{};
    }
    my $pool = $cfg->{pools}{$id};
    $pool->{comment} = decode($comment) if $comment;
    for my $guest (split_list($guests)) {
        if ($guest !~ /^\d+$/) { $warn->("ignore invalid vmid '$guest' in pool '$id'"); next }
        $guest = int $guest;
        if ($cfg->{vms}{$guest}) { $warn->("ignore duplicate vmid '$guest' in pool '$id'"); next }
        $pool->{vms}{$guest} = 1;
        $cfg->{vms}{$guest} = $id;
    }
    for my $store (split_list($stores)) {
        if ($store =~ /^[a-z][a-z0-9\-_.]*[a-z0-9]$/i) { $pool->{storage}{$store} = 1 }
        else { $warn->("ignore invalid storage '$store' in pool '$id'") }
    }
}

sub role_record {
    my ($cfg, $warn, $id, $list) = @_;
    return $warn->("ignore role '" . ($id // '') . "' - invalid characters in role name") unless defined $id && group_name($id);
    # Those that are built in are nobody's to change.
    my $role = builtin_roles()->{$id} ? {} : ($cfg->{roles}{$id} //= {});
    for my $privilege (split_list($list)) {
        if (is_privilege($privilege)) { $role->{$privilege} = 1 }
        else { $warn->("ignore invalid privilege '$privilege'") }
    }
}

sub acl_record {
    my ($cfg, $warn, $propagate, $where, $subjects, $list) = @_;
    my $path = normal_path($where) // return $warn->("ignore invalid path in acl '" . ($where // '') . "'");
    $propagate = $propagate ? 1 : 0;
    for my $role (split_list($list)) {
        if (!group_name($role)) { $warn->("ignore invalid role name '$role' in acl"); next }
        if (!$cfg->{roles}{$role}) { $warn->("ignore invalid acl role '$role'"); next }
        for my $subject (split_list($subjects)) {
            if ($subject =~ /^@(\S+)$/ && group_name($1)) {
                my $group = $1;
                $warn->("ignore invalid acl group '$group'") unless $cfg->{groups}{$group};
                $cfg->{acl}{$path}{groups}{$group}{$role} = $propagate;
            } elsif (user_name($subject)) {
                $warn->("ignore invalid acl member '$subject'") unless $cfg->{users}{$subject};
                $cfg->{acl}{$path}{users}{$subject}{$role} = $propagate;
            } else {
                # Other than for users and groups, the entry of a token that is gone does not survive; and whatever is
                # neither is taken for a token.
                my ($user, $token) = token_name($subject);
                if (defined $token && $cfg->{users}{$user} && $cfg->{users}{$user}{tokens}{$token}) { $cfg->{acl}{$path}{tokens}{$subject}{$role} = $propagate }
                else { $warn->("ignore invalid acl token '$subject'") }
            }
        }
    }
}

sub format_users {
    my ($cfg) = @_;
    my $text = '';
    my $encoded = sub { defined $_[0] && $_[0] ne '' ? encode($_[0]) : '' };
    for my $id (sort keys %{ $cfg->{users} }) {
        my $user = $cfg->{users}{$id};
        $text .= join(':', 'user', $id, $user->{enable} ? 1 : 0, int($user->{expire} || 0), $encoded->($user->{firstname}), $encoded->($user->{lastname}),
            Encode::encode('UTF-8', $user->{email} || ''), $encoded->($user->{comment}), $user->{keys} || '') . ":\n";
        for my $name (sort keys %{ $user->{tokens} // {} }) {
            my $token = $user->{tokens}{$name};
            $text .= join(':', 'token', "$id!$name", int($token->{expire} || 0), $token->{privsep} ? 1 : 0, $encoded->($token->{comment})) . ":\n";
        }
    }
    $text .= "\n";
    for my $id (sort keys %{ $cfg->{groups} }) {
        my $group = $cfg->{groups}{$id};
        $text .= "group:$id:" . join(',', sort keys %{ $group->{users} }) . ':' . $encoded->($group->{comment}) . ":\n";
    }
    $text .= "\n";
    for my $id (sort keys %{ $cfg->{pools} }) {
        my $pool = $cfg->{pools}{$id};
        $text .= "pool:$id:" . $encoded->($pool->{comment}) . ':' . join(',', sort keys %{ $pool->{vms} }) . ':' . join(',', sort keys %{ $pool->{storage} }) . ":\n";
    }
    $text .= "\n";
    for my $id (sort keys %{ $cfg->{roles} }) {
        next if builtin_roles()->{$id};
        $text .= "role:$id:" . join(',', sort keys %{ $cfg->{roles}{$id} }) . ":\n";
    }
    $text .= "\n";
    for my $path (order_paths(keys %{ $cfg->{acl} })) {
        my %line;
        for my $kind ([ 'groups', '@' ], [ 'users', '' ], [ 'tokens', '' ]) {
            my $entries = $cfg->{acl}{$path}{ $kind->[0] } // {};
            for my $id (keys %$entries) {
                # What root@pam may do is never written down.
                next if $kind->[0] eq 'users' && $id eq 'root@pam';
                for my $propagate (0, 1) {
                    my $list = join ',', grep { $entries->{$id}{$_} == $propagate } sort keys %{ $entries->{$id} };
                    $line{$propagate}{$list}{ $kind->[1] . $id } = 1 if $list ne '';
                }
            }
        }
        for my $propagate (0, 1) {
            for my $list (sort keys %{ $line{$propagate} // {} }) {
                $text .= "acl:$propagate:$path:" . join(',', sort keys %{ $line{$propagate}{$list} }) . ":$list:\n";
            }
        }
    }
    return $text;
}

sub users { return parse_users(read_cfg('user.cfg'), @_) }
sub save_users { write_cfg('user.cfg', format_users($_[0])) }

# --- secrets

sub tokens {
    my %secret = map { /^(\S+) (\S+)$/ ? ($1 => $2) : () } split /\n/, read_cfg('priv/token.cfg') // '';
    return \%secret;
}

sub save_tokens { my ($secret) = @_; write_cfg('priv/token.cfg', join '', map { "$_ $secret->{$_}\n" } sort keys %$secret) }

# --- realms

# ([ realms in their order ], { realm => { type, key => value } })
sub domains {
    my (@order, %realm, $at);
    for my $line (split /\n/, read_cfg('domains.cfg') // '') {
        if ($line =~ /^\s*#/) { next }
        elsif ($line =~ /^\s*$/) { $at = undef }
        elsif ($line =~ /^(\S+):\s*(\S+)\s*$/) {
            $at = $realm{$2} = { type => $1 };
            push @order, $2;
        } elsif ($at && $line =~ /^\s+(\S+)(?:\s+(.*?))?\s*$/) {
            $at->{$1} = $1 eq 'comment' ? decode($2 // '') : $2 // 1;
        }
    }
    # Two exist whatever the file says.
    for my $own ([ 'pve', 'Proxmox VE authentication server' ], [ 'pam', 'Linux PAM standard authentication' ]) {
        next if $realm{ $own->[0] };
        $realm{ $own->[0] } = { type => $own->[0], comment => $own->[1] };
        push @order, $own->[0];
    }
    return (\@order, \%realm);
}

sub save_domains {
    my ($order, $realm) = @_;
    my $text = '';
    for my $id (@$order) {
        my $d = $realm->{$id} // next;
        $text .= "$d->{type}: $id\n";
        $text .= "\t$_ " . ($_ eq 'comment' ? encode($d->{$_}) : $d->{$_}) . "\n" for grep { $_ ne 'type' } sort keys %$d;
        $text .= "\n";
    }
    write_cfg('domains.cfg', $text);
}

# --- second factors

sub tfa {
    my $text = read_cfg('priv/tfa.cfg');
    return { users => {} } unless defined $text && $text =~ /\S/;
    my $cfg = eval { JSON::PP->new->utf8->decode($text) } // fail("failed to parse TFA configuration\n");
    $cfg->{users} //= {};
    return $cfg;
}

sub save_tfa { write_cfg('priv/tfa.cfg', json($_[0])) }

# --- rights

# { role => propagate } that a user or token has on a path, without pools and without what its owner lacks.
sub roles {
    my ($cfg, $id, $path) = @_;
    if (my ($owner, $token) = token_name($id)) {
        my $info = $cfg->{users}{$owner} && $cfg->{users}{$owner}{tokens}{$token} or return {};
        return roles($cfg, $owner, $path) unless $info->{privsep};
    }
    my @step = grep { length } split m{/}, $path;
    my ($found, $here) = ({}, '');
    for my $depth (0 .. @step) {
        my $final = $depth == @step;
        my $node = $cfg->{acl}{ $here eq '' ? '/' : $here } // {};
        my $given = sub {
            my ($entry) = @_;
            return { map { ($_ => $entry->{$_}) } grep { $final || $entry->{$_} } keys %{ $entry // {} } };
        };
        my $new = $given->($node->{tokens}{$id});
        $new = $given->($node->{users}{$id}) unless %$new;
        if (!%$new) {
            for my $group (sort keys %{ $node->{groups} // {} }) {
                next unless $cfg->{groups}{$group} && $cfg->{groups}{$group}{users}{$id};
                $new = { %$new, %{ $given->($node->{groups}{$group}) } };
            }
        }
        # What is said further down takes the place of all that was said above.
        $found = $new if %$new;
        $here .= "/$step[$depth]" unless $final;
    }
    return exists $found->{NoAccess} ? { NoAccess => $found->{NoAccess} } : $found;
}

# { privilege => propagate }
sub permissions {
    my ($cfg, $id, $path) = @_;
    return { map { ($_ => 1) } privileges() } if $id eq 'root@pam';
    my ($owner, $token) = token_name($id);
    my $owners;
    if (defined $owner) {
        my $info = $cfg->{users}{$owner} && $cfg->{users}{$owner}{tokens}{$token} or return {};
        $owners = permissions($cfg, $owner, $path);
        return $owners unless $info->{privsep};
    } elsif (!user_name($id)) {
        return {};
    }
    my %role = %{ roles($cfg, $id, $path) };
    my %pool;
    if ($path =~ m{^/(vms|storage)/([^/]+)$}) {
        my ($kind, $member) = ($1, $2);
        for my $name (keys %{ $cfg->{pools} }) {
            $pool{$_} = 1 for $cfg->{pools}{$name}{$kind}{$member} ? keys %{ roles($cfg, $id, "/pool/$name") } : ();
        }
    }
    if (%pool && !exists $role{NoAccess}) {
        if ($pool{NoAccess}) { %role = (NoAccess => 0) }
        else { $role{$_} //= 0 for keys %pool }
    }
    my %privilege;
    for my $name (keys %role) {
        $privilege{$_} ||= $role{$name} for keys %{ $cfg->{roles}{$name} // {} };
    }
    return \%privilege if !$owners || $owner eq 'root@pam';
    return { map { ($_ => $owners->{$_} && $privilege{$_} ? 1 : 0) } grep { defined $owners->{$_} } keys %privilege };
}

# { path => { privilege => propagate } } for every path that somebody named, without those where nothing is allowed.
sub effective {
    my ($cfg, $id) = @_;
    my %path = map { ($_ => 1) } qw(/ /access /access/groups /nodes /pool /sdn /storage /vms);
    for my $acl (keys %{ $cfg->{acl} }) {
        for (my $above = $acl; $above ne ''; $above =~ s{/[^/]*$}{}) { $path{$above} = 1 }
    }
    for my $pool (values %{ $cfg->{pools} }) {
        $path{"/vms/$_"} = 1 for keys %{ $pool->{vms} };
        $path{"/storage/$_"} = 1 for keys %{ $pool->{storage} };
    }
    my %all;
    for my $path (keys %path) {
        my $has = permissions($cfg, $id, $path);
        $all{$path} = $has if %$has;
    }
    return \%all;
}

sub refused { my ($what) = @_; fail("Permission check failed" . (defined $what ? " ($what)" : '') . "\n", code => 403) }

# Every one of the privileges.
sub check {
    my ($cfg, $id, $path, $privileges, $quiet) = @_;
    my $has = permissions($cfg, $id, $path);
    for my $privilege (@$privileges) {
        next if defined $has->{$privilege};
        return 0 if $quiet;
        refused("$path, $privilege");
    }
    return 1;
}

# One of the privileges.
sub check_any {
    my ($cfg, $id, $path, $privileges, $quiet) = @_;
    my $has = permissions($cfg, $id, $path);
    return 1 if grep { defined $has->{$_} } @$privileges;
    return 0 if $quiet;
    refused("$path, " . join '|', @$privileges);
}

# --- who is it

sub enabled_user {
    my ($cfg, $id) = @_;
    my $user = user_name($id) ? $cfg->{users}{$id} : fail("value '$id' does not look like a valid user name\n");
    fail("no such user ('$id')\n") unless $user;
    fail("user '$id' is disabled\n") unless $user->{enable};
    fail("user '$id' access expired\n") if $user->{expire} && $user->{expire} < time;
    return $user;
}

# The id of a token that came as ID=SECRET.
sub token_verified {
    my ($cfg, $given) = @_;
    fail("no tokenid specified\n") unless $given =~ /^(.*)=(.*)$/;
    my ($id, $secret) = ($1, $2);
    my ($owner, $name) = token_name($id);
    fail("'$id' is not a valid token ID - not able to split into user and token parts\n") unless defined $name;
    my $user = enabled_user($cfg, $owner);
    my $token = $user->{tokens}{$name} // fail("no such token '$name' for user '$owner'\n");
    fail("token '$name' access expired\n") if $token->{expire} && $token->{expire} < time;
    fail("invalid token value!\n") unless (tokens()->{$id} // '') eq $secret && $secret ne '';
    return $id;
}

1;
