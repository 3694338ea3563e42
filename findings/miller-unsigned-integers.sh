#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# Miller 6.6.0 (Debian 12): an integer above 2^63-1 in JSON is a string, and an error in arithmetic.
#
# Guess: integers beyond the signed range become floating-point numbers, as a sum that overflows does
# (9223372036854775807 + 1 is 9223372036854776000), or are wrapped.
# Seen: 18446744073709551615, the greatest that a counter of 64 bits has, is a string: it is written back in quotes, a sum
# over the column leaves it out without a word, and adding 0 to it gives the text `(error)`, with status 0. It begins
# at 9223372036854775808. With a decimal point it is a number.
# What helps: float($n), or `.0` behind such a value where it is made.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT
cd -- "$scratch"

apt-get download -q miller=6.6.0-2+b3 >/dev/null 2>&1
dpkg -x miller_*.deb .
# shellcheck disable=SC2016 # the dollars are Miller's
got=$(for n in 9223372036854775807 9223372036854775808 18446744073709551615 18446744073709551615.0; do
    echo "{\"n\": $n}" | LC_ALL=C usr/bin/mlr --ijson --onidx --ofs ' | ' put '$b = $n + 0; $c = $n + 1; $t = typeof($n)'
done)
got+=$'\n'$(printf '{"n":18446744073709551615}\n{"n":5}\n' | LC_ALL=C usr/bin/mlr --ijson --ojsonl stats1 -a sum,count -f n)
printf '%s\n' "$got"
[ "$got" = '9223372036854775807 | 9223372036854775807 | 9223372036854776000 | int
9223372036854775808 | (error) | (error) | string
18446744073709551615 | (error) | (error) | string
18446744073709551615.0 | 18446744073709552000 | 18446744073709552000 | float
{"n_sum": 5, "n_count": 2}' ]
