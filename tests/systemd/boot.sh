#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# Boots a throw-away Debian with systemd as PID 1 and runs a script in it.
#
#     boot.sh INSTALL_TREE GUEST_SCRIPT
#
# INSTALL_TREE (of `make DESTDIR=... install') is laid over a Debian tree that
# mmdebstrap makes once and that is kept in
# ${XDG_CACHE_HOME:-~/.cache}/waitd-boot.  The tree's own systemd becomes PID 1
# of new pid, mount, net, uts, ipc and cgroup namespaces; nothing of the
# machine's own services, mounts or network is used or changed.  The script runs
# as root once the boot has finished.  Its output is printed, its status is the
# exit status; 77: this machine cannot do it, and the last line says why; 125:
# the boot failed or the time limit was reached.
set -Eeuo pipefail
umask 022
export LC_ALL=C.UTF-8

limit_s=${WAITD_BOOT_LIMIT-600}
packages=(
    systemd systemd-sysv dbus libnss-systemd usr-is-merged procps iproute2 netcat-openbsd
    libevent-core-2.1-7 libjansson4 libconfuse2
    libmpfr6
    libssl3
    libsqlite3-0
    libnats3.4
    libmd0
    libmicrohttpd12
)
self=$(readlink -f -- "${BASH_SOURCE[0]}")
work=${work-}

cannot()
{
    printf 'cannot boot: %s\n' "$*"
    exit 77
}

# ---- the tree --------------------------------------------------------------

# This machine's own sources of its Debian release.
sources()
{
    local ring=/usr/share/keyrings/debian-archive-keyring.gpg option='' suite
    # shellcheck disable=SC1091
    suite=$(. /etc/os-release && echo "${VERSION_CODENAME-}")
    [ ! -e "$ring" ] || option="[signed-by=$ring] "
    # apt fills these in.
    # shellcheck disable=SC2016
    apt-get indextargets --format "deb $option"'$(REPO_URI) $(RELEASE) $(COMPONENT)' 'Created-By: Packages' |
        awk -v suite="$suite" '$NF == "main" && ($(NF-1) == suite || $(NF-1) == suite "-updates" ||
            $(NF-1) == suite "-security")' | sort -u
}

# make_tree DIRECTORY
make_tree()
{
    local root=$1/root unit
    mkdir -p "$1"
    (IFS=,; sources | unshare --mount --propagation private --pid --fork --kill-child=KILL --mount-proc \
        timeout -k 5 600 mmdebstrap --quiet --mode=root --variant=essential --format=directory \
        --hook-dir=/usr/share/mmdebstrap/hooks/merged-usr --aptopt='APT::Install-Recommends "false"' \
        --aptopt='Acquire::Languages "none"' --dpkgopt=force-unsafe-io --include="${packages[*]}" '' "$root" -) \
        >"$1/log" 2>&1 || return 1
    rm -rf "$root"/usr/share/{doc,man,locale,info} "$root"/var/lib/apt/lists/* "$root"/var/cache/apt/* \
        "$root"/etc/apt/sources.list* "$root"/etc/resolv.conf "$root"/etc/fstab
    echo guest >"$root/etc/hostname"
    printf '127.0.0.1 localhost guest\n::1 localhost\n' >"$root/etc/hosts"
    echo 0123456789abcdef0123456789abcdef >"$root/etc/machine-id" # no first boot
    ln -sfn /lib/systemd/system/multi-user.target "$root/etc/systemd/system/default.target"
    # Nothing to log in on, nothing periodic, no file systems of the kernel.
    for unit in getty.target console-getty.service systemd-logind.service systemd-update-utmp.service \
        systemd-update-utmp-runlevel.service systemd-user-sessions.service dpkg-db-backup.timer \
        fstrim.timer systemd-tmpfiles-clean.timer e2scrub_all.timer e2scrub_reap.service apt-daily.timer \
        apt-daily-upgrade.timer dev-hugepages.mount sys-fs-fuse-connections.mount \
        sys-kernel-debug.mount sys-kernel-tracing.mount systemd-ask-password-wall.path \
        systemd-ask-password-console.path systemd-journal-flush.service systemd-timesyncd.service; do
        ln -sfn /dev/null "$root/etc/systemd/system/$unit"
    done
    mkdir -p "$root/etc/systemd/journald.conf.d"
    printf '[Journal]\nStorage=volatile\nRateLimitIntervalSec=0\nReadKMsg=no\nAudit=no\n' \
        >"$root/etc/systemd/journald.conf.d/guest.conf"
    touch "$root/etc/.updated" "$root/var/.updated"
}

# Sets `tree'.  One that is there was finished: it is moved into place.
get_tree()
{
    local cache=${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/waitd-boot lock new
    tree=$cache/$( (cat /etc/os-release; uname -m; declare -f make_tree; echo "${packages[@]}") |
        sha256sum | cut -c1-16)
    mkdir -p "$cache" 2>/dev/null || cannot "no directory for the Debian tree"
    exec {lock}>"$cache/lock"
    flock -w 600 "$lock" || cannot "another run has held the Debian tree for ten minutes"
    if [ ! -d "$tree" ]; then
        command -v mmdebstrap >/dev/null || cannot "no mmdebstrap to make the Debian tree with"
        new=$cache/new
        rm -rf --one-file-system "$cache"/new "$cache"/[0-9a-f]*
        if ! make_tree "$new"; then
            tail -n 3 "$new/log" | sed -E 's,https?://[^ /]*,,g'
            cannot "mmdebstrap could not make the Debian tree"
        fi
        mv "$new" "$tree"
    fi
    exec {lock}>&-
}

# ---- inside the namespaces -------------------------------------------------

# Of a private mount namespace: the tree, and a control group of its own.
stage_files()
{
    mount -t tmpfs -o mode=0755 boot "$work"
    mkdir "$work"/{upper,scratch,root,groups}
    mount -t overlay -o "lowerdir=$tree/root,upperdir=$work/upper,workdir=$work/scratch" boot "$work/root"
    tar -C "$install_tree" --owner=0 --group=0 -cf - . |
        tar -C "$work/root" --keep-directory-symlink --no-overwrite-dir -xpf -
    chroot "$work/root" systemd-sysusers
    install -m 0755 "$script" "$work/root/guest-script"
    cat >"$work/root/guest-runner" <<'RUNNER'
#!/bin/bash
export HOME=/root PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin SYSTEMD_COLORS=0 SYSTEMD_PAGER=
systemctl is-system-running --wait >/run/guest/state
/guest-script >/run/guest/output 2>&1 </dev/null
status=$?
[ $status -eq 0 ] && ! grep -q '^not ok' /run/guest/output ||
    { systemctl --failed --no-legend --plain; journalctl -b --no-pager -q -o short-monotonic -n 100; } >/run/guest/journal
echo $status >/run/guest/status
systemctl poweroff --force --force
RUNNER
    chmod 0755 "$work/root/guest-runner"
    cat >"$work/root/etc/systemd/system/guest.service" <<'UNIT'
[Unit]
DefaultDependencies=no
After=sysinit.target
[Service]
Type=exec
ExecStart=/guest-runner
UNIT
    mkdir -p "$work/root/etc/systemd/system/multi-user.target.wants"
    ln -sfn ../guest.service "$work/root/etc/systemd/system/multi-user.target.wants/guest.service"
    mount -t cgroup2 cgroup2 "$work/groups"
    mkdir "$work/groups/$group"
    exec unshare --mount --propagation private --pid --net --uts --ipc --fork --kill-child=KILL \
        bash "$self" --stage group
}

# The first process of the namespaces moves into the group, which becomes the
# root of a namespace of control groups.
stage_group()
{
    echo 0 >"$work/groups/$group/cgroup.procs"
    exec unshare --cgroup bash "$self" --stage init
}

stage_init()
{
    local root=$work/root node
    mount -t proc -o nosuid,nodev,noexec proc "$root/proc"
    mount -t sysfs -o ro,nosuid,nodev,noexec sysfs "$root/sys"
    mount -t cgroup2 -o nosuid,nodev,noexec cgroup2 "$root/sys/fs/cgroup"
    # The machine's kernel settings are not the guest's to write; its network's are.
    mount --bind "$root/proc/sys" "$root/proc/sys"
    mount --bind "$root/proc/sys/net" "$root/proc/sys/net"
    mount -o remount,bind,ro,nosuid,nodev,noexec "$root/proc/sys"
    mount -t tmpfs -o mode=0755,nosuid dev "$root/dev"
    for node in null:3 zero:5 full:7 random:8 urandom:9; do
        mknod -m 0666 "$root/dev/${node%:*}" c 1 "${node#*:}"
    done
    mknod -m 0666 "$root/dev/tty" c 5 0
    mkdir "$root/dev/pts" "$root/dev/shm" "$root/dev/mqueue"
    mount -t devpts -o newinstance,ptmxmode=0666,mode=0620,gid=5 devpts "$root/dev/pts"
    mount -t tmpfs -o mode=1777,nosuid,nodev shm "$root/dev/shm"
    ln -s pts/ptmx "$root/dev/ptmx"
    ln -s /proc/self/fd "$root/dev/fd"
    mount -t tmpfs -o mode=0755,nosuid,nodev run "$root/run"
    mkdir "$root/run/guest"
    mount --bind "$results" "$root/run/guest"
    cd "$root"
    pivot_root . .
    umount -l .
    cd /
    exec env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 TERM=dumb container=boot \
        setpriv --bounding-set -sys_module,-sys_time,-sys_rawio,-syslog,-mac_admin,-mac_override \
        /lib/systemd/systemd --show-status=no --log-target=journal
}

# ---- the run ---------------------------------------------------------------

# What is left of the group goes with it.
# shellcheck disable=SC2317
clean_up()
{
    if [ -n "$work" ]; then
        # Expanded over there.
        # shellcheck disable=SC2016
        unshare --mount --propagation private bash -c '
            mount -t cgroup2 cgroup2 "$1" && [ -d "$1/$2" ] || exit 0
            echo 1 >"$1/$2/cgroup.kill"
            for ((i = 0; i < 100; i++)); do
                find "$1/$2" -depth -type d -exec rmdir {} + 2>/dev/null
                [ -d "$1/$2" ] || break
                sleep 0.02
            done' - "$work" "$group" 2>/dev/null || true
        rm -rf --one-file-system "$work" "$results"
    fi
}

if [ "${1-}" = --stage ]; then
    "stage_$2"
fi
install_tree=$(readlink -f -- "$1")
script=$(readlink -f -- "$2")
[ "$(id -u)" -eq 0 ] || cannot "not root"
for program in unshare setpriv flock pivot_root apt-get; do
    command -v "$program" >/dev/null || cannot "no $program"
done
grep -q cgroup2 /proc/filesystems || cannot "the kernel has no cgroup2"
unshare --mount --pid --net --uts --ipc --cgroup --fork true 2>/dev/null || cannot "no namespaces"
unshare --user --map-root-user true 2>/dev/null || cannot "user namespaces are refused"
get_tree

trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP
work=$(mktemp -d)
results=$(mktemp -d)
group=waitd-boot-$$
export work results group tree install_tree script
timeout -k 1 "$limit_s" unshare --mount --propagation private \
    bash "$self" --stage files >"$results/console" 2>&1 </dev/null || true
[ ! -e "$results/output" ] || cat "$results/output"
[ ! -e "$results/journal" ] || sed 's/^/# /' "$results/journal"
if [ ! -e "$results/status" ]; then
    echo "the guest came to no end within $limit_s s; its state: $(cat "$results/state" 2>/dev/null)"
    tail -n 20 "$results/console"
    exit 125
fi
exit "$(cat "$results/status")"
