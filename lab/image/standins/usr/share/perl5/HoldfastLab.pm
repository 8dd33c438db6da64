package HoldfastLab;

# What the stand-ins for Proxmox's programs share. They answer from the same files as the genuine ones.

use strict;
use warnings;
use Exporter 'import';
use JSON::PP ();
use POSIX ();

our @EXPORT = qw(slurp spew json nodename members corosync_conf quorate ask_pmxcfs pve certificates fw_config address_of);

sub slurp {
    my ($file) = @_;
    open(my $in, '<', $file) or return undef;
    local $/;
    my $text = <$in>;
    return defined $text ? $text : '';
}

sub spew {
    my ($file, $text) = @_;
    open(my $out, '>', $file) or die "$file: $!\n";
    print $out $text;
    close($out) or die "$file: $!\n";
}

sub json { return JSON::PP->new->canonical->encode($_[0]) . "\n" }

sub nodename {
    my (undef, $name) = POSIX::uname();
    $name =~ s{\..*}{};
    return $name;
}

# The genuine programs talk to pmxcfs first and die like this when it is gone; they hang when it hangs.
sub ask_pmxcfs {
    return if -l '/etc/pve/local';
    print STDERR "ipcc_send_rec[$_] failed: Connection refused\n" for 1 .. 3;
    print STDERR "Unable to load access control list: Connection refused\n";
    exit 111;
}

sub members {
    my $text = slurp('/etc/pve/.members') // return {};
    return JSON::PP->new->decode($text);
}

# corosync.conf as { totem => {...}, quorum => {...}, nodes => [ {name, nodeid, ring0_addr, ...} ] }
sub corosync_conf {
    my ($text) = @_;
    my ($conf, @path) = ({ nodes => [] });
    for my $line (split /\n/, $text) {
        $line =~ s/#.*//;
        if ($line =~ /^\s*(\w+)\s*\{/) {
            push @path, $1;
            push @{ $conf->{nodes} }, {} if $1 eq 'node';
        } elsif ($line =~ /^\s*\}/) {
            pop @path;
        } elsif ($line =~ /^\s*(\w+)\s*:\s*(\S+)/ && @path) {
            if ($path[-1] eq 'node') { $conf->{nodes}[-1]{$1} = $2 }
            else { $conf->{ $path[0] }{$1} = $2 if @path == 1 }
        }
    }
    return $conf;
}

sub quorate {
    my @st = lstat('/etc/pve/local') or return 0;
    return ($st[2] & 0200) ? 1 : 0;
}

# Version and build id of a package: what dpkg says, so that it can never differ from dpkg-query.
sub pve {
    my ($package) = @_;
    my $version = `dpkg-query -W -f '\${Version}' $package`;
    my $repoid = $version =~ /^9/ ? '14a22df35955d97d' : '2606ac850d46da29';
    return ($version, $repoid);
}

sub address_of {
    my ($name) = @_;
    require Socket;
    my $packed = Socket::inet_aton($name) or return undef;
    return Socket::inet_ntoa($packed);
}

sub certificates {
    my $node = nodename();
    my @found;
    for my $file ([ 'pve-root-ca.pem', '/etc/pve/pve-root-ca.pem' ],
        [ 'pve-ssl.pem', "/etc/pve/nodes/$node/pve-ssl.pem" ],
        [ 'pveproxy-ssl.pem', "/etc/pve/nodes/$node/pveproxy-ssl.pem" ])
    {
        my ($name, $path) = @$file;
        my $pem = slurp($path) // next;
        # A file that cannot be read as a certificate is left out without a word, as the genuine one does.
        my $text = `openssl x509 -in $path -noout -subject -issuer -startdate -enddate -fingerprint -sha256 -nameopt compat -ext subjectAltName 2>/dev/null`;
        next if $? != 0;
        my %cert = (filename => $name, pem => $pem);
        ($cert{subject}) = $text =~ /^subject=\s*(.*)$/m;
        ($cert{issuer}) = $text =~ /^issuer=\s*(.*)$/m;
        ($cert{fingerprint}) = $text =~ /Fingerprint=(\S+)/i;
        for my $date ([ 'notBefore', 'notbefore' ], [ 'notAfter', 'notafter' ]) {
            my ($when) = $text =~ /^$date->[0]=(.*)$/m;
            chomp(my $epoch = `date -d '$when' +%s`);
            $cert{ $date->[1] } = $epoch + 0;
        }
        my @san = $text =~ /(?:IP Address|DNS):([^,\s]+)/g;
        $cert{san} = [ map { /^[0-9A-F]*(?::[0-9A-F]*)+$/i ? join(':', map { sprintf '%04x', hex } split /:/) : $_ } @san ];
        my $key = `openssl x509 -in $path -noout -pubkey 2>/dev/null | openssl pkey -pubin -noout -text 2>/dev/null`;
        $cert{'public-key-type'} = $key =~ /Modulus/ ? 'rsaEncryption' : 'id-ecPublicKey';
        $cert{'public-key-bits'} = $1 + 0 if $key =~ /Public-Key: \((\d+) bit/;
        push @found, \%cert;
    }
    return \@found;
}

# A firewall file: { options => {...}, rules => [...], group => { name => [...] }, ipset => { name => [...] }, aliases => {...} };
# complaints on stderr.
sub fw_config {
    my ($file, $known) = @_;
    my $conf = { options => {}, rules => [], group => {}, ipset => {}, aliases => {} };
    my $text = slurp($file) // return $conf;
    my ($section, $name, $at) = ('', '', 0);
    for my $line (split /\n/, $text) {
        $at++;
        $line =~ s/^\s+|\s+$//g;
        next if $line eq '' || $line =~ /^#/;
        if ($line =~ /^\[(\w+)(?:\s+(\S+))?\s*\]/) {
            ($section, $name) = (lc $1, lc($2 // ''));
            $conf->{$section}{$name} //= [] if $section eq 'group' || $section eq 'ipset';
        } elsif ($section eq 'options') {
            my $pattern = $line =~ /^(\w+):\s*(\S+)$/ ? $known->{$1} : undef;
            if (defined $pattern && $line =~ /^(\w+):\s*($pattern)$/i) { $conf->{options}{$1} = $2 }
            else { print STDERR "$file (line $at): can't parse option '$line'\n" }
        } elsif ($section eq 'rules' || $section eq 'group') {
            $line =~ s/\s+#.*//;
            # A bar in front switches a rule off.
            push @{ $section eq 'rules' ? $conf->{rules} : $conf->{group}{$name} }, { line => $at, text => $line, file => $file } if $line !~ /^\|/;
        } elsif ($section eq 'ipset') {
            push @{ $conf->{ipset}{$name} }, (split ' ', $line)[0];
        } elsif ($section eq 'aliases') {
            my ($alias, $value) = split ' ', $line;
            if (defined $value) { $conf->{aliases}{ lc $alias } = $value }
            else { print STDERR "$file (line $at) - errors in alias: $line\n" }
        } else {
            print STDERR "$file (line $at): skip line - no section\n" if $section eq '';
        }
    }
    return $conf;
}

1;
