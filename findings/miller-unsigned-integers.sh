#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# Miller 6.6.0 (Debian 12): an integer above 2^63-1 in JSON is a string, and an error in arithmetic.
#
# Guess: integers beyond the signed range become floating-point numbers, as a sum that overflows does
# (9223372036854775807 + 1 is 9223372036854776000), or are wrapped.
# Seen: 18446744073709551615, the greatest that a counter of 64 bits has, is passed through as it stands, but its type
# is "string", and adding 0 to it gives the text `(error)`, which is written into the output with status 0. The
# same begins at 9223372036854775808. With a decimal point it is a number.
# What helps: write such a value with `.0` where it is made.
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
printf '%s\n' "$got"
[ "$got" = '9223372036854775807 | 9223372036854775807 | 9223372036854776000 | int
9223372036854775808 | (error) | (error) | string
18446744073709551615 | (error) | (error) | string
18446744073709551615.0 | 18446744073709552000 | 18446744073709552000 | float' ]
