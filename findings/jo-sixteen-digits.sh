#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# jo 1.9 (Debian 12): `jo t=1793999999.123456789` writes another number.
#
# Guess: what looks like a number is put into the JSON as it was typed, or checked and then put in; jo is a tool for
# shells, whose values are text.
# Seen: it is read as a double and printed with 16 digits: .123456789 is .123457, 9007199254740993 is
# 9007199254740992 and 2^64-1 is 1.844674407370955e+19. 007 is 7, 0x10 is 16, and 1.10 is 1.1; `nan` and 1e400 are text.
# What helps: `-s` before the word for text; printf for a number with all its digits.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT
cd -- "$scratch"

apt-get download -q jo=1.9-1 >/dev/null 2>&1
dpkg -x jo_*.deb .
got=$(for word in at=1.000177833 t=1793999999.123456789 n=9007199254740993 n=18446744073709551615 n=007 n=0x10 n=1e400; do
    LC_ALL=C usr/bin/jo "$word"
done
LC_ALL=C usr/bin/jo -- -s n=007)
printf '%s\n' "$got"
[ "$got" = '{"at":1.000177833}
{"t":1793999999.123457}
{"n":9007199254740992}
{"n":1.844674407370955e+19}
{"n":7}
{"n":16}
{"n":"1e400"}
{"n":"007"}' ]
