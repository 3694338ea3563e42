#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# ministat 20150715 (Debian 12): the median of an even number of values is the upper of the two in the middle.
#
# Guess: the median of 1 to 10 is 5.5, the mean of the two in the middle, as in every text on statistics and in
# datamash.
# Seen: it is 6, and that of 1, 2, 3 and 4 is 3: of two values the greater one. With few and different values, as
# runs of a benchmark are, it lies above the mean (2.5) of values that are spread evenly, and the median of two
# results looks like their worst.
# What helps: an odd number of runs.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT
cd -- "$scratch"

apt-get download -q ministat=20150715-1+b1 datamash=1.7-2 >/dev/null 2>&1
for package in *.deb; do dpkg -x "$package" .; done
export LC_ALL=C
got=$(for n in 3 4 10; do
    seq "$n" >values
    printf '%s: %s, datamash %s\n' "$n" "$(usr/bin/ministat -n values | awk '$1 == "x" && $2 + 0 { print "median " $5 " mean " $6 }')" \
        "$(usr/bin/datamash median 1 <values)"
done)
printf '%s\n' "$got"
[ "$got" = '3: median 2 mean 2, datamash 2
4: median 3 mean 2.5, datamash 2.5
10: median 6 mean 5.5, datamash 5.5' ]
