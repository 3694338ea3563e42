#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# json-glib 1.6.6 (Debian 12): 18446744073709551616 is -1, and 1e400 is written as inf.0.
#
# Guess: an integer beyond 2^63-1 becomes a double, or is refused, as by jansson; at worst it is the greatest, as with json-c.
# Seen: it wraps around: 2^63 is -2^63, 2^64-1 is -1 and so is 2^64, without an error, and json-glib-format writes these back. 1e400
# becomes `inf.0`, which is no JSON: no parser takes it, nor does json-glib itself. 9007199254740993 is right.
# What helps: such values as strings.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT
cd -- "$scratch"

apt-get download -q json-glib-tools=1.6.6-1 libjson-glib-1.0-0=1.6.6-1 libglib2.0-0 >/dev/null 2>&1
for package in *.deb; do dpkg -x "$package" .; done
export LD_LIBRARY_PATH=$scratch/usr/lib/x86_64-linux-gnu
got=$(for number in 9007199254740993 9223372036854775808 18446744073709551615 18446744073709551616 1e400; do
    echo "[$number]" >in.json
    usr/bin/json-glib-format in.json | tr -d ' \n' >out.json
    echo "$number: $(cat out.json), $(usr/bin/json-glib-validate out.json >/dev/null 2>&1 && echo valid || echo 'not valid')"
done)
printf '%s\n' "$got"
[ "$got" = '9007199254740993: [9007199254740993], valid
9223372036854775808: [-9223372036854775808], valid
18446744073709551615: [-1], valid
18446744073709551616: [-1], valid
1e400: [inf.0], not valid' ]
