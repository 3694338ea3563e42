#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# jq 1.6 (Debian 12): limit(0; ...) gives one.
#
# Guess: `limit($n; inputs)` with a number that was computed, such as the places that are left, gives none for 0.
# Seen: it gives the first one, as if it were 1: it counts, and looks at the count behind each value. So 0 places left start one job. Nothing is said;
# `limit(-1; ...)` gives all. `first(empty)` and `.[:0]` are right.
# What helps: `.[:$n]` of an array, or `if $n > 0 then limit($n; ...) else empty end`.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT
cd -- "$scratch"

apt-get download -q jq=1.6-2.1+deb12u3 libjq1=1.6-2.1+deb12u3 libonig5 >/dev/null 2>&1
for package in *.deb; do dpkg -x "$package" .; done
got=$(for number in 2 1 0 -1; do
    printf 'limit(%d; "a", "b", "c"): ' "$number"
    LD_LIBRARY_PATH=$scratch/usr/lib/x86_64-linux-gnu usr/bin/jq -cn --argjson n "$number" '[limit($n; "a", "b", "c")]'
done)
printf '%s\n' "$got"
[ "$got" = 'limit(2; "a", "b", "c"): ["a","b"]
limit(1; "a", "b", "c"): ["a"]
limit(0; "a", "b", "c"): ["a"]
limit(-1; "a", "b", "c"): ["a","b","c"]' ]
