#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# jq 1.6 (Debian 12): with --seq lines of plain JSON vanish, and the exit status is 0.
#
# Guess: --seq writes each result behind a record separator; it is about the output, and input without separators is
# read as ever, or is an error.
# Seen: it is about the input as well: what comes before the first separator is thrown away. Two lines of plain JSON
# give nothing at all, with status 0; a line before a first separator is lost without a word. At the end there is
# "ignoring parse error: Unfinished abandoned text" on standard error. Without --seq half a line is an error.
# What helps: without --seq, write the separator by a filter: `"\u001e" + tojson` with -r.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT
cd -- "$scratch"

apt-get download -q jq=1.6-2.1+deb12u3 libjq1=1.6-2.1+deb12u3 libonig5 >/dev/null 2>&1
for package in *.deb; do dpkg -x "$package" .; done
export LD_LIBRARY_PATH=$scratch/usr/lib/x86_64-linux-gnu LC_ALL=C
run()
{
    local status=0
    usr/bin/jq "$@" >out 2>/dev/null || status=$?
    printf '%s: %s, status %s\n' "$1" "$(tr -d '\036' <out | paste -sd' ' -)" "$status"
}
got=$(
    printf '{"a":1}\n{"a":2}\n' | run --seq -c .a
    printf '{"a":1}\n\036{"a":2}\n' | run --seq -c .a
    printf '\036{"a":1}\n\036{"a":2}\n' | run --seq -c .a
    printf '{"a":1}\n{"a":2}\n' | run -r '"\u001e" + (.a | tojson)' | sed 's/^-r/by a filter/')
printf '%s\n' "$got"
[ "$got" = '--seq: , status 0
--seq: 2, status 0
--seq: 1 2, status 0
by a filter: 1 2, status 0' ]
