# For bench/compare, bench/quorum and bench/startup: an OpenSSH server on loopback that stands for up to 1000 nodes, the work that a
# scan does on them as plain ssh can do it too, and CPU times. Set $root and read this in; it cleans up at exit.

say() { printf '%s\n' "$*"; }
die() {
    printf 'bench: %s\n' "$*" >&2
    exit 2
}
[ "$(id -u)" = 0 ] || die "the checks read a node as root: run this as root"
[ -r /proc/self/stat ] || die "this reads /proc: it needs Linux"
sshd=$(PATH=$PATH:/usr/sbin:/sbin command -v sshd) || die "there is no sshd here: install openssh-server"
for program in ssh ssh-keygen xargs awk getconf; do
    command -v $program >/dev/null || die "there is no $program here"
done
work=$(mktemp -d "${TMPDIR:-/tmp}/holdfast-bench.XXXXXX")
# What is measured is stored, as it is for everybody; but not among the runs of whoever measures.
export XDG_STATE_HOME="$work/state"
sshd_pid=
finish() {
    trap - EXIT
    if [ -n "$sshd_pid" ]; then
        kill "$sshd_pid" 2>/dev/null || :
        wait "$sshd_pid" 2>/dev/null || :
    fi
    rm -rf "$work"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

# ---------------------------------------------------------------- the nodes

port=$((20000 + $$ % 10000))
catch=$((port + 10000)) # logins here are only noted: this is how the script comes to the other sides
mkdir -p /run/sshd "$work/out" "$work/home" "$work/commands" "$work/inputs"
ssh-keygen -q -t ed25519 -N '' -f "$work/host"
ssh-keygen -q -t ed25519 -N '' -f "$work/key"
cat >"$work/catch.sh" <<END
printf '%s' "\$SSH_ORIGINAL_COMMAND" >$work/command
cat >$work/input
END
{
    cat <<END
ListenAddress 0.0.0.0:$port
ListenAddress 127.0.0.1:$catch
HostKey $work/host
AuthorizedKeysFile $work/key.pub
PidFile none
StrictModes no
UsePAM no
UseDNS no
PermitRootLogin prohibit-password
PasswordAuthentication no
KbdInteractiveAuthentication no
AllowUsers root@127.0.0.1
MaxStartups 2000
MaxSessions 100
LogLevel ERROR
# What root has in .bashrc here (some start programs, or wait for locks) is not what is measured.
SetEnv HOME=$work/home
END
    # OpenSSH 9.8 and newer shut out addresses that knock too often.
    say 'PerSourcePenalties no' >"$work/try"
    if "$sshd" -t -f "$work/try" -h "$work/host" 2>/dev/null; then say 'PerSourcePenalties no'; fi
    say "Match LocalPort $catch"
    say "    ForceCommand /bin/sh $work/catch.sh"
} >"$work/sshd_config"
# $enter may be a program that starts it somewhere else, such as in a namespace.
"${enter:-env}" "$sshd" -D -e -f "$work/sshd_config" 2>"$work/sshd.log" &
sshd_pid=$!

nodes() { awk -v n="$1" 'BEGIN { for (i = 0; i < n; i++) print "127.0." 1 + int(i / 250) "." 1 + i % 250 }'; }
nodes 1000 | while read -r name; do say "[$name]:$port $(cut -d' ' -f1,2 "$work/host.pub")"; done >"$work/known_hosts"
say "[127.0.0.1]:$catch $(cut -d' ' -f1,2 "$work/host.pub")" >>"$work/known_hosts"
cat >"$work/ssh_config" <<END
Host 127.0.0.1
    Port $catch
Host *
    Port $port
    User root
    IdentityFile $work/key
    IdentitiesOnly yes
    IdentityAgent none
    UserKnownHostsFile $work/known_hosts
    GlobalKnownHostsFile /dev/null
    StrictHostKeyChecking yes
    BatchMode yes
    LogLevel ERROR
END

tries=0
until ssh -F "$work/ssh_config" 127.0.1.1 true 2>/dev/null; do
    tries=$((tries + 1))
    kill -0 "$sshd_pid" 2>/dev/null && [ "$tries" -lt 50 ] || die "sshd does not start: $(head -n 3 "$work/sshd.log")"
    sleep 0.2
done

# ---------------------------------------------------------------- the work

"$root/holdfast" --version >/dev/null || die "holdfast does not start"
"$root/holdfast" scan -i 127.0.0.1, -F "$work/ssh_config" --quiet >/dev/null 2>&1 || :
# That start made the launcher's cache, or still makes it in the background.
waited=0
while [ -n "$(find "${HOLDFAST_CACHE:-$root/.holdfast}" -name 'classes-*.part' 2>/dev/null)" ] && [ "$waited" -lt 60 ]; do
    waited=$((waited + 1))
    sleep 1
done
[ -s "$work/input" ] || die "the script could not be caught"
nonce=$(head -n 1 "$work/input")

# Each visit has a random word of its own, which also names its directory on the node: here, one per node.
set_nodes() {
    nodes "$1" >"$work/names"
    { say '[all]'; cat "$work/names"; } >"$work/inventory"
    awk -v work="$work" -v nonce="$nonce" '
        FILENAME ~ /command$/ { command = $0; next }
        FILENAME ~ /input$/ { input = input $0 "\n"; next }
        {
            own = substr(nonce, 1, length(nonce) - 4) sprintf("%04d", ++n)
            line = command; gsub(nonce, own, line); print line >(work "/commands/" $1); close(work "/commands/" $1)
            text = input; gsub(nonce, own, text); printf "%s", text >(work "/inputs/" $1); close(work "/inputs/" $1)
        }' "$work/command" "$work/input" "$work/names"
}
cat >"$work/visit" <<END
#!/bin/sh
read -r command <$work/commands/\$1
exec ssh -F $work/ssh_config \${KEX:+-o KexAlgorithms=\$KEX} "\$1" "\$command" <$work/inputs/\$1 >$work/out/\$1
END
chmod +x "$work/visit"

# ---------------------------------------------------------------- measuring

now() { cut -d' ' -f1 /proc/uptime; }
ticks=$(getconf CLK_TCK)

# CPU seconds of sshd and of all its children that have ended; waits for those that have not.
node_cpu() {
    waited=0
    while [ -n "$(cat "/proc/$sshd_pid/task/$sshd_pid/children" 2>/dev/null)" ] && [ "$waited" -lt 50 ]; do
        waited=$((waited + 1))
        sleep 0.1
    done
    sed 's/.*) //' "/proc/$sshd_pid/stat" | awk -v t="$ticks" '{ print ($12 + $13 + $14 + $15) / t }'
}

# A line of "times" in seconds, user and system together.
seconds_of() { sed -n 2p "$1" | tr 'ms' '  ' | awk '{ print $1 * 60 + $2 + $3 * 60 + $4 }'; }
