package HoldfastAccessApi;

# The part of Proxmox's API that is about users, tokens, groups, roles, ACLs, realms, second factors, pools and the
# datacenter's options: parameters, permissions, what is changed, and what is answered. pveum, pvesh and the API on
# port 8006 all come here, the first two as root@pam.

use strict;
use warnings;
use Exporter 'import';
use HoldfastAccess qw(root release read_cfg write_cfg locked users save_users tokens save_tokens domains
    save_domains tfa save_tfa permissions effective builtin_roles is_privilege check check_any split_list user_name
    token_name normal_path known_path order_paths fail param_error);
use JSON::PP ();

our @EXPORT_OK = qw(method_for call run cfg newer_than set_password password_right);

# What the parser has to say is said once.
my $said;
our $quiet;
sub cfg { return $said++ || $quiet ? users(sub { }) : users() }

sub newer_than {
    my ($wanted) = @_;
    my @have = (release())[1] =~ /(\d+)/g;
    for my $number ($wanted =~ /(\d+)/g) {
        my $mine = shift @have // 0;
        return $mine > $number if $mine != $number;
    }
    return 1;
}

sub existing_user {
    my ($cfg, $id) = @_;
    return $cfg->{users}{$id} // fail("no such user ('$id')\n");
}

sub existing_token {
    my ($cfg, $id, $name) = @_;
    my $user = existing_user($cfg, $id);
    return $user->{tokens}{$name} // fail("no such token '$name' for user '$id'\n");
}

# --- passwords of realm pve

sub hashed {
    my ($password) = @_;
    my @letter = ('a' .. 'z', 'A' .. 'Z', 0 .. 9);
    return crypt($password, '$5$' . join('', map { $letter[ rand @letter ] } 1 .. 8) . '$');
}

sub shadow {
    my %hash = map { /^([^:]+):([^:]*):/ ? ($1 => $2) : () } split /\n/, read_cfg('priv/shadow.cfg') // '';
    return \%hash;
}

sub set_password {
    my ($name, $realm, $password) = @_;
    if ($realm eq 'pve') {
        locked('priv/shadow.cfg', 'change password failed', sub {
            my $hash = shadow();
            if (defined $password) { $hash->{$name} = hashed($password) }
            else { delete $hash->{$name} }
            write_cfg('priv/shadow.cfg', join '', map { "$_:$hash->{$_}:\n" } sort keys %$hash);
        });
    } elsif ($realm eq 'pam') {
        fail("can't change password of an embedded node's user\n") if root() ne '';
        open(my $to, '|-', 'chpasswd') or fail("change password failed: $!\n");
        print $to "$name:$password\n";
        close($to) or fail("change password failed: exit code 1\n");
    } else {
        fail("can't set password on auth type '$realm'\n");
    }
}

sub password_right {
    my ($name, $realm, $password) = @_;
    my $hash = $realm eq 'pve' ? shadow()->{$name} : $realm eq 'pam' && root() eq '' ? (getpwnam $name)[1] : undef;
    return defined $hash && $hash =~ /^\$/ && (crypt($password, $hash) // '') eq $hash;
}

# --- who may do it

# One of the privileges on all groups, or on one that the user belongs to.
sub over_user {
    my ($cfg, $auth, $id, @privileges) = @_;
    existing_user($cfg, $id);
    return 1 if check_any($cfg, $auth, '/access/groups', \@privileges, 1);
    for my $group (keys %{ $cfg->{groups} }) {
        return 1 if $cfg->{groups}{$group}{users}{$id} && check_any($cfg, $auth, "/access/groups/$group", \@privileges, 1);
    }
    HoldfastAccess::refused();
}

sub over_groups {
    my ($cfg, $auth, $list) = @_;
    return if check_any($cfg, $auth, '/access/groups', ['User.Modify'], 1);
    my @groups = split_list($list);
    HoldfastAccess::refused('/access/groups, User.Modify') unless @groups;
    check_any($cfg, $auth, "/access/groups/$_", ['User.Modify']) for @groups;
}

sub over_realm {
    my ($cfg, $auth, $id) = @_;
    my (undef, undef, $realm) = user_name($id);
    check($cfg, $auth, "/access/realm/$realm", ['Realm.AllocateUser']);
}

sub may_modify {
    my ($cfg, $auth, $path, $quietly) = @_;
    my @one = ('Permissions.Modify');
    push @one, 'Datastore.Allocate' if $path =~ m{^/storage/.};
    push @one, 'VM.Allocate' if $path =~ m{^/vms/.};
    push @one, 'Pool.Allocate' if $path =~ m{^/pool/.};
    return check_any($cfg, $auth, $path, \@one, $quietly);
}

sub everybody { 1 }
sub needs { my ($path, @privileges) = @_; return sub { my ($cfg, $auth, $p) = @_; (my $at = $path) =~ s/\{(\w+)\}/$p->{$1}/g; check_any($cfg, $auth, $at, \@privileges) } }
sub tokens_of { my ($cfg, $auth, $p) = @_; return 1 if $auth eq $p->{userid}; over_user($cfg, $auth, $p->{userid}, 'User.Modify') }

# --- what is asked for

my @METHOD;

# "GET /access/users/{userid}", parameters with their types ("!" for what must be given), who may, what is done.
sub method {
    my ($line, $parameters, $may, $code, %more) = @_;
    my ($verb, $path) = split / /, $line;
    my @name = $path =~ /\{(\w+)\}/g;
    (my $pattern = quotemeta $path) =~ s/\\\{\w+\\\}/([^\/]+)/g;
    # A pool's name may have more than one part.
    $pattern =~ s/\(\[\^\\?\/\]\+\)$/(.+)/ if $path =~ m{^/pools/};
    push @METHOD, { verb => $verb, path => $path, pattern => qr/^$pattern$/, names => \@name, parameters => $parameters, may => $may, code => $code, %more };
}

my %user = (enable => 'boolean', expire => 'integer', firstname => 'string', lastname => 'string', email => 'email', comment => 'string', keys => 'string', groups => 'groups');
my %token = (expire => 'integer', privsep => 'boolean', comment => 'string');

method('GET /access/users', { enabled => 'boolean', full => 'boolean' }, \&everybody, sub {
    my ($p, $auth) = @_;
    my $cfg = cfg();
    my (undef, $realms) = domains();
    my $factors = tfa()->{users};
    my $all = $auth eq 'root@pam' || check_any($cfg, $auth, '/access/groups', [ 'User.Modify', 'Sys.Audit' ], 1);
    my %mine = ($auth => 1);
    if (!$all) {
        for my $group (keys %{ $cfg->{groups} }) {
            next unless check_any($cfg, $auth, "/access/groups/$group", [ 'User.Modify', 'Sys.Audit' ], 1);
            $mine{$_} = 1 for keys %{ $cfg->{groups}{$group}{users} };
        }
    }
    my @rows;
    for my $id (sort keys %{ $cfg->{users} }) {
        next unless $all || $mine{$id};
        my $user = $cfg->{users}{$id};
        next if defined $p->{enabled} && !$p->{enabled} != !$user->{enable};
        my $row = about_user($user);
        if ($p->{full}) {
            $row->{groups} = join ',', sort keys %{ $user->{groups} // {} };
            $row->{tokens} = $user->{tokens} ? about_tokens($user) : undef;
        }
        my (undef, undef, $realm) = user_name($id);
        $row->{'realm-type'} = $realms->{$realm}{type} if $realms->{$realm};
        $row->{userid} = $id;
        locks($row, $factors->{$id});
        push @rows, $row;
    }
    return \@rows;
}, columns => [qw(userid comment email enable expire firstname groups keys lastname realm-type tfa-locked-until tokens totp-locked)]);

sub about_user {
    my ($user) = @_;
    return { map { ($_ => $user->{$_}) } grep { defined $user->{$_} } qw(enable expire firstname lastname email comment keys) };
}

sub about_tokens { my ($user) = @_; return [ map { { tokenid => $_, %{ $user->{tokens}{$_} } } } sort keys %{ $user->{tokens} // {} } ] }

sub locks {
    my ($row, $factors) = @_;
    return unless $factors;
    $row->{'totp-locked'} = 1 if $factors->{'totp-locked'};
    $row->{'tfa-locked-until'} = $factors->{'tfa-locked-until'} if ($factors->{'tfa-locked-until'} // 0) > time;
}

method('POST /access/users', { userid => 'userid!', password => 'password', %user }, sub {
    my ($cfg, $auth, $p) = @_;
    over_realm($cfg, $auth, $p->{userid});
    over_groups($cfg, $auth, $p->{groups});
}, sub {
    my ($p) = @_;
    locked('user.cfg', 'create user failed', sub {
        my $cfg = cfg();
        my ($id, $name, $realm) = user_name($p->{userid});
        fail("user '$id' already exists\n") if $cfg->{users}{$id};
        set_password($name, $realm, $p->{password}) if defined $p->{password};
        my $user = $cfg->{users}{$id} = { enable => $p->{enable} // 1, expire => $p->{expire} // 0 };
        join_groups($cfg, $id, $p->{groups});
        $user->{$_} = $p->{$_} for grep { $p->{$_} } qw(firstname lastname email comment keys);
        save_users($cfg);
    });
    return undef;
});

sub join_groups {
    my ($cfg, $id, $list) = @_;
    for my $group (split_list($list)) {
        fail("no such group '$group'\n") unless $cfg->{groups}{$group};
        $cfg->{groups}{$group}{users}{$id} = 1;
    }
}

method('GET /access/users/{userid}', { userid => 'userid!' }, sub { my ($cfg, $auth, $p) = @_; over_user($cfg, $auth, $p->{userid}, 'User.Modify', 'Sys.Audit') }, sub {
    my ($p) = @_;
    my $user = existing_user(cfg(), $p->{userid});
    return { %{ about_user($user) }, groups => [ sort keys %{ $user->{groups} // {} } ], tokens => $user->{tokens} };
});

method('PUT /access/users/{userid}', { userid => 'userid!', append => 'boolean', %user }, sub {
    my ($cfg, $auth, $p) = @_;
    over_user($cfg, $auth, $p->{userid}, 'User.Modify');
    over_groups($cfg, $auth, $p->{groups}) if $p->{groups};
}, sub {
    my ($p) = @_;
    my $id = $p->{userid};
    locked('user.cfg', 'update user failed', sub {
        my $cfg = cfg();
        my $user = existing_user($cfg, $id);
        if (defined $p->{groups} && !$p->{append}) { delete $_->{users}{$id} for values %{ $cfg->{groups} } }
        join_groups($cfg, $id, $p->{groups});
        $user->{$_} = $p->{$_} for grep { defined $p->{$_} } qw(enable expire firstname lastname email comment keys);
        save_users($cfg);
    });
    return undef;
});

method('DELETE /access/users/{userid}', { userid => 'userid!' }, sub {
    my ($cfg, $auth, $p) = @_;
    over_realm($cfg, $auth, $p->{userid});
    over_user($cfg, $auth, $p->{userid}, 'User.Modify');
}, sub {
    my ($p) = @_;
    my ($id, $name, $realm) = user_name($p->{userid});
    # As the genuine one: a user that is not there is no error, the secrets and ACL entries of tokens stay behind.
    locked('user.cfg', 'delete user failed', sub {
        my $cfg = cfg();
        set_password($name, $realm, undef) if $realm eq 'pve' && shadow()->{$name};
        my $factors = tfa();
        if (delete $factors->{users}{$id}) { save_tfa($factors) }
        delete $cfg->{users}{$id};
        delete $_->{users}{$id} for values %{ $cfg->{groups} };
        delete $_->{users}{$id} for values %{ $cfg->{acl} };
        save_users($cfg);
    });
    return undef;
});

method('PUT /access/users/{userid}/unlock-tfa', { userid => 'userid!' }, sub { my ($cfg, $auth, $p) = @_; over_user($cfg, $auth, $p->{userid}, 'User.Modify') }, sub {
    my ($p) = @_;
    return locked('priv/tfa.cfg', 'unlock failed', sub {
        my $factors = tfa();
        my $user = $factors->{users}{ $p->{userid} } // return JSON::PP::false;
        my $was = 0;
        for my $lock ('totp-locked', 'tfa-locked-until') { $was = 1 if delete $user->{$lock} }
        save_tfa($factors) if $was;
        return $was ? JSON::PP::true : JSON::PP::false;
    });
});

method('GET /access/users/{userid}/token', { userid => 'userid!' }, \&tokens_of, sub {
    my ($p) = @_;
    return about_tokens(existing_user(cfg(), $p->{userid}));
}, columns => [qw(tokenid comment expire privsep)]);

method('GET /access/users/{userid}/token/{tokenid}', { userid => 'userid!', tokenid => 'tokenid!' }, \&tokens_of, sub {
    my ($p) = @_;
    return existing_token(cfg(), $p->{userid}, $p->{tokenid});
});

# Printed or answered once, and kept where only root reads.
sub new_secret {
    my ($id) = @_;
    open(my $in, '<:raw', '/dev/urandom') or fail("no randomness: $!\n");
    read($in, my $bytes, 16) == 16 or fail("no randomness\n");
    my @byte = unpack 'C16', $bytes;
    $byte[6] = $byte[6] & 0x0f | 0x40;
    $byte[8] = $byte[8] & 0x3f | 0x80;
    my $uuid = sprintf '%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x', @byte;
    locked('priv/token.cfg', 'storing token failed', sub {
        my $secret = tokens();
        $secret->{$id} = $uuid;
        save_tokens($secret);
    });
    return $uuid;
}

method('POST /access/users/{userid}/token/{tokenid}', { userid => 'userid!', tokenid => 'tokenid!', %token }, \&tokens_of, sub {
    my ($p) = @_;
    my ($id, $name) = ($p->{userid}, $p->{tokenid});
    param_error(tokenid => 'Token already exists.') if existing_user(cfg(), $id)->{tokens}{$name};
    my $secret;
    my $info = { privsep => $p->{privsep} // 1, defined $p->{expire} ? (expire => $p->{expire}) : (), $p->{comment} ? (comment => $p->{comment}) : () };
    locked('user.cfg', 'generating token failed', sub {
        my $cfg = cfg();
        fail("Token already exists.\n") if existing_user($cfg, $id)->{tokens}{$name};
        $secret = new_secret("$id!$name");
        $cfg->{users}{$id}{tokens}{$name} = {%$info};
        save_users($cfg);
    });
    return { info => $info, value => $secret, 'full-tokenid' => "$id!$name" };
}, columns => [qw(full-tokenid info value)]);

method('PUT /access/users/{userid}/token/{tokenid}', sub {
    return { userid => 'userid!', tokenid => 'tokenid!', %token, newer_than('9.1.0') ? (regenerate => 'boolean') : (), newer_than('9.0.4') ? (delete => 'string') : () };
}, \&tokens_of, sub {
    my ($p) = @_;
    my ($id, $name) = ($p->{userid}, $p->{tokenid});
    existing_token(cfg(), $id, $name);
    my ($token, $secret);
    locked('user.cfg', 'updating token info failed', sub {
        my $cfg = cfg();
        $token = existing_token($cfg, $id, $name);
        $token->{$_} = $p->{$_} for grep { defined $p->{$_} } qw(privsep expire comment);
        for my $key (split_list($p->{delete})) {
            param_error(delete => "unknown option '$key'") if $key ne 'comment';
            delete $token->{$key};
        }
        delete $token->{comment} unless length($token->{comment} // '');
        $secret = new_secret("$id!$name") if $p->{regenerate};
        save_users($cfg);
    });
    return { %$token, defined $secret ? (value => $secret, 'full-tokenid' => "$id!$name") : () };
}, columns => [qw(comment expire full-tokenid privsep value)]);

method('DELETE /access/users/{userid}/token/{tokenid}', { userid => 'userid!', tokenid => 'tokenid!' }, \&tokens_of, sub {
    my ($p) = @_;
    my ($id, $name) = ($p->{userid}, $p->{tokenid});
    existing_token(cfg(), $id, $name);
    locked('user.cfg', 'deleting token failed', sub {
        my $cfg = cfg();
        existing_token($cfg, $id, $name);
        locked('priv/token.cfg', 'deleting token failed', sub {
            my $secret = tokens();
            delete $secret->{"$id!$name"};
            save_tokens($secret);
        });
        # Its ACL entries stay in the file; the next reader drops them with a warning, the next writer for good.
        delete $cfg->{users}{$id}{tokens}{$name};
        save_users($cfg);
    });
    return undef;
});

method('GET /access/groups', {}, \&everybody, sub {
    my (undef, $auth) = @_;
    my $cfg = cfg();
    my @rows;
    for my $id (sort keys %{ $cfg->{groups} }) {
        next unless check_any($cfg, $auth, "/access/groups/$id", [ 'User.Modify', 'Sys.Audit', 'Group.Allocate' ], 1);
        my $group = $cfg->{groups}{$id};
        push @rows, { groupid => $id, users => join(',', sort keys %{ $group->{users} }), defined $group->{comment} ? (comment => $group->{comment}) : () };
    }
    return \@rows;
}, columns => [qw(groupid comment users)]);

method('GET /access/groups/{groupid}', { groupid => 'groupid!' }, needs('/access/groups', 'Sys.Audit', 'Group.Allocate'), sub {
    my ($p) = @_;
    my $group = cfg()->{groups}{ $p->{groupid} } // fail("group '$p->{groupid}' does not exist\n");
    return { members => [ sort keys %{ $group->{users} } ], defined $group->{comment} ? (comment => $group->{comment}) : () };
});

method('POST /access/groups', { groupid => 'groupid!', comment => 'string' }, needs('/access/groups', 'Group.Allocate'), sub {
    my ($p) = @_;
    locked('user.cfg', 'create group failed', sub {
        my $cfg = cfg();
        fail("group '$p->{groupid}' already exists\n") if $cfg->{groups}{ $p->{groupid} };
        $cfg->{groups}{ $p->{groupid} } = { users => {}, $p->{comment} ? (comment => $p->{comment}) : () };
        save_users($cfg);
    });
    return undef;
});

method('PUT /access/groups/{groupid}', { groupid => 'groupid!', comment => 'string' }, needs('/access/groups', 'Group.Allocate'), sub {
    my ($p) = @_;
    locked('user.cfg', 'update group failed', sub {
        my $cfg = cfg();
        my $group = $cfg->{groups}{ $p->{groupid} } // fail("group '$p->{groupid}' does not exist\n");
        $group->{comment} = $p->{comment} if defined $p->{comment};
        save_users($cfg);
    });
    return undef;
});

method('DELETE /access/groups/{groupid}', { groupid => 'groupid!' }, needs('/access/groups', 'Group.Allocate'), sub {
    my ($p) = @_;
    locked('user.cfg', 'delete group failed', sub {
        my $cfg = cfg();
        delete $cfg->{groups}{ $p->{groupid} } // fail("group '$p->{groupid}' does not exist\n");
        delete $_->{groups}{ $p->{groupid} } for values %{ $cfg->{acl} };
        save_users($cfg);
    });
    return undef;
});

method('GET /access/roles', {}, \&everybody, sub {
    my $cfg = cfg();
    return [ map { { roleid => $_, privs => join(',', sort keys %{ $cfg->{roles}{$_} }), special => builtin_roles()->{$_} ? 1 : 0 } } sort keys %{ $cfg->{roles} } ];
}, columns => [qw(roleid privs special)]);

method('GET /access/roles/{roleid}', { roleid => 'roleid!' }, \&everybody, sub {
    my ($p) = @_;
    return cfg()->{roles}{ $p->{roleid} } // fail("role '$p->{roleid}' does not exist\n");
});

method('POST /access/roles', { roleid => 'roleid!', privs => 'privs' }, needs('/access', 'Sys.Modify'), sub {
    my ($p) = @_;
    param_error(roleid => "cannot use role ID starting with the (case-insensitive) 'PVE' namespace") if $p->{roleid} =~ /^PVE/i;
    locked('user.cfg', 'create role failed', sub {
        my $cfg = cfg();
        fail("role '$p->{roleid}' already exists\n") if $cfg->{roles}{ $p->{roleid} };
        $cfg->{roles}{ $p->{roleid} } = { map { ($_ => 1) } split_list($p->{privs}) };
        save_users($cfg);
    });
    return undef;
});

method('PUT /access/roles/{roleid}', { roleid => 'roleid!', privs => 'privs', append => 'boolean' }, needs('/access', 'Sys.Modify'), sub {
    my ($p) = @_;
    fail("auto-generated role '$p->{roleid}' cannot be modified\n") if builtin_roles()->{ $p->{roleid} };
    locked('user.cfg', 'update role failed', sub {
        my $cfg = cfg();
        my $role = $cfg->{roles}{ $p->{roleid} } // fail("role '$p->{roleid}' does not exist\n");
        $cfg->{roles}{ $p->{roleid} } = { $p->{append} ? %$role : (), map { ($_ => 1) } split_list($p->{privs}) };
        save_users($cfg);
    });
    return undef;
});

method('DELETE /access/roles/{roleid}', { roleid => 'roleid!' }, needs('/access', 'Sys.Modify'), sub {
    my ($p) = @_;
    fail("auto-generated role '$p->{roleid}' cannot be deleted\n") if builtin_roles()->{ $p->{roleid} };
    locked('user.cfg', 'delete role failed', sub {
        my $cfg = cfg();
        delete $cfg->{roles}{ $p->{roleid} } // fail("role '$p->{roleid}' does not exist\n");
        save_users($cfg);
    });
    return undef;
});

method('GET /access/acl', {}, \&everybody, sub {
    my (undef, $auth) = @_;
    my $cfg = cfg();
    my $all = check($cfg, $auth, '/access', ['Sys.Audit'], 1);
    my @rows;
    for my $path (order_paths(keys %{ $cfg->{acl} })) {
        next unless $all || may_modify($cfg, $auth, $path, 1);
        for my $kind (qw(user group token)) {
            my $entries = $cfg->{acl}{$path}{"${kind}s"} // {};
            for my $id (sort keys %$entries) {
                push @rows, map { { path => $path, type => $kind, ugid => $id, roleid => $_, propagate => $entries->{$id}{$_} } } sort keys %{ $entries->{$id} };
            }
        }
    }
    return \@rows;
}, columns => [qw(path roleid type ugid propagate)]);

method('PUT /access/acl', { path => 'string!', roles => 'roles!', users => 'users', groups => 'groups', tokens => 'tokens', propagate => 'boolean', delete => 'boolean' }, sub {
    my ($cfg, $auth, $p) = @_;
    my $path = normal_path($p->{path}) // return;
    may_modify($cfg, $auth, $path);
}, sub {
    my ($p, $auth) = @_;
    param_error(map { ($_ => "either 'users', 'groups' or 'tokens' is required.") } qw(users groups tokens)) unless $p->{users} || $p->{groups} || $p->{tokens};
    my $path = normal_path($p->{path});
    # What is known by now is asked only of those who give.
    param_error(path => "invalid ACL path '$p->{path}'") if !$path || !$p->{delete} && !known_path($path);
    locked('user.cfg', 'ACL update failed', sub {
        my $cfg = cfg();
        my $own = permissions($cfg, $auth, $path);
        my $propagate = $p->{propagate} // 1 ? 1 : 0;
        my $verb = $p->{delete} ? 'remove' : 'add';
        for my $role (split_list($p->{roles})) {
            my $privileges = $cfg->{roles}{$role} // fail("role '$role' does not exist\n");
            if (!defined $own->{'Permissions.Modify'}) {
                # Whoever may not hand out everything hands out what he has.
                for my $privilege (sort keys %$privileges) {
                    param_error(role => "Cannot $verb role '$role' - requires 'Permissions.Modify' or superset of privileges.") unless defined $own->{$privilege};
                    param_error(role => "Cannot $verb role '$role' with propagation - requires 'Permissions.Modify' or propagated superset of privileges.")
                        if $propagate && !$own->{$privilege} && !$p->{delete};
                }
                param_error(role => "Cannot $verb role '$role' - requires 'Permissions.Modify'") if $role eq 'NoAccess';
            }
            my $entry = sub {
                my ($kind, $id) = @_;
                if ($p->{delete}) { delete $cfg->{acl}{$path}{$kind}{$id}{$role} }
                else { $cfg->{acl}{$path}{$kind}{$id}{$role} = $propagate }
            };
            for my $group (split_list($p->{groups})) {
                fail("group '$group' does not exist\n") unless $cfg->{groups}{$group};
                $entry->('groups', $group);
            }
            for my $user (split_list($p->{users})) {
                fail("user '$user' does not exist\n") unless $cfg->{users}{$user};
                $entry->('users', $user);
            }
            for my $token (split_list($p->{tokens})) {
                existing_token($cfg, token_name($token));
                $entry->('tokens', $token);
            }
        }
        save_users($cfg);
    });
    return undef;
});

method('GET /access/permissions', { userid => 'string', path => 'string' }, \&everybody, sub {
    my ($p, $auth) = @_;
    my $cfg = cfg();
    my $id = $p->{userid} // $auth;
    my ($owner) = token_name($id);
    check($cfg, $auth, '/access', ['Sys.Audit']) unless $id eq $auth || defined $owner && $owner eq $auth;
    return { $p->{path} => permissions($cfg, $id, $p->{path}) } if $p->{path};
    return effective($cfg, $id);
});

method('GET /access/domains', {}, \&everybody, sub {
    my ($order, $realm) = domains();
    return [ map {
        my $d = $realm->{$_};
        my ($factor) = ($d->{tfa} // '') =~ /^(?:.*,)?type=(\w+)/;
        { realm => $_, type => $d->{type}, $d->{comment} ? (comment => $d->{comment}) : (), $d->{default} ? (default => 1) : (), $factor ? (tfa => $factor) : () }
    } @$order ];
}, columns => [qw(realm type comment tfa)], world => 1);

my %domain = map { ($_ => 'string') } qw(base_dn bind_dn capath cert certkey client-id client-key comment domain filter groups-claim group_classes group_dn group_filter
    group_name_attr issuer-url acr-values prompt scopes server1 server2 sync-defaults-options sync_attributes tfa user_attr user_classes username-claim delete digest audiences);
$domain{$_} = 'boolean' for qw(autocreate case-sensitive default groups-autocreate groups-overwrite query-userinfo secure verify);
$domain{port} = 'integer';
$domain{mode} = [qw(ldap ldaps ldap+starttls)];
$domain{sslversion} = [qw(tlsv1 tlsv1_1 tlsv1_2 tlsv1_3)];

method('GET /access/domains/{realm}', { realm => 'realm!' }, needs('/access/realm', 'Realm.Allocate', 'Sys.Audit'), sub {
    my ($p) = @_;
    my (undef, $realm) = domains();
    my $d = $realm->{ $p->{realm} } // fail("domain '$p->{realm}' does not exist\n");
    require Digest::SHA;
    return { map({ my $v = $d->{$_}; ($_ => $v =~ /^\d+$/ ? $v + 0 : $v) } keys %$d), digest => Digest::SHA::sha1_hex(read_cfg('domains.cfg') // '') };
});

method('PUT /access/domains/{realm}', { realm => 'realm!', %domain }, needs('/access/realm', 'Realm.Allocate'), sub {
    my ($p) = @_;
    locked('domains.cfg', 'update auth server failed', sub {
        my ($order, $realm) = domains();
        my $d = $realm->{ $p->{realm} } // fail("domain '$p->{realm}' does not exist\n");
        my @set = grep { !/^(?:realm|delete|digest)$/ && defined $p->{$_} } keys %$p;
        fail("no options specified\n") unless @set || $p->{delete};
        delete $d->{$_} for grep { $_ ne 'type' } split_list($p->{delete});
        if ($p->{default}) { delete $_->{default} for values %$realm }
        $d->{$_} = $p->{$_} for @set;
        save_domains($order, $realm);
    });
    return undef;
});

# Entries of second factors without what is secret in them, in the order of their kinds.
sub factors_of {
    my ($user) = @_;
    my @rows;
    for my $type (qw(recovery totp u2f webauthn yubico)) {
        my $entries = $user->{$type} // next;
        if ($type eq 'recovery') { push @rows, { id => 'recovery', type => 'recovery', created => $entries->{created} }; next }
        for my $entry (@$entries) {
            push @rows, { type => $type, map({ ($_ => $entry->{$_}) } grep { defined $entry->{$_} } qw(id description created)),
                exists $entry->{enable} && !$entry->{enable} ? (enable => 0) : () };
        }
    }
    return \@rows;
}

method('GET /access/tfa', {}, \&everybody, sub {
    my (undef, $auth) = @_;
    my $cfg = cfg();
    my $all = check_any($cfg, $auth, '/access/groups', [ 'User.Modify', 'Sys.Audit' ], 1);
    my $users = tfa()->{users};
    my @rows;
    for my $id (sort keys %$users) {
        next unless $all || $id eq $auth;
        my $entries = factors_of($users->{$id});
        next unless @$entries;
        my $row = { userid => $id, entries => $entries };
        locks($row, $users->{$id});
        push @rows, $row;
    }
    return \@rows;
});

method('GET /access/tfa/{userid}', { userid => 'userid!' }, sub { my ($cfg, $auth, $p) = @_; $auth eq $p->{userid} or over_user($cfg, $auth, $p->{userid}, 'User.Modify', 'Sys.Audit') }, sub {
    my ($p) = @_;
    return factors_of(tfa()->{users}{ $p->{userid} } // {});
});

# What pveum alone has.
method('DELETE pveum:tfa', { userid => 'userid!', id => 'string' }, undef, sub {
    my ($p) = @_;
    locked('priv/tfa.cfg', 'deleting TFA entries failed', sub {
        my $factors = tfa();
        my $user = $factors->{users}{ $p->{userid} } // {};
        my $left = 0;
        if (defined $p->{id}) {
            for my $type (qw(totp u2f webauthn yubico)) { $user->{$type} = [ grep { $_->{id} ne $p->{id} } @{ $user->{$type} // [] } ]; delete $user->{$type} unless @{ $user->{$type} } }
            delete $user->{recovery} if $p->{id} eq 'recovery';
            $left = @{ factors_of($user) };
        }
        delete $factors->{users}{ $p->{userid} } unless $left;
        if (!$left) {
            locked('user.cfg', 'update user failed', sub {
                my $cfg = cfg();
                if (my $known = $cfg->{users}{ $p->{userid} }) { delete $known->{keys}; save_users($cfg) }
            });
        }
        save_tfa($factors);
    });
    return undef;
});

method('PUT /access/password', { userid => 'userid!', password => 'password!' }, sub { my ($cfg, $auth, $p) = @_; $auth eq $p->{userid} or over_user($cfg, $auth, $p->{userid}, 'User.Modify') }, sub {
    my ($p) = @_;
    my ($id, $name, $realm) = user_name($p->{userid});
    existing_user(cfg(), $id);
    set_password($name, $realm, $p->{password});
    return undef;
});

# --- pools

method('GET /pools', { poolid => 'string' }, \&everybody, sub {
    my ($p, $auth) = @_;
    my $cfg = cfg();
    my @rows;
    for my $id (sort keys %{ $cfg->{pools} }) {
        next if defined $p->{poolid} && $p->{poolid} ne $id;
        next unless check_any($cfg, $auth, "/pool/$id", ['Pool.Audit'], 1);
        my $pool = $cfg->{pools}{$id};
        push @rows, { poolid => $id, defined $pool->{comment} ? (comment => $pool->{comment}) : (), defined $p->{poolid} ? (members => members_of($pool)) : () };
    }
    return \@rows;
}, columns => [qw(poolid comment members)]);

sub members_of {
    my ($pool) = @_;
    return [ map({ { id => "qemu/$_", vmid => $_ + 0 } } sort { $a <=> $b } keys %{ $pool->{vms} }), map { { id => "storage/$_", storage => $_, type => 'storage' } } sort keys %{ $pool->{storage} } ];
}

method('GET /pools/{poolid}', { poolid => 'poolid!' }, needs('/pool/{poolid}', 'Pool.Audit'), sub {
    my ($p) = @_;
    my $pool = cfg()->{pools}{ $p->{poolid} } // fail("pool '$p->{poolid}' does not exist\n");
    return { members => members_of($pool), defined $pool->{comment} ? (comment => $pool->{comment}) : () };
});

method('POST /pools', { poolid => 'poolid!', comment => 'string' }, needs('/pool/{poolid}', 'Pool.Allocate'), sub {
    my ($p) = @_;
    locked('user.cfg', 'create pool failed', sub {
        my $cfg = cfg();
        my $id = $p->{poolid};
        fail("pool '$id' already exists\n") if $cfg->{pools}{$id};
        fail("parent '$1' of pool '$id' does not exist\n") if $id =~ m{^(.+)/[^/]+$} && !$cfg->{pools}{$1};
        $cfg->{pools}{$id} = { vms => {}, storage => {}, $p->{comment} ? (comment => $p->{comment}) : () };
        save_users($cfg);
    });
    return undef;
});

method('PUT /pools/{poolid}', { poolid => 'poolid!', comment => 'string', vms => 'string', storage => 'string', delete => 'boolean', 'allow-move' => 'boolean' }, needs('/pool/{poolid}', 'Pool.Allocate'), sub {
    my ($p) = @_;
    locked('user.cfg', 'update pools failed', sub {
        my $cfg = cfg();
        my $id = $p->{poolid};
        my $pool = $cfg->{pools}{$id} // fail("pool '$id' does not exist\n");
        $pool->{comment} = $p->{comment} if defined $p->{comment};
        for my $guest (split_list($p->{vms})) {
            if ($p->{delete}) {
                delete $pool->{vms}{$guest} // fail("VM $guest is not a pool member\n");
                next;
            }
            my $other = $cfg->{vms}{$guest};
            fail("VM $guest is already a pool member\n") if defined $other && $other eq $id;
            if (defined $other) {
                fail("VM $guest belongs already to pool '$other' and 'allow-move' is not set\n") unless $p->{'allow-move'};
                delete $cfg->{pools}{$other}{vms}{$guest};
            }
            $pool->{vms}{$guest} = 1;
        }
        for my $store (split_list($p->{storage})) {
            if ($p->{delete}) { delete $pool->{storage}{$store} // fail("Storage '$store' is not a pool member\n") }
            elsif ($pool->{storage}{$store}) { fail("Storage '$store' is already a pool member\n") }
            else { $pool->{storage}{$store} = 1 }
        }
        save_users($cfg);
    });
    return undef;
});

method('DELETE /pools/{poolid}', { poolid => 'poolid!' }, needs('/pool/{poolid}', 'Pool.Allocate'), sub {
    my ($p) = @_;
    locked('user.cfg', 'delete pool failed', sub {
        my $cfg = cfg();
        my $id = $p->{poolid};
        my $pool = $cfg->{pools}{$id} // fail("pool '$id' does not exist\n");
        fail("pool '$id' is not empty (contains VMs)\n") if %{ $pool->{vms} };
        fail("pool '$id' is not empty (contains storage)\n") if %{ $pool->{storage} };
        fail("pool '$id' is not empty (contains pools)\n") if grep { index($_, "$id/") == 0 } keys %{ $cfg->{pools} };
        delete $cfg->{pools}{$id};
        delete $cfg->{acl}{"/pool/$id"};
        save_users($cfg);
    });
    return undef;
});

# --- datacenter.cfg

my %OBJECT = map { ($_ => 1) } qw(crs ha migration next-id notify replication tag-style u2f user-tag-access webauthn);
my %OPTION = map { ($_ => 'string') } qw(bwlimit console consent-text crs description email_from fencing ha http_proxy keyboard language mac_prefix migration
    next-id notify registered-tags replication tag-style u2f user-tag-access webauthn delete);
$OPTION{$_} = 'integer' for qw(max_workers);

sub datacenter {
    my (%set, @about);
    for my $line (split /\n/, read_cfg('datacenter.cfg') // '') {
        if ($line =~ /^#(.*)$/) { push @about, $1 }
        elsif ($line =~ /^([a-z][\w-]*):\s*(.*?)\s*$/) { $set{$1} = $2 }
    }
    return (\%set, join("\n", @about));
}

method('GET /cluster/options', {}, \&everybody, sub {
    my (undef, $auth) = @_;
    my ($set, $about) = datacenter();
    my %answer = ('allowed-tags' => [], description => $about, mac_prefix => 'BC:24:11');
    for my $key (keys %$set) {
        my $value = $set->{$key};
        if ($OBJECT{$key}) {
            my %part = map { /^([^=]+)=(.*)$/ ? ($1 => $2) : () } split /,/, $value;
            $answer{$key} = \%part;
        } else {
            $answer{$key} = $value =~ /^\d+$/ ? $value + 0 : $value;
        }
    }
    return \%answer if check(cfg(), $auth, '/', ['Sys.Audit'], 1);
    return { map { ($_ => $answer{$_}) } grep { exists $answer{$_} } qw(allowed-tags console tag-style) };
});

method('PUT /cluster/options', \%OPTION, needs('/', 'Sys.Modify'), sub {
    my ($p) = @_;
    locked('datacenter.cfg', 'update datacenter options failed', sub {
        my ($set, $about) = datacenter();
        for my $key (split_list($p->{delete})) {
            param_error(delete => "unknown option '$key'") unless $OPTION{$key};
            delete $set->{$key};
            $about = '' if $key eq 'description';
        }
        $about = $p->{description} if defined $p->{description};
        $set->{$_} = $p->{$_} for grep { $_ !~ /^(?:delete|description)$/ } keys %$p;
        write_cfg('datacenter.cfg', join('', map { "#$_\n" } split /\n/, $about) . join('', map { "$_: $set->{$_}\n" } sort keys %$set));
    });
    return undef;
});

# --- calls

sub methods { return @METHOD }

# The method and what its path says, or nothing.
sub method_for {
    my ($verb, $path) = @_;
    for my $method (@METHOD) {
        next unless $method->{verb} eq $verb;
        my @part = $path =~ $method->{pattern} or next;
        my %from;
        @from{ @{ $method->{names} } } = @part if @{ $method->{names} };
        return ($method, \%from);
    }
    return ();
}

sub parameters { my ($method) = @_; my $p = $method->{parameters}; return ref $p eq 'CODE' ? $p->() : $p }

my %BOOLEAN = ((map { ($_ => 1) } qw(1 on yes true)), (map { ($_ => 0) } qw(0 off no false)));

# Whatever does not fit, by its name; the values as they are kept.
sub verified {
    my ($method, $given) = @_;
    my $known = parameters($method);
    my (%value, %error);
    for my $name (keys %$given) {
        my $value = $given->{$name};
        my $type = $known->{$name};
        if (!defined $type) { $error{$name} = 'property is not defined in schema and the schema does not allow additional properties'; next }
        my $kind = ref $type ? 'enum' : $type =~ s/!$//r;
        my $wrong;
        if ($kind eq 'boolean') {
            my $bool = $BOOLEAN{ lc $value };
            if (defined $bool) { $value = "$bool" }
            else { $wrong = "type check ('boolean') failed - got '$value'" }
        } elsif ($kind eq 'integer') {
            if ($value !~ /^[+-]?\d+$/) { $wrong = "type check ('integer') failed - got '$value'" }
            elsif ($value < 0) { $wrong = 'value must have a minimum value of 0' }
        } elsif ($kind eq 'enum') {
            $wrong = "value '$value' does not have a value in the enumeration '" . join(', ', @$type) . "'" unless grep { $_ eq $value } @$type;
        } elsif ($kind eq 'password') {
            $wrong = 'value must be at least 8 characters long' if length $value < 8;
        } elsif ($kind eq 'email') {
            $wrong = "invalid format - value does not look like a valid email address\n" if $value ne '' && $value !~ /^[^\s:@]+@[^\s:@]+$/;
        } elsif ($kind eq 'tokenid') {
            $wrong = "value does not match the regex pattern" unless $value =~ /^[A-Za-z][A-Za-z0-9.\-_]+$/;
        } else {
            $wrong = wrong_names($kind, $value);
        }
        if (defined $wrong) { $error{$name} = $wrong }
        else { $value{$name} = $value }
    }
    for my $name (grep { !ref $known->{$_} && $known->{$_} =~ /!$/ && !defined $given->{$_} } keys %$known) {
        $error{$name} = 'property is missing and it is not optional';
    }
    fail('Parameter verification failed.', code => 400, errors => \%error, schema => 1) if %error;
    return \%value;
}

sub wrong_names {
    my ($kind, $value) = @_;
    my %test = (
        userid => sub { user_name($_[0]) ? undef : "value '$_[0]' does not look like a valid user name" },
        groupid => sub { HoldfastAccess::group_name($_[0]) ? undef : "group name '$_[0]' contains invalid characters" },
        roleid => sub { HoldfastAccess::group_name($_[0]) ? undef : "role name '$_[0]' contains invalid characters" },
        poolid => sub { HoldfastAccess::pool_name($_[0]) ? undef : split('/', $_[0]) > 3 ? "pool name '$_[0]' nested too deeply (max levels = 3)" : "pool name '$_[0]' contains invalid characters" },
        realm => sub { $_[0] =~ /^[A-Za-z][A-Za-z0-9.\-_]+$/ ? undef : 'value does not look like a valid realm' },
        fullid => sub { token_name($_[0]) ? undef : "value '$_[0]' does not look like a valid token ID" },
        priv => sub { is_privilege($_[0]) ? undef : "invalid privilege '$_[0]'" },
    );
    my %list = (users => 'userid', groups => 'groupid', roles => 'roleid', tokens => 'fullid', privs => 'priv');
    my $test = $test{ $list{$kind} // $kind } // return undef;
    for my $one ($list{$kind} ? split_list($value) : $value) {
        my $wrong = $test->($one);
        return "invalid format - $wrong\n" if defined $wrong;
    }
    return undef;
}

# Does it, as somebody. root@pam may do everything.
sub run {
    my ($method, $given, $auth) = @_;
    if ($auth ne 'root@pam' && !$method->{world}) {
        fail("Permission check failed (user != root\@pam)\n", code => 403) unless $method->{may};
        my $quietly = $quiet;
        local $quiet = $quietly // 1;
        # A missing parameter is the verification's affair.
        $method->{may}->(cfg(), $auth, $given) unless grep { !defined $given->{$_} } required($method);
    }
    return $method->{code}->(verified($method, $given), $auth);
}

sub required { my ($method) = @_; my $known = parameters($method); return grep { !ref $known->{$_} && $known->{$_} =~ /!$/ } keys %$known }

# The same by its path, as the API has it; nothing where there is no such path.
sub call {
    my ($verb, $path, $given, $auth) = @_;
    my ($method, $from) = method_for($verb, $path);
    return () unless $method;
    return (1, run($method, { %$given, %$from }, $auth));
}

1;
