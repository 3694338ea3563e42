#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# systemd 252.39 (Debian 12): `systemd-analyze verify` succeeds with a unit whose settings it ignores.
#
# Guess: `systemd-analyze verify` in a build or a package's test fails if a unit has a name that does not exist or a value that cannot be read.
# Seen: it says so on its standard error, "Unknown key 'Restrt'", "Failed to parse sec value, ignoring", and exits with 0: a service that should be
# started again is not, and each check passes. It exits with 1 for a program of ExecStart= that is missing.
# What helps: --recursive-errors=no, an option that is about the units that this one depends on, but has it fail for this one's faults.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT
cd -- "$scratch"

apt-get download -q systemd=252.39-1~deb12u2 libsystemd-shared=252.39-1~deb12u2 >/dev/null 2>&1
for package in *.deb; do dpkg -x "$package" .; done
LD_LIBRARY_PATH=$(dirname "$(find "$scratch" -name 'libsystemd-shared-252.so')")
export LD_LIBRARY_PATH LC_ALL=C.UTF-8
# verify NAME PROGRAM LINE [OPTION]: what it says of a service that starts PROGRAM and has the line
verify()
{
    local name=$1 status=0
    printf '[Unit]\nDefaultDependencies=no\n[Service]\nExecStart=%s\n%s\n' "$2" "$3" >probe.service
    usr/bin/systemd-analyze verify --man=no "${@:4}" ./probe.service >out 2>&1 || status=$?
    printf '%s: status %d, %s\n' "$name" "$status" "$(grep -q probe.service out && echo 'something said' || echo 'nothing said')"
}
got=$(verify 'right' /bin/true Restart=always
    verify 'misspelt name' /bin/true Restrt=always
    verify 'misspelt value' /bin/true Restart=alway
    verify 'no time span' /bin/true 'RestartSec=5 seks'
    verify 'no time span, --recursive-errors=no' /bin/true 'RestartSec=5 seks' --recursive-errors=no
    verify 'misspelt name, --recursive-errors=no' /bin/true Restrt=always --recursive-errors=no
    verify 'right, --recursive-errors=no' /bin/true Restart=always --recursive-errors=no
    verify 'no program' /bin/no-such-program Restart=always)
printf '%s\n' "$got"
[ "$got" = 'right: status 0, nothing said
misspelt name: status 0, something said
misspelt value: status 0, something said
no time span: status 0, something said
no time span, --recursive-errors=no: status 1, something said
misspelt name, --recursive-errors=no: status 1, something said
right, --recursive-errors=no: status 0, nothing said
no program: status 1, something said' ]
