#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# jq 1.6 (Debian 12): `(.[] | select(.done)) |= empty` leaves every other one that is done, and removes others.
#
# Guess: an update by `empty` removes what the path selects, as del() does, or is refused.
# Seen: the paths are taken one by one while the array gets shorter, so behind each one that is removed the next is skipped: of six jobs that
# are done three are left, and the seventh, which is not, is removed, for it has come to a place that was done. Where one alone fits it is
# right.
# What helps: `del(.[] | select(.done))`, or `map(select(.done | not))`.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT
cd -- "$scratch"

apt-get download -q jq=1.6-2.1+deb12u3 libjq1=1.6-2.1+deb12u3 libonig5 >/dev/null 2>&1
for package in *.deb; do dpkg -x "$package" .; done
got=$(for filter in '(.[] | select(. < 7)) |= empty' 'del(.[] | select(. < 7))' '(.[] | select(. == 3)) |= empty'; do
    printf '%s: ' "$filter"
    LD_LIBRARY_PATH=$scratch/usr/lib/x86_64-linux-gnu usr/bin/jq -cn "[1, 2, 3, 4, 5, 6, 7] | $filter"
done)
printf '%s\n' "$got"
[ "$got" = '(.[] | select(. < 7)) |= empty: [2,4,6]
del(.[] | select(. < 7)): [7]
(.[] | select(. == 3)) |= empty: [1,2,4,5,6,7]' ]
