# What the controller asks a node to do, one call each; $R is the run, $BASE is /var/lib/holdfast.
S=$BASE/$R

fail() {
    printf '@failed %s %s\n' "$1" "$2"
    exit 1
}
tell() { if command -v logger >/dev/null; then logger -t holdfast -- "run $R: $1"; fi; }
under_systemd() { [ -d /run/systemd/system ] && command -v systemd-run >/dev/null; }

# The SHA-256 of a file, or "absent".
digest() {
    if [ -e "$1" ]; then
        sum=$(timeout 15 sha256sum -- "$1") || return 1
        sum=${sum#\\}
        printf '%s\n' "${sum%% *}"
    else
        echo absent
    fi
}

# ------------------------------------------------------------------ planning

# What stands at a path: real path, kind, mode, owner, digest, and, where it may leave the node, the content.
look() {
    real=$(readlink -f -- "$1") || real=$1
    printf '@look %s\n@real %s\n' "$1" "$real"
    if [ ! -e "$real" ]; then
        printf '@kind absent\n'
    elif [ ! -f "$real" ]; then
        printf '@kind %s\n' "$(stat -c %F -- "$real")"
    else
        size=$(stat -c %s -- "$real")
        if [ "$size" -gt 1048576 ]; then
            printf '@kind too large, %s bytes\n' "$size"
            return
        fi
        sum=$(digest "$real") || { printf '@kind unreadable\n'; return; }
        printf '@kind file\n@attributes %s\n@digest %s\n' "$(stat -c '%a %U:%G' -- "$real")" "$sum"
        if [ "$2" = shown ]; then
            printf '@content '
            base64 -w 0 -- "$real"
            printf '\n'
        fi
    fi
}

# ------------------------------------------------------------------ the lock

# Whether a run's timer still waits, or its way back is under way.
guard_alive() {
    if under_systemd; then
        # After a reboot it is this unit that puts back, and it may wait for quorum.
        if systemctl is-active --quiet "holdfast-rollback-$1.service"; then return 0; fi
        for kind in timer service; do
            if systemctl list-units --all --plain --no-legend --state=active,activating,waiting "holdfast-guard-$1-[0-9].$kind" 2>/dev/null | grep -q .; then return 0; fi
        done
    fi
    for p in "$BASE/$1"/guard.*.pid; do
        [ -e "$p" ] || continue
        IFS= read -r pid <"$p"
        case $pid in '' | *[!0-9]*) continue ;; esac
        if kill -0 "$pid" 2>/dev/null; then return 0; fi
    done
    return 1
}

boot() { if [ -r /proc/sys/kernel/random/boot_id ]; then cat /proc/sys/kernel/random/boot_id; else echo unknown; fi; }

began() {
    for mark in "$BASE/$1"/files/*/began "$BASE/$1"/commands/*/began; do
        if [ -e "$mark" ]; then return 0; fi
    done
    return 1
}

held() {
    printf '@locked %s\n' "$1"
    sed 's/^/@holder /' "$BASE/lock"
    printf '@now %s\n' "$(date +%s)"
    rm -rf "$S"
    exit 1
}

# One run at a time; the lock is the holder's own file under a second name.
take_lock() {
    if [ -L "$BASE" ]; then fail io "$BASE is a symbolic link: remove it"; fi
    mkdir -p "$BASE" && chmod 0700 "$BASE" || fail io "$BASE cannot be made"
    [ -O "$BASE" ] || fail io "$BASE does not belong to root: somebody else made it"
    umask 077
    mkdir "$S" || fail io "$S cannot be made: is the disk full?"
    { base64 -d && printf 'since=%s\nboot=%s\n' "$(date +%s)" "$(boot)"; } >"$S/holder" && [ -s "$S/holder" ] || { rm -rf "$S"; fail space "$S cannot be written: is the disk full?"; }
    # To look at a dead run's lock and to take it over is one thing: another run may do the same at this moment.
    if command -v flock >/dev/null && : >>"$BASE/.taking"; then
        exec 8>>"$BASE/.taking"
        flock -w 60 8 || { rm -rf "$S"; fail busy 'another run has been taking the lock for a minute; try again'; }
    fi
    tries=0
    until ln "$S/holder" "$BASE/lock" 2>/dev/null; do
        if [ ! -e "$BASE/lock" ]; then
            [ "$tries" -lt 3 ] || { rm -rf "$S"; fail io "$BASE/lock cannot be made"; }
            tries=$((tries + 1))
            continue
        fi
        other=$(sed -n 's/^run=//p' "$BASE/lock")
        case $other in '' | *[!A-Za-z0-9-]*) held foreign ;; esac
        former=
        if [ -e "$BASE/$other/outcome" ]; then IFS= read -r former <"$BASE/$other/outcome"; fi
        if [ "$former" = confirmed ] || [ -e "$BASE/$other/restored" ]; then
            # It has ended and is just about to unlock, or was cut off before it could.
            if [ "$tries" -lt 4 ]; then tries=$((tries + 1)); sleep 1; continue; fi
            printf '@note the lock of run %s was left behind after its end; taken over\n' "$other"
        elif guard_alive "$other"; then
            held alive
        elif ! began "$other"; then
            age=$(($(date +%s) - $(stat -c %Y "$BASE/lock")))
            if [ "$age" -lt 60 ] && [ "$age" -ge 0 ] && grep -qx "boot=$(boot)" "$BASE/lock"; then held alive; fi
            printf '@note run %s died before it changed anything; its lock is taken over\n' "$other"
        else
            held dead
        fi
        mv -T "$BASE/lock" "$S/lock.of-$other" 2>/dev/null
        if [ -e "$S/lock.of-$other" ] && ! grep -qx "run=$other" "$S/lock.of-$other"; then
            # Somebody else was quicker and this is theirs.
            ln "$S/lock.of-$other" "$BASE/lock"
        fi
    done
    exec 8>&-
}

# From here to "sealed" a failure leaves nothing behind.
unless_sealed_abandon() { trap abandon EXIT; }
sealed() { trap - EXIT; }

# ------------------------------------------------------------------ saving

# keep NUMBER PATH EXPECTED: a copy of what will be replaced.
keep() {
    mkdir -p "$S/files/$1" && printf '%s\n' "$2" >"$S/files/$1/path" || fail space "$S cannot be written: is the disk full?"
    now=$(digest "$2") || fail io "$2 cannot be read"
    [ "$now" = "$3" ] || fail changed "$2 was changed since it was planned"
    if [ "$now" = absent ]; then
        : >"$S/files/$1/absent"
    else
        timeout 15 cp -p -- "$2" "$S/files/$1/content" || fail space "$2 cannot be copied to $S: is the disk full?"
        [ "$(digest "$S/files/$1/content")" = "$3" ] || fail io "the copy of $2 is not what was there"
    fi
}

# keep_undo NUMBER PURPOSE: what takes a command back, on standard input.
keep_undo() {
    mkdir -p "$S/commands/$1" && printf '%s\n' "$2" >"$S/commands/$1/purpose" && cat >"$S/commands/$1/undo" || fail space "$S cannot be written: is the disk full?"
}

# store NAME: a script of the run's own, on standard input.
store() { cat >"$S/$1" || fail space "$S cannot be written: is the disk full?"; }

# seal: the way back stands and is on the disk, also for the next boot, before anything is changed.
seal() {
    echo confirmed >"$S/.confirmed" && echo undone >"$S/.undone" || fail space "$S cannot be written: is the disk full?"
    total=$(du -sk "$S" | cut -f 1)
    head -c "$(((total + 64) * 1024))" /dev/urandom >"$S/reserve" || fail space "there is no room for the way back in $S"
    if [ -d /run/systemd/system ]; then
        mkdir -p /etc/systemd/system/multi-user.target.wants
        cat >"/etc/systemd/system/holdfast-rollback-$R.service" <<UNIT || fail space "the unit for the next boot cannot be written"
[Unit]
Description=holdfast: put back what run $R has changed, unless it was confirmed
After=local-fs.target network.target ssh.service pve-cluster.service
ConditionPathExists=$S/rollback

[Service]
ExecStart=/bin/sh $S/rollback guard

[Install]
WantedBy=multi-user.target
UNIT
        ln -sf "../holdfast-rollback-$R.service" "/etc/systemd/system/multi-user.target.wants/holdfast-rollback-$R.service" || fail space "the unit for the next boot cannot be enabled"
        sync "/etc/systemd/system/holdfast-rollback-$R.service" /etc/systemd/system/multi-user.target.wants
    fi
    [ -s "$S/rollback" ] || fail space "$S/rollback cannot be written: is the disk full?"
    find "$S" -exec sync '{}' + || fail io "$S cannot be forced to the disk"
}

# ------------------------------------------------------------------ the guard

# arm GENERATION SECONDS
arm() {
    if under_systemd; then
        timeout 20 systemd-run --quiet --collect --unit="holdfast-guard-$R-$1" --description="holdfast: way back of run $R" \
            --on-active="$2" --timer-property=AccuracySec=100ms /bin/sh "$S/rollback" guard || fail arm 'systemd-run did not start the timer'
        systemctl is-active --quiet "holdfast-guard-$R-$1.timer" || fail arm 'the timer does not run'
    else
        # It ends when its file is taken away: nobody has to kill a process by a number.
        setsid /bin/sh -c 'echo $$ >"$1/guard.$3.pid"; n=0; while [ "$n" -lt "$2" ]; do sleep 1; [ -e "$1/guard.$3.pid" ] || exit 0; n=$((n + 1)); done; exec /bin/sh "$1/rollback" guard' "$S" "$S" "$2" "$1" </dev/null >/dev/null 2>&1 &
        n=0
        until [ -s "$S/guard.$1.pid" ]; do
            n=$((n + 1))
            [ "$n" -lt 50 ] || fail arm 'the timer did not start'
            sleep 0.1
        done
    fi
    printf '@armed %s %s\n' "$1" "$2"
}

# disarm [GENERATION]: one timer, or all of this run; RUN-cluster has timers of its own, which RUN leaves alone.
disarm() {
    if under_systemd; then
        if [ $# -gt 0 ]; then timers=holdfast-guard-$R-$1.timer; else
            timers=$(systemctl list-units --all --plain --no-legend "holdfast-guard-$R-[0-9].timer" | awk '{ print $1 }')
        fi
        for timer in $timers; do timeout 20 systemctl stop "$timer"; done
    fi
    if [ $# -gt 0 ]; then rm -f "$S/guard.$1.pid"; else rm -f "$S"/guard.*.pid; fi
}

# From a decision to write to the end of the writing the way back has to wait: else it would come too early for it.
hold_back() {
    if command -v flock >/dev/null && : >>"$S/.rolling"; then
        exec 9>>"$S/.rolling"
        flock -w 30 9 || fail undone 'the way back is under way'
    fi
}
let_go() { exec 9>&-; }

decided() {
    former=
    if [ -e "$S/outcome" ]; then IFS= read -r former <"$S/outcome"; fi
    [ "$former" != undone ] || fail undone 'the timer on the node has put everything back meanwhile'
}

# ------------------------------------------------------------------ changing

# The locks of Proxmox's own writers (PVE/Cluster.pm, cfs_lock): directories that only one can make.
pve_lock=
pve_unlock() { if [ -n "$pve_lock" ]; then rmdir "$pve_lock" 2>/dev/null; pve_lock=; fi; }
pve_take() {
    [ -n "$1" ] || return 0
    [ -d /etc/pve/priv/lock ] || mkdir -p /etc/pve/priv/lock
    n=0
    until mkdir "/etc/pve/priv/lock/$1" 2>/dev/null; do
        writable
        n=$((n + 1))
        [ "$n" -lt 15 ] || fail busy "Proxmox VE holds its lock $1; try again"
        # Asks the cluster file system to give up a lock whose holder died.
        touch -d @0 "/etc/pve/priv/lock/$1" 2>/dev/null
        sleep 1
    done
    pve_lock=/etc/pve/priv/lock/$1
    trap pve_unlock EXIT
}
writable() {
    [ -L /etc/pve/local ] || fail io '/etc/pve is not mounted: pve-cluster does not run'
    case $(stat -c %A /etc/pve/local) in lr-x*) fail no-quorum 'this node has no quorum: /etc/pve cannot be written' ;; esac
}

# put NUMBER EXPECTED DIGEST MODE LOCK: the new content, in Base64 on standard input, instead of what is there.
put() {
    hold_back
    decided
    IFS= read -r path <"$S/files/$1/path" || fail io "$S/files/$1/path cannot be read"
    dir=${path%/*}
    dir=${dir:-/}
    tmp=$dir/.holdfast-$R.tmp
    case $path in /etc/pve/*) writable; pve_take "$5" ;; esac
    now=$(digest "$path") || fail io "$path cannot be read"
    [ "$now" = "$2" ] || fail changed "$path was changed since it was planned"
    printf '%s\n' "$3" >"$S/files/$1/after" && : >"$S/files/$1/began" && sync "$S/files/$1" || fail space "$S cannot be written: is the disk full?"
    if [ "$3" = absent ]; then
        rm -f -- "$path" || fail io "$path cannot be removed"
    else
        if [ ! -d "$dir" ]; then
            # The first of those that are missing: the way back takes away no more than that.
            made=$dir
            while parent=${made%/*} && [ -n "$parent" ] && [ ! -d "$parent" ]; do made=$parent; done
            printf '%s\n' "$made" >"$S/files/$1/made" || fail space "$S cannot be written: is the disk full?"
            ( umask 022 && mkdir -p -- "$dir" ) || fail io "$dir cannot be made"
        fi
        rm -f -- "$tmp"
        base64 -d >"$tmp" || { rm -f -- "$tmp"; fail space "$dir cannot be written: is the disk full?"; }
        [ "$(digest "$tmp")" = "$3" ] || { rm -f -- "$tmp"; fail space "$tmp is not what was sent: is the disk full?"; }
        case $path in
        /etc/pve/*) ;;
        *)
            if [ -e "$path" ]; then
                cp --attributes-only --preserve=all -- "$path" "$tmp" && touch -- "$tmp"
            else
                chmod "$4" "$tmp"
            fi || { rm -f -- "$tmp"; fail io "owner and mode of $path cannot be kept"; }
            sync "$tmp" || { rm -f -- "$tmp"; fail space "$tmp cannot be forced to the disk"; }
            ;;
        esac
        timeout 15 mv -T -- "$tmp" "$path" || { rm -f -- "$tmp"; fail io "$path cannot be replaced"; }
        case $path in /etc/pve/*) ;; *) sync "$dir" ;; esac
    fi
    now=$(digest "$path")
    [ "$now" = "$3" ] || fail io "$path is not what was written"
    pve_unlock
    let_go
    tell "wrote $path"
    printf '@wrote %s\n' "$path"
}

# validate LIMIT PURPOSE: a command on standard input that must end with 0 before anything takes effect.
validate() {
    cat >"$S/validate" || fail space "$S cannot be written: is the disk full?"
    out=$(timeout -k 2 "$1" /bin/sh "$S/validate" 2>&1 </dev/null)
    status=$?
    if [ "$status" != 0 ]; then
        printf '%s\n' "$out" | head -c 4000
        fail invalid "$2 (exit status $status)"
    fi
    printf '@valid %s\n' "$2"
}

# perform NUMBER LIMIT PURPOSE: a command on standard input that changes the node.
perform() {
    hold_back
    decided
    mkdir -p "$S/commands/$1" && cat >"$S/commands/$1/command" && : >"$S/commands/$1/began" && sync "$S/commands/$1" || fail space "$S cannot be written: is the disk full?"
    for n in $4; do : >"$S/files/$n/began"; done
    tell "$3"
    timeout -k 5 "$2" /bin/sh "$S/commands/$1/command" >"$S/commands/$1/output" 2>&1 </dev/null 9>&-
    status=$?
    # What it made of the files: an undo does not overwrite what somebody puts there later.
    for n in $4; do
        IFS= read -r path <"$S/files/$n/path"
        digest "$path" >"$S/files/$n/after"
    done
    let_go
    if [ "$status" != 0 ]; then
        tail -c 4000 "$S/commands/$1/output"
        fail command "$3: exit status $status"
    fi
    printf '@performed %s\n' "$3"
}

# activate LIMIT: services read their files.
activate() {
    hold_back
    decided
    : >"$S/activated" && sync "$S/activated" || fail space "$S cannot be written: is the disk full?"
    [ -s "$S/reload" ] || { let_go; return 0; }
    tell 'reloading'
    timeout -k 5 "$1" /bin/sh "$S/reload" 2>&1 </dev/null 9>&- || fail reload "the services could not be reloaded"
    let_go
    echo '@reloaded'
}

# ------------------------------------------------------------------ the end

confirm() {
    if ! ln "$S/.confirmed" "$S/outcome" 2>/dev/null; then decided; fi
    [ "$(cat "$S/outcome")" = confirmed ] || fail io "$S/outcome cannot be written"
    disarm
    rm -f "/etc/systemd/system/multi-user.target.wants/holdfast-rollback-$R.service" "/etc/systemd/system/holdfast-rollback-$R.service" "$S/reserve"
    unlock
    tell 'confirmed'
    echo '@outcome confirmed'
}
unlock() { if [ -e "$BASE/lock" ] && grep -qx "run=$R" "$BASE/lock"; then rm -f "$BASE/lock"; fi; }

# abandon: nothing was changed yet, nothing stays.
abandon() {
    disarm
    rm -f "/etc/systemd/system/multi-user.target.wants/holdfast-rollback-$R.service" "/etc/systemd/system/holdfast-rollback-$R.service"
    unlock
    rm -rf "$S"
}

# status: how the run stands on this node, with the digest of every file that it began to change.
status() {
    [ -d "$S" ] || { echo '@outcome none'; return; }
    former=open
    if [ -e "$S/outcome" ]; then IFS= read -r former <"$S/outcome"; fi
    if [ "$former" = undone ] && [ ! -e "$S/restored" ]; then former=incomplete; fi
    printf '@outcome %s\n' "$former"
    for d in "$S"/files/*; do
        # What was never begun belongs to whoever has written it.
        [ -e "$d/path" ] && [ -e "$d/began" ] || continue
        IFS= read -r path <"$d/path"
        printf '@file %s %s\n' "${d##*/}" "$(digest "$path")"
    done
    if guard_alive "$R"; then echo '@guard alive'; fi
}
