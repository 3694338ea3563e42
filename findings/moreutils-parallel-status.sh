#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# parallel of moreutils 0.67 (Debian 12): jobs that exit with 2 and 5 make it exit with 7.
#
# Guess: the status is that of a job that failed, the greatest or the first, or a number of failures as GNU parallel has it.
# Seen: the bits of all are put together: 2 and 5 are 7, 1 and 2 are 3, and 63 and 64 are 127, which a shell's user takes for "command
# not found". 300 jobs that exit with 1 are 1. A script that tells one failure from another by its status (2: try again later, 1: give
# up) sees a third one that no job has given. A job that a signal ended counts as 1.
# What helps: a log of each job's status, or another parallel.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT
cd -- "$scratch"

apt-get download -q moreutils=0.67-1 >/dev/null 2>&1
dpkg -x moreutils_*.deb .
parallel=$(find "$scratch/usr/bin" -name 'parallel*')
run()
{
    local status=0
    "$parallel" -j 2 sh -c "$1" -- "${@:2}" || status=$?
    printf '%s: %s\n' "${*:2}" "$status"
}
# shellcheck disable=SC2016 # the jobs' shells are to see $0 and $$
got=$(run 'exit $0' 2 5
    run 'exit $0' 1 2
    run 'exit $0' 63 64
    run 'exit $0' 4 4
    run 'kill -9 $$' killed)
printf '%s\n' "$got"
[ "$got" = '2 5: 7
1 2: 3
63 64: 127
4 4: 4
killed: 1' ]
