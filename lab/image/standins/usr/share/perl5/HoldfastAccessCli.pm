package HoldfastAccessCli;

# pveum, and pvesh for the paths of HoldfastAccessApi: words, options, tables, messages and exit codes as the genuine
# programs have them.

use strict;
use warnings;
use Encode ();
use HoldfastAccess qw(release fail json at);
use HoldfastAccessApi qw(method_for run newer_than);
use JSON::PP ();

# What is typed, which method that is, the parameters without a dash, those that are given anyway, and whether
# something is printed.
my @COMMAND = (
    [ 'user add', 'POST /access/users', [qw(userid)] ],
    [ 'user modify', 'PUT /access/users/{userid}', [qw(userid)] ],
    [ 'user delete', 'DELETE /access/users/{userid}', [qw(userid)] ],
    [ 'user list', 'GET /access/users', [], {}, 1 ],
    [ 'user permissions', 'GET /access/permissions', [qw(userid)], {}, 1 ],
    [ 'user token add', 'POST /access/users/{userid}/token/{tokenid}', [qw(userid tokenid)], {}, 1 ],
    [ 'user token modify', 'PUT /access/users/{userid}/token/{tokenid}', [qw(userid tokenid)], {}, 1 ],
    [ 'user token delete', 'DELETE /access/users/{userid}/token/{tokenid}', [qw(userid tokenid)], {}, 1 ],
    [ 'user token remove', 'DELETE /access/users/{userid}/token/{tokenid}', [qw(userid tokenid)], {}, 1 ],
    [ 'user token list', 'GET /access/users/{userid}/token', [qw(userid)], {}, 1 ],
    [ 'user token permissions', 'GET /access/permissions', [qw(userid tokenid)], {}, 1 ],
    [ 'user tfa delete', 'DELETE pveum:tfa', [qw(userid)] ],
    [ 'user tfa list', 'GET /access/tfa', [] ],
    [ 'user tfa unlock', 'PUT /access/users/{userid}/unlock-tfa', [qw(userid)] ],
    [ 'group add', 'POST /access/groups', [qw(groupid)] ],
    [ 'group modify', 'PUT /access/groups/{groupid}', [qw(groupid)] ],
    [ 'group delete', 'DELETE /access/groups/{groupid}', [qw(groupid)] ],
    [ 'group list', 'GET /access/groups', [], {}, 1 ],
    [ 'role add', 'POST /access/roles', [qw(roleid)] ],
    [ 'role modify', 'PUT /access/roles/{roleid}', [qw(roleid)] ],
    [ 'role delete', 'DELETE /access/roles/{roleid}', [qw(roleid)] ],
    [ 'role list', 'GET /access/roles', [], {}, 1 ],
    [ 'acl modify', 'PUT /access/acl', [qw(path)], { delete => 0 } ],
    [ 'acl delete', 'PUT /access/acl', [qw(path)], { delete => 1 } ],
    [ 'acl list', 'GET /access/acl', [], {}, 1 ],
    [ 'realm modify', 'PUT /access/domains/{realm}', [qw(realm)] ],
    [ 'realm list', 'GET /access/domains', [], {}, 1 ],
    [ 'pool add', 'POST /pools', [qw(poolid)] ],
    [ 'pool modify', 'PUT /pools/{poolid}', [qw(poolid)] ],
    [ 'pool delete', 'DELETE /pools/{poolid}', [qw(poolid)] ],
    [ 'pool list', 'GET /pools', [], {}, 1 ],
    [ 'passwd', 'PUT /access/password', [qw(userid)] ],
);
my %ALIAS = (useradd => 'user add', usermod => 'user modify', userdel => 'user delete', groupadd => 'group add', groupmod => 'group modify', groupdel => 'group delete',
    roleadd => 'role add', rolemod => 'role modify', roledel => 'role delete', aclmod => 'acl modify', acldel => 'acl delete');
my %FORMAT = ('output-format' => [qw(text json json-pretty yaml)], noborder => 'boolean', noheader => 'boolean', 'human-readable' => 'boolean', quiet => 'boolean');

sub utf8_here { return ($ENV{LC_ALL} || $ENV{LC_CTYPE} || $ENV{LANG} || '') =~ /utf-?8/i }

# Without a locale that knows better every byte above ASCII becomes U+FFFD, and stays that.
sub words { return map { my $word = $_; utf8_here() ? Encode::decode('UTF-8', $word) : Encode::decode('ascii', $word) } @_ }

sub refuse {
    my ($text, $exit) = @_;
    $text .= "\n" unless $text =~ /\n$/;
    print STDERR Encode::encode('UTF-8', $text);
    exit($exit // 255);
}

# One word of a command, or the beginning of exactly one.
sub expanded {
    my ($word, @known) = @_;
    return $word if grep { $_ eq $word } @known;
    my %match = map { ($_ => 1) } grep { index($_, $word) == 0 } @known;
    return keys %match == 1 ? (keys %match)[0] : undef;
}

sub command_of {
    my ($words) = @_;
    unshift @$words, split / /, $ALIAS{ shift @$words } if @$words && $ALIAS{ $words->[0] };
    my ($typed, @left) = ('', @COMMAND);
    while (1) {
        if (my ($hit) = grep { $_->[0] eq $typed } @left) { return $hit }
        my $at = $typed eq '' ? 0 : split(/ /, $typed);
        my $word = @$words ? expanded($words->[0], map { (split / /, $_->[0])[$at] // () } @left) : undef;
        if (!defined $word) {
            my $what = @$words ? "unknown command 'pveum " . join(' ', grep { length } $typed, $words->[0]) . "'" : 'no command specified';
            refuse("ERROR: $what\nUSAGE: pveum <COMMAND> [ARGS] [OPTIONS]\n       pveum help [<extra-args>] [OPTIONS]");
        }
        shift @$words;
        $typed = $typed eq '' ? $word : "$typed $word";
        @left = grep { $_->[0] eq $typed || index($_->[0], "$typed ") == 0 } @left;
    }
}

sub types {
    my ($method) = @_;
    my $known = HoldfastAccessApi::parameters($method);
    return { map { ($_ => $known->{$_}) } keys %$known };
}

# ({ name => value }, [ words without a dash ]): one dash or two, any beginning that is clear, "=value" or the next word.
sub options {
    my ($types, $words, $usage) = @_;
    my (%given, @plain);
    while (defined(my $word = shift @$words)) {
        if ($word eq '--') { push @plain, splice @$words; last }
        if ($word !~ /^--?([A-Za-z][\w-]*)(?:=(.*))?$/s) { push @plain, $word; next }
        my ($name, $value) = ($1, $2);
        my $full = expanded($name, keys %$types);
        if (!defined $full) {
            my $several = grep { index($_, $name) == 0 } keys %$types;
            print STDERR $several ? "Option $name is ambiguous (" . join(', ', sort grep { index($_, $name) == 0 } keys %$types) . ")\n" : "Unknown option: $name\n";
            refuse("400 unable to parse option\n$usage");
        }
        if (!defined $value) {
            my $boolean = !ref $types->{$full} && $types->{$full} =~ /^boolean/;
            if ($boolean) { $value = @$words && $words->[0] !~ /^-/ ? shift @$words : '1' }
            elsif (@$words) { $value = shift @$words }
            else {
                print STDERR "Option $name requires an argument\n";
                refuse("400 unable to parse option\n$usage");
            }
        }
        $given{$full} = $value;
    }
    return (\%given, \@plain);
}

sub complain {
    my ($error, $usage) = @_;
    refuse($error) unless ref $error;
    if ($error->{errors}) {
        my $text = "$error->{code} $error->{message}\n" . join '', map { "$_: $error->{errors}{$_}\n" } sort keys %{ $error->{errors} };
        # What the schema refuses is told from what the method refuses by the exit code since PVE 9.
        refuse($text . $usage, $error->{schema} && (release())[0] >= 9 ? 2 : 255);
    }
    refuse($error->{message}, $error->{exit});
}

# --- tables

sub cell {
    my ($value) = @_;
    return '' unless defined $value;
    return JSON::PP->new->canonical->allow_nonref->encode($value) if ref $value;
    return "$value";
}

sub table {
    my ($columns, $rows) = @_;
    my %number = map { ($_ => 1) } qw(expire tfa-locked-until);
    my %line = utf8_here() ? (h => "\x{2500}", d => "\x{2550}", v => "\x{2502}", top => [ "\x{250c}", "\x{252c}", "\x{2510}" ], head => [ "\x{255e}", "\x{256a}", "\x{2561}" ],
        row => [ "\x{251c}", "\x{253c}", "\x{2524}" ], end => [ "\x{2514}", "\x{2534}", "\x{2518}" ])
        : (h => '-', d => '=', v => '|', map { ($_ => [ '+', '+', '+' ]) } qw(top head row end));
    my @width = map { length } map { $_->[1] } @$columns;
    my @all = map { my $row = $_; [ map { [ split /\n/, cell($row->{ $_->[0] }), -1 ] } @$columns ] } @$rows;
    for my $row (@all) {
        for my $at (0 .. $#$row) {
            for my $text (@{ $row->[$at] }) { $width[$at] = length $text if length $text > $width[$at] }
        }
    }
    my $rule = sub { my ($kind, $with) = @_; my $ends = $line{$kind}; $ends->[0] . join($ends->[1], map { $with x ($_ + 2) } @width) . $ends->[2] . "\n" };
    my $written = sub {
        my ($at, $text, $right) = @_;
        my $room = ' ' x ($width[$at] - length $text);
        return ' ' . ($right ? $room . $text : $text . $room) . ' ';
    };
    my $text = $rule->('top', $line{h}) . $line{v} . join($line{v}, map { $written->($_, $columns->[$_][1], $number{ $columns->[$_][0] }) } 0 .. $#$columns) . "$line{v}\n";
    $text .= $rule->('head', $line{d});
    for my $number (0 .. $#all) {
        my $row = $all[$number];
        my ($height) = sort { $b <=> $a } map { scalar @$_ } @$row;
        for my $at (0 .. ($height || 1) - 1) {
            $text .= $line{v} . join($line{v}, map { $written->($_, $row->[$_][$at] // '', $number{ $columns->[$_][0] }) } 0 .. $#$columns) . "$line{v}\n";
        }
        $text .= $rule->($number == $#all ? 'end' : 'row', $line{h});
    }
    return $text;
}

sub show {
    my ($data, $format, $method) = @_;
    return unless defined $data;
    if ($format eq 'json') { print json($data), "\n"; return }
    if ($format eq 'json-pretty') { print JSON::PP->new->canonical->utf8->pretty->allow_nonref->encode($data); return }
    binmode(STDOUT, ':encoding(UTF-8)');
    if (ref $data eq 'ARRAY') {
        return unless @$data;
        my $columns = $method->{columns} // [ sort keys %{ $data->[0] } ];
        my ($first) = @$columns;
        my @sorted = sort { cell($a->{$first}) cmp cell($b->{$first}) } @$data;
        print table([ map { [ $_, $_ ] } @$columns ], \@sorted);
    } elsif (ref $data eq 'HASH') {
        print table([ [ 'key', 'key' ], [ 'value', 'value' ] ], [ map { { key => $_, value => $data->{$_} } } grep { defined $data->{$_} } sort keys %$data ]);
    } else {
        print "$data\n";
    }
}

sub show_permissions {
    my ($all) = @_;
    binmode(STDOUT, ':encoding(UTF-8)');
    my @rows = map { my $path = $_; { path => $path, privileges => join "\n", map { $_ . ($all->{$path}{$_} ? ' (*)' : '') } sort keys %{ $all->{$path} } } } sort keys %$all;
    print table([ [ 'path', 'ACL path' ], [ 'privileges', 'Permissions' ] ], \@rows) if @rows;
    print "Permissions marked with '(*)' have the 'propagate' flag set.\n";
}

sub show_factors {
    my ($all) = @_;
    binmode(STDOUT, ':encoding(UTF-8)');
    print join "\n", map {
        "$_->{userid}:\n" . join "\n", map { sprintf "    %-9s %s\n        %s\n", "$_->{type}:", $_->{id}, $_->{description} // '' } @{ $_->{entries} }
    } @$all;
}

# --- programs

sub pveum {
    my @words = words(@_);
    my $command = command_of(\@words);
    my ($typed, $line, $fixed, $set, $prints) = @$command;
    my ($method) = grep { "$_->{verb} $_->{path}" eq $line } HoldfastAccessApi::methods();
    my $types = types($method);
    # One parameter of the API, two words on the command line.
    $types->{tokenid} = 'tokenid!' if $typed eq 'user token permissions';
    delete $types->{delete} if $typed =~ /^acl /;
    my @missing = grep { my $name = $_; !ref $types->{$name} && $types->{$name} =~ /!$/ && !grep { $_ eq $name } @$fixed, 'password' } sort keys %$types;
    my $usage = join ' ', "pveum $typed", map("<$_>", @$fixed), map("--$_ <string>", @missing), '[OPTIONS]', $prints ? '[FORMAT_OPTIONS]' : ();
    my %option = map { my $name = $_; (grep { $_ eq $name } @$fixed) ? () : ($name => $types->{$name}) } keys %$types;
    my ($given, $plain) = options({ %option, $prints ? %FORMAT : () }, \@words, $usage);
    refuse("400 not enough arguments\n$usage") if @$plain < @$fixed;
    refuse("400 too many arguments\n$usage") if @$plain > @$fixed;
    my $format = delete $given->{'output-format'} // 'text';
    delete @$given{qw(noborder noheader human-readable quiet)};
    @$given{@$fixed} = @$plain;
    $given->{$_} = "$set->{$_}" for keys %{ $set // {} };
    if ($typed eq 'user token permissions') {
        my $name = delete $given->{tokenid};
        $given->{userid} .= "!$name";
    }
    if ($typed eq 'passwd') {
        chomp(my $once = <STDIN> // '');
        chomp(my $again = <STDIN> // '');
        refuse('Passwords do not match!') if $once ne $again;
        $given->{password} = $once;
    }
    my $data = eval { run($method, $given, 'root@pam') };
    complain($@, $usage) if $@;
    if ($typed =~ /permissions$/ && $format eq 'text') { show_permissions($data) }
    elsif ($typed eq 'user tfa list') { show_factors($data) }
    elsif ($prints) { show($data, $format, $method) }
    return 0;
}

my %VERB = (get => 'GET', create => 'POST', set => 'PUT', delete => 'DELETE');

# Exit 0 when it was a path of the access API; nothing when it was none.
sub pvesh {
    my ($verb, $path, @rest) = @_;
    my $http = $VERB{ $verb // '' } // return;
    $path //= '';
    $path =~ s{/+}{/}g;
    $path =~ s{(?<=.)/$}{};
    my ($method, $from) = method_for($http, $path);
    return unless $method;
    my @words = words(@rest);
    my $usage = "pvesh $verb <api_path> [OPTIONS] [FORMAT_OPTIONS]";
    my $types = types($method);
    my ($given, $plain) = options({ %$types, %FORMAT }, \@words, $usage);
    refuse("400 too many arguments\n$usage") if @$plain;
    my $format = delete $given->{'output-format'} // 'json';
    delete @$given{qw(noborder noheader human-readable quiet)};
    my $data = eval { run($method, { %$given, %$from }, 'root@pam') };
    complain($@, $usage) if $@;
    show($data, $format, $method);
    return 0;
}

1;
