#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# GNU datamash 1.7 (Debian 12): `bin:2` puts -2 into the bin of -4.
#
# Guess: bins are as wide as they are told to be and each is closed at its lower end: 0 and 1 are bin 0, 2 and 3 are bin
# 2, -2 and -1 are bin -2, -4 and -3 are bin -4.
# Seen: of negative values one is always moved down by a bin from where a division toward zero puts it, and an exact
# multiple as well: -2 and -3 are bin -4, -1 is -2, and -4 is -6. So the lower end of a bin below zero is not in
# it, other than above zero, and a histogram of differences around 0 has its negative side shifted.
# What helps: add a multiple of the width to make all values positive, and take it off again.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT
cd -- "$scratch"

apt-get download -q datamash=1.7-2 >/dev/null 2>&1
dpkg -x datamash_*.deb .
got=$(seq -4 4 | LC_ALL=C usr/bin/datamash --full bin:2 1 | tr '\t' ' ')
printf '%s\n' "$got"
[ "$got" = '-4 -6
-3 -4
-2 -4
-1 -2
0 0
1 0
2 2
3 2
4 4' ]
