#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# Miller 6.6.0 (Debian 12): fsec2hms(59.9999999) is 00:00:60.000000.
#
# Guess: six decimals are printed, so it is rounded to 00:01:00.000000, as 0.9999996 becomes 00:00:01.000000, or cut to
# 00:00:59.999999.
# Seen: the time is split first, and the seconds are rounded by themselves: 60, with the minute as it was. The
# same within an hour, and with fsec2dhms(). As text the time sorts behind
# 00:00:59 and before 00:01:00, but a database or a parser of ISO 8601 refuses it or takes it for a leap second.
# What helps: round to six decimals before: fsec2hms(roundm($x, 0.000001)).
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT
cd -- "$scratch"

apt-get download -q miller=6.6.0-2+b3 >/dev/null 2>&1
dpkg -x miller_*.deb .
got=$(for x in 59.9999999 3659.9999999 59.999999 0.9999996; do
    LC_ALL=C usr/bin/mlr -n put "end { print $x . \" \" . fsec2hms($x) . \" \" . fsec2hms(roundm($x, 0.000001)) . \" \" . fsec2dhms($x) }"
done)
printf '%s\n' "$got"
[ "$got" = '59.9999999 00:00:60.000000 00:01:00.000000 60.000000s
3659.9999999 01:00:60.000000 01:01:00.000000 1h00m60.000000s
59.999999 00:00:59.999999 00:00:59.999999 59.999999s
0.9999996 00:00:01.000000 00:00:01.000000 1.000000s' ]
