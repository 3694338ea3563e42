#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# The installed service on a systemd that runs: activation, reload, crashes,
# drain, restart and the sandbox.  boot.sh boots a Debian tree in namespaces,
# guest.sh is what runs in there.
set -u

top_srcdir=${top_srcdir:-$(cd "$(dirname "$0")/../.." && pwd)}
top_builddir=${top_builddir:-$PWD}
. "$top_srcdir/tests/support/tap.sh"
waitd=${WAITD:-$top_builddir/daemon/waitd}

# cannot WHY: one test, skipped by its name.
cannot()
{
    skip "the service on a running systemd" "$1"
    done_testing
}

ldd "$waitd" | grep -qE 'lib(asan|tsan|ubsan)' && cannot "built with sanitizers, which its sandbox does not allow"
nm -u "$waitd" | grep -q __gcov_ && cannot "built for coverage, which its sandbox does not allow"
"$waitd" --help >/dev/null || bail "no waitd: build first, or set top_builddir"
ldd "$waitd" | grep -q libsystemd || cannot "built without libsystemd"

make_scratch
if ! env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL make -s -C "$top_builddir" install DESTDIR="$scratch/tree" \
    systemdsystemunitdir=/usr/local/lib/systemd/system >"$scratch/log" 2>&1; then
    note "$(tail -n 20 "$scratch/log")"
    bail "make install failed"
fi
unit=$(cd "$scratch/tree" && find . -name waitd.service)
bindir=$(sed -n 's,^ExecStart=\([^ ]*\)/waitd .*,\1,p' "$scratch/tree/$unit")
case $bindir in
/usr/bin | /usr/local/bin) ;;
*) cannot "the prefix, ${bindir%/bin}, is neither /usr nor /usr/local, where systemd looks for files" ;;
esac
overrides=$(cd "$scratch/tree" && find . -type d -name self-binding)
{
    printf '#!/bin/bash\nCK_TAP_LOG_FILE_NAME=-\n'
    if ldd "$waitd" | grep -q libmicrohttpd; then
        echo 'HAS_METRICS=true'
    else
        echo 'HAS_METRICS=false'
    fi
    printf 'UNIT=%q CONF=%q SELF_BINDING=%q\n' "${unit#.}" "$(strings "$waitd" | grep -m1 '/waitd\.conf$')" \
        "${overrides#.}"
    # Expanded over there.
    # shellcheck disable=SC2016
    printf 'PATH=%q:$PATH\n' "$bindir"
    cat "$top_srcdir/tests/support/tap.sh" "$top_srcdir/tests/systemd/guest.sh"
} >"$scratch/guest"
bash "$top_srcdir/tests/systemd/boot.sh" "$scratch/tree" "$scratch/guest" >"$scratch/out" 2>&1
status=$?
case $status in
77) cannot "$(tail -n 1 "$scratch/out")" ;;
0) cat "$scratch/out" ;;
*)
    cat "$scratch/out"
    grep -q '^1\.\.' "$scratch/out" || bail "the booted system gave no result (status $status)"
    ;;
esac
