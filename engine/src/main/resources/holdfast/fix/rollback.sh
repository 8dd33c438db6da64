#!/bin/sh
# Puts back what a run of holdfast has changed on this node. It stands in the run's own directory below
# /var/lib/holdfast, needs no network and no controller, and may be run again at any time.
#
#   sh rollback            put everything back, unless the run was confirmed
#   sh rollback --anyway   put everything back, also after it was confirmed (then reload what reads the files)
#   sh rollback guard      as the timer and the next boot call it: waits for a cluster file system without quorum
#
# files/N/path      the file; files/N/content what was there before; files/N/absent: there was none
# commands/N/undo   what takes a command back          reload   what makes services read the files
PATH=/usr/sbin:/usr/bin:/sbin:/bin
export PATH
LC_ALL=C
export LC_ALL
case $0 in */*) S=${0%/*} ;; *) S=. ;; esac
S=$(cd "$S" && pwd -P) || exit 1
R=${S##*/}
mode=${1:-now}
umask 077

tell() { if command -v logger >/dev/null; then logger -t holdfast -- "run $R: $1"; fi; }

same() {
    if [ -e "$1/absent" ]; then [ ! -e "$path" ] && [ ! -L "$path" ]; else cmp -s -- "$1/content" "$path"; fi
}

# What somebody else has written since is set aside, never lost.
set_aside() {
    if [ -e "$path" ] && [ -e "$1/after" ] && [ "$(sha256sum <"$path" | cut -d ' ' -f 1)" != "$(cat "$1/after")" ]; then
        cp -p -- "$path" "$1/superseded" && echo "@note $path was changed by somebody else meanwhile; that text is kept in $1/superseded"
    fi
}

# The directories that were made for a file go with it, unless somebody uses them.
remove_made() {
    [ -s "$1/made" ] || return 0
    IFS= read -r made <"$1/made"
    empty=$dir
    while rmdir -- "$empty" 2>/dev/null && [ "$empty" != "$made" ]; do empty=${empty%/*}; done
}

restore() {
    [ -e "$1/began" ] || return 0
    IFS= read -r path <"$1/path" || return 1
    # Without its mount /etc/pve is an empty directory of the root file system: nothing there is what it seems.
    case $path in /etc/pve/*) [ -L /etc/pve/local ] || return 1 ;; esac
    dir=${path%/*}
    tmp=${dir:-/}/.holdfast-$R.tmp
    rm -f -- "$tmp"
    if same "$1"; then
        remove_made "$1"
        return 0
    fi
    set_aside "$1"
    if [ -e "$1/absent" ]; then
        rm -f -- "$path" || return 1
        remove_made "$1"
    else
        if [ ! -d "$dir" ]; then mkdir -p -- "$dir"; fi
        case $path in
        /etc/pve/*)
            # No owners and modes of its own there (pmxcfs sets them by path).
            cat -- "$1/content" >"$tmp" && mv -T -- "$tmp" "$path" || { rm -f -- "$tmp"; return 1; }
            ;;
        *)
            { cp -p -- "$1/content" "$tmp" && sync "$tmp" && mv -T -- "$tmp" "$path" && sync "$dir"; } || {
                rm -f -- "$tmp"
                # A full disk still has room in the file's own place for what is not larger than what is there.
                [ "$(stat -c %s -- "$path")" -ge "$(stat -c %s -- "$1/content")" ] || return 1
                dd if="$1/content" of="$path" conv=notrunc,fsync 2>/dev/null && truncate -s "$(stat -c %s -- "$1/content")" -- "$path" || return 1
            }
            ;;
        esac
    fi
    same "$1"
}

# One file by itself, so that the caller can give it a deadline: a hung /etc/pve never answers.
if [ "$mode" = --one ]; then
    restore "$2"
    exit
fi

# Whether what this run wrote is in place again although it was put back: a write that came late.
came_back() {
    for d in "$S"/files/*; do
        if [ -e "$d/after" ] && [ -e "$d/began" ]; then
            IFS= read -r path <"$d/path"
            now=absent
            if [ -e "$path" ]; then now=$(timeout 15 sha256sum <"$path" | cut -d ' ' -f 1); fi
            if [ "$now" = "$(cat "$d/after")" ] && ! same "$d"; then return 0; fi
        fi
    done
    return 1
}

# Two at a time would write the same temporary files; nor may this come between a decision to write and the writing.
if command -v flock >/dev/null && : >>"$S/.rolling"; then
    exec 9>>"$S/.rolling"
    if [ "$mode" = guard ]; then
        # Nobody calls the guard a second time.
        flock 9
    elif ! flock -w 20 9; then
        echo '@note the way back is under way already, and waits'
        echo '@outcome incomplete'
        exit 1
    fi
fi

# The node decides once: whoever links the outcome first wins, the confirmation or the way back.
if ! ln "$S/.undone" "$S/outcome" 2>/dev/null; then
    former=
    IFS= read -r former <"$S/outcome"
    if [ "$former" = confirmed ] && [ "$mode" != --anyway ]; then
        echo '@outcome confirmed'
        exit 0
    fi
    if [ "$former" = undone ] && [ -e "$S/restored" ] && [ "$mode" != --anyway ] && ! came_back; then
        echo '@outcome undone'
        exit 0
    fi
    rm -f "$S/restored"
fi
tell "putting everything back ($mode)"
# Space for what is put back, should the disk be full by now.
rm -f "$S/reserve"

restore_all() {
    left=0
    for d in $(ls -d "$S"/files/* 2>/dev/null | sort -r); do
        path='?'
        IFS= read -r path <"$d/path"
        if timeout -k 2 30 /bin/sh "$S/rollback" --one "$d" 9>&-; then
            if [ -e "$d/began" ]; then echo "@restored $path"; fi
        else
            left=1
            echo "@failed-to-restore $path"
        fi
    done
    return "$left"
}

# Without quorum the cluster file system takes no writes; the guard waits for it, a person may not want to.
tries=3
if [ "$mode" = guard ]; then tries=1000000; fi
n=0
until restore_all >"$S/restore.log" 2>&1; do
    # Rules that cannot be taken back at once must not keep anybody out meanwhile.
    if [ -s "$S/rescue" ] && [ ! -e "$S/rescued" ]; then
        : >"$S/rescued"
        tell 'files cannot be put back yet; opening access in another way'
        timeout 60 /bin/sh "$S/rescue" </dev/null 9>&-
    fi
    # What is back already is read already, however long the rest may take.
    if [ "$n" = 0 ] && [ -s "$S/reload" ] && grep -q '^@restored' "$S/restore.log"; then
        timeout 120 /bin/sh "$S/reload" </dev/null 9>&- || tell 'services could not be reloaded yet'
    fi
    n=$((n + 1))
    if [ "$n" -ge "$tries" ]; then break; fi
    # After an hour it is asked less often, and never given up.
    if [ "$n" -lt 1200 ]; then sleep 3; else sleep 60; fi
done
cat "$S/restore.log"
bad=$(grep -c '^@failed-to-restore' "$S/restore.log")

for d in $(ls -d "$S"/commands/* 2>/dev/null | sort -r); do
    if [ -e "$d/began" ] && [ ! -e "$d/undone" ]; then
        if timeout 300 /bin/sh "$d/undo" </dev/null 9>&-; then : >"$d/undone"; else
            bad=$((bad + 1))
            echo "@failed-to-undo $(cat "$d/purpose")"
        fi
    fi
done
# Not only what this run reloaded: a reboot, or somebody else's reload, made services read what was written. Where
# nothing did, a reload that fails (for a mistake in somebody else's file, say) changes nothing and spoils nothing.
if [ -s "$S/reload" ] && { [ -e "$S/activated" ] || grep -q '^@restored' "$S/restore.log"; }; then
    if ! timeout 120 /bin/sh "$S/reload" </dev/null 9>&-; then
        if [ -e "$S/activated" ] || { [ -r /proc/sys/kernel/random/boot_id ] && ! grep -qx "boot=$(cat /proc/sys/kernel/random/boot_id)" "$S/holder"; }; then
            bad=$((bad + 1))
            echo "@failed-to-reload $(tr '\n' ';' <"$S/reload")"
        else
            echo "@note services could not be reloaded afterwards; this run had not made them read anything"
        fi
    fi
fi
if [ "$bad" = 0 ] && [ -e "$S/rescued" ]; then
    rm -f "$S/rescued"
    if ! timeout 60 /bin/sh "$S/rescue-end" </dev/null 9>&-; then
        bad=1
        echo '@failed-to-undo what had opened access meanwhile'
    fi
fi
if [ "$bad" = 0 ]; then
    : >"$S/restored"
    rm -f "$S"/guard.*.pid
    if [ -d /run/systemd/system ]; then timeout 20 systemctl stop "holdfast-guard-$R-[0-9].timer"; fi
    rm -f "/etc/systemd/system/multi-user.target.wants/holdfast-rollback-$R.service" "/etc/systemd/system/holdfast-rollback-$R.service"
    if [ -e "$S/../lock" ] && grep -qx "run=$R" "$S/../lock"; then rm -f "$S/../lock"; fi
    tell 'everything is as it was before'
    echo '@outcome undone'
else
    tell "NOT everything could be put back; see $S/restore.log"
    echo "@outcome incomplete"
    exit 1
fi
