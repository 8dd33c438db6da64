package HoldfastNodeApi;

# The API of a practice node beyond HoldfastAccessApi: version, nodes, cluster, guests as files, and tasks that are
# written down; tickets; who it is that asks; and how pveproxy is asked and answers. On a node of its own this is behind
# pveproxy, pvedaemon (as root) and pvesh; an embedded one has $HOLDFAST_LAB_ROOT and no daemons.

use strict;
use warnings;
use Digest::SHA qw(hmac_sha256_base64 sha1_hex);
use Encode ();
use HoldfastAccess qw(enabled_user token_verified check check_any effective fail say_error user_name tfa at root installed quorate);
use HoldfastAccessApi qw(cfg password_right);
use HoldfastLab qw(slurp spew address_of certificates);
use JSON::PP ();
use POSIX ();
use Sys::Syslog ();

my @ROUTE;

sub node_name {
    return HoldfastLab::nodename() if root() eq '';
    my $name = slurp(at('/state/hostname'));
    chomp $name;
    return $name;
}

sub member_list { return JSON::PP->new->decode(slurp(at('/etc/pve/.members')) // '{}') }
sub version { my $version = installed('pve-manager') // '8.4.21'; return ($version, $version =~ /^9/ ? '14a22df35955d97d' : '2606ac850d46da29') }

# Nothing in the place of who may: whoever is logged in.
sub route { my ($verb, $pattern, $may, $code) = @_; push @ROUTE, [ $verb, qr/^$pattern$/, $may, $code ] }

sub needs {
    my ($path, $privilege) = @_;
    return sub { my ($cfg, $auth, @part) = @_; (my $at = $path) =~ s/\{(\d)\}/$part[$1]/g; check($cfg, $auth, $at, [$privilege]) };
}

sub options {
    my ($file) = @_;
    my $text = slurp(at($file)) // '';
    my %set;
    my $on = 0;
    for (split /\n/, $text) {
        $on = /^\[options\]/i if /^\[/;
        $set{$1} = $2 =~ /^\d+$/ ? $2 + 0 : $2 if $on && /^(\w+):\s*(\S+)/;
    }
    return { %set, digest => sha1_hex($text) };
}

route('GET', '/version', undef, sub {
    my ($version, $repoid) = version();
    my ($release) = $version =~ /^(\d+\.\d+)/;
    return { release => $release, repoid => $repoid, version => $version };
});

route('GET', '/cluster/status', needs('/', 'Sys.Audit'), sub {
    my $m = member_list();
    my $cluster = $m->{cluster};
    my $node = node_name();
    my $row = sub {
        my ($name, $member) = @_;
        return { id => "node/$name", ip => $member->{ip}, level => '', local => $name eq $node ? 1 : 0, name => $name,
            nodeid => $member->{id}, online => $member->{online}, type => 'node' };
    };
    return [ $row->($node, { ip => address_of($node), id => 0, online => 1 }) ] unless $cluster;
    return [ { id => 'cluster', name => $cluster->{name}, nodes => $cluster->{nodes}, quorate => $cluster->{quorate}, type => 'cluster', version => $cluster->{version} },
        map { $row->($_, $m->{nodelist}{$_}) } sort keys %{ $m->{nodelist} } ];
});

sub all_nodes { my $list = member_list()->{nodelist} // { node_name() => { online => 1 } }; return map { [ $_, $list->{$_}{online} ] } sort keys %$list }

route('GET', '/nodes', undef, sub { [ map { { id => "node/$_->[0]", node => $_->[0], status => $_->[1] ? 'online' : 'offline', type => 'node' } } all_nodes() ] });

# [ { vmid, node, type, name } ], from the files below /etc/pve/nodes.
sub guests {
    my @found;
    for my $file (glob at('/etc/pve/nodes/*/{qemu-server,lxc}/*.conf')) {
        my ($node, $kind, $id) = $file =~ m{/nodes/([^/]+)/([^/]+)/(\d+)\.conf$} or next;
        my ($name) = (slurp($file) // '') =~ /^(?:name|hostname): (\S+)/m;
        push @found, { vmid => $id + 0, node => $node, type => $kind eq 'lxc' ? 'lxc' : 'qemu', name => $name };
    }
    return sort { $a->{vmid} <=> $b->{vmid} } @found;
}

route('GET', '/cluster/resources', undef, sub {
    my ($auth, $cfg, $p) = @_;
    my @rows = map { { id => "node/$_->[0]", node => $_->[0], status => $_->[1] ? 'online' : 'offline', type => 'node' } } all_nodes();
    for my $guest (guests()) {
        next unless check($cfg, $auth, "/vms/$guest->{vmid}", ['VM.Audit'], 1);
        my $pool = $cfg->{vms}{ $guest->{vmid} };
        push @rows, { %$guest, id => "$guest->{type}/$guest->{vmid}", status => 'stopped', template => 0, defined $pool ? (pool => $pool) : () };
    }
    for my $pool (sort keys %{ $cfg->{pools} }) {
        push @rows, { id => "/pool/$pool", pool => $pool, type => 'pool' } if check($cfg, $auth, "/pool/$pool", ['Pool.Audit'], 1);
    }
    return [ grep { !defined $p->{type} || $p->{type} eq ($_->{type} =~ /^(?:qemu|lxc)$/ ? 'vm' : $_->{type}) } @rows ];
});

my $NODE = '/nodes/([^/]+)';

route('GET', "$NODE/version", undef, sub { my (undef, $data) = call('GET', '/version', {}, 'root@pam'); return $data });

route('GET', "$NODE/status", needs('/nodes/{0}', 'Sys.Audit'), sub {
    my ($up) = split / /, slurp('/proc/uptime');
    my ($version) = version();
    return { pveversion => "pve-manager/$version", uptime => int $up, loadavg => [ (split / /, slurp('/proc/loadavg'))[ 0 .. 2 ] ] };
});

route('GET', "$NODE/firewall/options", needs('/nodes/{0}', 'Sys.Audit'), sub { options('/etc/pve/local/host.fw') });
route('GET', "$NODE/certificates/info", undef, sub { certificates() });
route('GET', '/cluster/firewall/options', needs('/', 'Sys.Audit'), sub { options('/etc/pve/firewall/cluster.fw') });

route('GET', "$NODE/(qemu|lxc)", undef, sub {
    my ($auth, $cfg, undef, $node, $type) = @_;
    return [ map { { vmid => $_->{vmid}, name => $_->{name}, status => 'stopped' } }
        grep { $_->{node} eq $node && $_->{type} eq $type && check($cfg, $auth, "/vms/$_->{vmid}", ['VM.Audit'], 1) } guests() ];
});

sub guest_file {
    my ($node, $type, $id) = @_;
    my $at = "nodes/$node/" . ($type eq 'lxc' ? 'lxc' : 'qemu-server') . "/$id.conf";
    return slurp(at("/etc/pve/$at")) // fail("Configuration file '$at' does not exist\n");
}

route('GET', "$NODE/(qemu|lxc)/(\\d+)/config", needs('/vms/{2}', 'VM.Audit'), sub {
    my (undef, undef, undef, @which) = @_;
    my $text = guest_file(@which);
    return { (map { /^(\w+): (.*)$/ ? ($1 => $2) : () } split /\n/, $text), digest => sha1_hex($text) };
});

route('GET', "$NODE/(qemu|lxc)/(\\d+)/status/current", needs('/vms/{2}', 'VM.Audit'), sub {
    my (undef, undef, undef, @which) = @_;
    guest_file(@which);
    return { status => 'stopped', vmid => $which[2] + 0, ha => { managed => 0 } };
});

route('POST', "$NODE/(qemu|lxc)/(\\d+)/status/(start|stop|shutdown|reboot|reset|suspend|resume)", needs('/vms/{2}', 'VM.PowerMgmt'), sub {
    my ($auth, undef, undef, $node, $type, $id, $what) = @_;
    fail("cluster not ready - no quorum?\n") unless quorate();
    guest_file($node, $type, $id);
    return task($node, ($type eq 'lxc' ? 'vz' : 'qm') . $what, $id, $auth);
});

route('GET', "$NODE/tasks", undef, sub {
    my ($auth, $cfg, undef, $node) = @_;
    my $all = check($cfg, $auth, "/nodes/$node", ['Sys.Audit'], 1);
    my @rows;
    for my $line (reverse split /\n/, slurp(at('/var/log/pve/tasks/index')) // '') {
        my ($upid, $end, $status) = split / /, $line, 3;
        my (undef, $at, $pid, $pstart, $start, $type, $id, $user) = split /:/, $upid;
        my ($owner) = split /!/, $user;
        next unless $all || $auth eq $user || $auth eq $owner;
        push @rows, { upid => $upid, node => $at, pid => hex $pid, pstart => hex $pstart, starttime => hex $start, type => $type, id => $id, user => $owner,
            $user =~ /!(.*)/ ? (tokenid => $1) : (), endtime => hex $end, status => $status };
    }
    return \@rows;
});

# --- tasks

sub note {
    my ($as, $level, $text) = @_;
    if (root() ne '') {
        # The journal of the machine underneath is nobody's here.
        open(my $journal, '>>', at('/state/journal')) or return;
        print $journal "$as\[$$]: $text\n";
        return;
    }
    Sys::Syslog::openlog($as, 'pid', 'daemon');
    Sys::Syslog::syslog($level, '%s', $text);
    Sys::Syslog::closelog();
}

# A guest is a file: nothing starts, but the task is in the journal, in its own log and in the index of those that ended.
sub task {
    my ($node, $type, $id, $auth) = @_;
    my ($start, $logs) = (time, at('/var/log/pve/tasks'));
    my ($after) = slurp("/proc/$$/stat") =~ /^.*\)\s+(.*)$/s;
    my $upid = sprintf 'UPID:%s:%08X:%08X:%08X:%s:%s:%s:', $node, $$, (split / /, $after)[19], $start, $type, $id, $auth;
    my $folder = "$logs/" . substr sprintf('%X', $start), -1;
    mkdir $_ for at('/var/log'), at('/var/log/pve'), $logs, $folder;
    note('pvedaemon', 'info', "<$auth> starting task $upid");
    spew("$folder/$upid", "TASK OK\n");
    open(my $index, '>>', "$logs/index") or fail("$logs/index: $!\n");
    flock($index, 2);
    print $index sprintf("%s %08X OK\n", $upid, time);
    close $index;
    note('pvedaemon', 'info', "<$auth> end task $upid OK");
    return $upid;
}

# --- tickets

# A ticket is signed by the cluster, so every member takes it; two hours.
sub secret {
    my $key = slurp(at('/etc/pve/priv/authkey.key'));
    return $key if defined $key && $key ne '';
    open(my $in, '<:raw', '/dev/urandom') or fail("no randomness: $!\n");
    read($in, my $bytes, 24);
    $key = 'PLANTED-SECRET-authkey-' . unpack('H*', $bytes) . "\n";
    HoldfastAccess::write_cfg('priv/authkey.key', $key);
    return $key;
}

sub ticket { my ($kind, $id) = @_; my $plain = sprintf 'PVE:%s%s:%08X', $kind, $id, time; return "$plain\::" . hmac_sha256_base64($plain, secret()) }

sub ticket_user {
    my ($ticket) = @_;
    return undef unless $ticket =~ /^(PVE:([^:]+):([0-9A-F]{8}))::(.+)$/;
    my ($plain, $id, $when, $signed) = ($1, $2, $3, $4);
    return undef if $id =~ /^!tfa!/ || $signed ne hmac_sha256_base64($plain, secret());
    my $age = time - hex $when;
    return $age > -300 && $age < 7200 ? $id : undef;
}

sub csrf_token { my ($id) = @_; my $now = sprintf '%08X', time; return "$now:" . hmac_sha256_base64("$now:$id", secret()) }

sub csrf_right {
    my ($given, $id) = @_;
    my ($now, $signed) = ($given // '') =~ /^([0-9A-F]{8}):(.+)$/ or return 0;
    return $signed eq hmac_sha256_base64("$now:$id", secret()) && time - hex($now) < 7200;
}

sub has_second_factor {
    my ($id) = @_;
    my $user = tfa()->{users}{$id} // return 0;
    for my $type (qw(totp u2f webauthn yubico)) {
        return 1 if grep { !exists $_->{enable} || $_->{enable} } @{ $user->{$type} // [] };
    }
    return $user->{recovery} ? 1 : 0;
}

sub log_in {
    my ($p, $rhost) = @_;
    my $id = $p->{username} // '';
    $id .= "\@$p->{realm}" if defined $p->{realm} && $id !~ /\@\Q$p->{realm}\E$/;
    my $done = eval {
        my ($known, $name, $realm) = user_name($id);
        fail("value '$id' does not look like a valid user name\n") unless $known;
        enabled_user(cfg(), $id);
        # A valid ticket in the place of the password makes a new one.
        fail($realm eq 'pam' ? "Authentication failure\n" : "invalid credentials\n")
            unless password_right($name, $realm, $p->{password} // '') || (ticket_user($p->{password} // '') // '') eq $id;
        1;
    };
    if (!$done) {
        note('pvedaemon', 'err', "authentication failure; rhost=$rhost user=$id msg=" . say_error($@));
        fail("authentication failure\n", code => 401);
    }
    note('pvedaemon', 'info', "<root\@pam> successful auth for user '$id'");
    return { username => $id, ticket => ticket('!tfa!', $id), CSRFPreventionToken => csrf_token($id), NeedTFA => 1 } if has_second_factor($id);
    my $cfg = cfg();
    my $name = (member_list()->{cluster} // {})->{name};
    return { username => $id, ticket => ticket('', $id), CSRFPreventionToken => csrf_token($id), cap => capabilities($cfg, $id),
        defined $name && check($cfg, $id, '/', ['Sys.Audit'], 1) ? (clustername => $name) : () };
}

sub capabilities {
    my ($cfg, $id) = @_;
    my %cap = map { ($_ => {}) } qw(vms access storage nodes sdn dc mapping);
    my $all = effective($cfg, $id);
    for my $path (keys %$all) {
        my ($top) = $path =~ m{^/(\w+)};
        $cap{ $top // 'dc' }{$_} = 1 for keys %{ $all->{$path} };
    }
    return \%cap;
}

# --- calls

# (1, data), or nothing where there is no such path.
sub call {
    my ($verb, $path, $given, $auth) = @_;
    my @done = HoldfastAccessApi::call($verb, $path, $given, $auth);
    return @done if @done;
    for my $route (@ROUTE) {
        my ($wanted, $pattern, $may, $code) = @$route;
        next unless $wanted eq $verb;
        my @part = $path =~ $pattern or next;
        # A pattern without groups matches as a 1.
        @part = () unless $#+;
        $part[0] = node_name() if @part && $part[0] eq 'localhost';
        my $cfg = cfg();
        $may->($cfg, $auth, @part) if $may && $auth ne 'root@pam';
        return (1, $code->($auth, $cfg, $given, @part));
    }
    return ();
}

# What one request comes to: { status, reason, user, body, log }. A token's failure is logged by whom it was shown to.
sub served {
    my ($q) = @_;
    $HoldfastAccessApi::quiet = 1;
    my %answer;
    my $done = eval {
        my $auth;
        if (defined $q->{token}) {
            $auth = eval { token_verified(cfg(), $q->{token}) };
            if (!defined $auth) {
                $answer{log} = 'authentication failure: ' . say_error($@);
                fail("Authentication failed!\n", code => 401, bare => 1);
            }
        } elsif (defined $q->{ticket} && $q->{path} ne '/access/ticket') {
            $auth = ticket_user($q->{ticket}) // fail("permission denied - invalid PVE ticket\n", code => 401, bare => 1);
            fail("Permission denied - invalid csrf token\n", code => 401, bare => 1) if $q->{verb} ne 'GET' && !csrf_right($q->{csrf}, $auth);
            eval { enabled_user(cfg(), $auth); 1 } or fail("Authentication failed!\n", code => 401, bare => 1);
        }
        $answer{user} = $auth;
        if ($q->{verb} eq 'POST' && $q->{path} eq '/access/ticket') {
            $answer{data} = log_in($q->{parameters}, $q->{rhost});
            return 1;
        }
        my ($known, $data) = call($q->{verb}, $q->{path}, $q->{parameters}, $auth // 'nobody@none');
        fail("Method '$q->{verb} $q->{path}' not implemented\n", code => 501) unless $known;
        $answer{data} = $data;
        return 1;
    };
    if (!$done) {
        my $error = ref $@ ? $@ : { message => $@ };
        my $text = say_error($error);
        my $code = $error->{code} // 500;
        return { %answer, status => $code, reason => $text, body => $code == 401 ? '' : json_line({ data => undef, message => "$text\n", $error->{errors} ? (errors => $error->{errors}) : () }) };
    }
    return { status => 200, reason => 'OK', user => $answer{user}, body => json_line({ data => $answer{data} }) };
}

# --- HTTP, as pveproxy speaks it

sub respond {
    my ($to, $status, $type, $body) = @_;
    print $to "HTTP/1.1 $status\r\nCache-Control: max-age=0\r\nConnection: close\r\nPragma: no-cache\r\nServer: pve-api-daemon/3.0\r\n"
        . "Content-Type: $type\r\nContent-Length: " . length($body) . "\r\n\r\n$body";
}

sub plain { my ($text) = @_; $text =~ s/%([0-9A-Fa-f]{2})/chr hex $1/ge; return Encode::decode('UTF-8', $text) }
# Only in a form does a plus sign stand for a blank.
sub form { my ($text) = @_; $text =~ tr/+/ /; return map { /^([^=]+)=(.*)$/s ? (plain($1) => plain($2)) : () } split /&/, $text }

# What came, as far as the API needs it: the request line, who asks, and the parameters.
sub request {
    my ($from) = @_;
    my $line = <$from> // return;
    $line =~ s/\s+$//;
    my %header;
    while (defined(my $header = <$from>)) {
        last if $header =~ /^\r?\n$/;
        $header{ lc $1 } = $2 if $header =~ /^([\w-]+):\s*(.*?)\s*$/;
    }
    my ($verb, $target) = $line =~ m{^([A-Z]+) (\S+)} or return { line => $line };
    my ($path, $query) = split /\?/, $target, 2;
    my %q = (line => $line, verb => $verb, target => $path, parameters => { form($query // '') });
    my $length = $header{'content-length'} // 0;
    if ($length =~ /^\d+$/ && $length > 0 && $length <= 512 * 1024) {
        read($from, my $body, $length);
        my $more = ($header{'content-type'} // '') =~ m{^application/json} ? eval { JSON::PP->new->utf8->decode($body) } // {} : { form($body) };
        $q{parameters} = { %{ $q{parameters} }, %$more };
    }
    my $shown = $header{authorization} // '';
    $q{token} = $1 if $shown =~ /^PVEAPIToken(?:=|\s+)(.*)$/;
    ($q{ticket}) = map { plain($_) } grep { defined } ($header{cookie} // '') =~ /(?:^|;\s*)PVEAuthCookie=([^;]+)/, $shown =~ /^PVEAuthCookie=(.*)$/;
    $q{csrf} = $header{csrfpreventiontoken};
    return \%q;
}

# The file of a practice node that shortens what a refusal takes.
sub refusal { select(undef, undef, undef, slurp(at('/etc/holdfast-lab/refusal-delay')) // 3) }

# One request of pveproxy's: read, asked about, answered, and written into the access log.
sub answer {
    my ($from, $to, $peer, $name, $ask) = @_;
    my $q = request($from) // return;
    my ($status, $type, $body, $user) = ('200 OK', 'application/json;charset=UTF-8', '', undef);
    # -e hangs when /etc/pve hangs, and so does the genuine one.
    if (!-e at('/etc/pve/local')) {
        ($status, $type) = ('500 Internal Server Error', 'text/plain');
        select(undef, undef, undef, 3);
    } elsif (defined $q->{target} && $q->{target} =~ m{^/api2/[a-z]+(/.*)?$}) {
        $q->{path} = plain($1 // '/');
        $q->{path} =~ s{(?<=.)/+$}{};
        my $nobody = !defined $q->{token} && !defined $q->{ticket};
        if ($nobody && "$q->{verb} $q->{path}" !~ m{^(?:GET /access/domains|POST /access/ticket)$}) {
            ($status, $type) = ('401 No ticket', 'text/plain');
            refusal();
        } else {
            my $said = $ask->({ %$q, rhost => $peer });
            note($name, 'err', $said->{log}) if defined $said->{log} && tells_of_tokens();
            ($status, $body, $user) = ("$said->{status} $said->{reason}", $said->{body}, $said->{user});
            refusal() if $said->{status} == 401;
        }
    } else {
        ($type, $body) = ('text/html; charset=UTF-8', "<html><title>practice node</title></html>\n");
    }
    respond($to, $status, $type, $body);
    if (open(my $log, '>>', at('/var/log/pveproxy/access.log'))) {
        my ($code) = $status =~ /^(\d+)/;
        printf $log "%s - %s [%s] \"%s\" %d %s\n", $peer, $user // '-', POSIX::strftime('%d/%m/%Y:%H:%M:%S %z', localtime), $q->{line}, $code, length($body) || '-';
    }
}

sub json_line { return JSON::PP->new->canonical->utf8->encode($_[0]) }

# Lines about tokens that were refused came with these versions.
sub tells_of_tokens {
    my ($version) = version();
    my @have = $version =~ /^(\d+)\.(\d+)\.(\d+)/ or return 0;
    my @since = $have[0] >= 9 ? (9, 1, 5) : (8, 4, 17);
    for my $at (0 .. 2) { return $have[$at] > $since[$at] if $have[$at] != $since[$at] }
    return 1;
}

1;
