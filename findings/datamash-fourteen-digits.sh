#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# GNU datamash 1.7 (Debian 12): `max` of a column of nanoseconds gives a time that is in no line.
#
# Guess: min, max and first give one of the input's values as it stands; sum is exact as long as a long double is,
# for 19 digits.
# Seen: what is computed is printed with 14 digits: the greater of two times in nanoseconds is 1.7939999991235e+18,
# 43 us off, a time in seconds with nine decimals loses five of them, and a sum is cut alike. `first`
# and `unique`, which take the text, are right. So neither a join on the result nor a difference works.
# What helps: --format '%.0f' (or '%.9f') prints all digits.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT
cd -- "$scratch"
apt-get download -q datamash=1.7-2 >/dev/null 2>&1
dpkg -x datamash_*.deb .
export LC_ALL=C
input=$'1793999999123456789\n1793999999123456788\n'
got=$(printf %s "$input" | usr/bin/datamash max 1 first 1
    printf %s "$input" | usr/bin/datamash --format %.0f max 1
    printf '1793999999.123456789\n' | usr/bin/datamash sum 1
    printf '1793999999.123456789\n' | usr/bin/datamash --format %.9f sum 1)
printf '%s\n' "$got"
[ "$got" = '1.7939999991235e+18	1793999999123456789
1793999999123456789
1793999999.1235
1793999999.123456789' ]
