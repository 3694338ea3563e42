#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# humanfriendly 10.0 (Debian 12's python3-humanfriendly): a year has 364 days.
#
# Guess: `1y` is 365 days, or 365.25; a time of 365 days is printed as "1 year".
# Seen: a year is 52 weeks: parse_timespan('1y') is 31,449,600 s, a day less than any calendar's, and 365 days are
# printed as "1 year and 1 day". A certificate or a retention of "10y" ends twelve days early. 59.999 s are
# printed as "60 seconds", and `1h30m`, two units in one, cannot be parsed.
# What helps: days: `365d`.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT
cd -- "$scratch"

apt-get download -q python3-humanfriendly=10.0-3 >/dev/null 2>&1
dpkg -x python3-humanfriendly_*.deb .
export PYTHONPATH=$scratch/usr/lib/python3/dist-packages PYTHONDONTWRITEBYTECODE=1
cat >probe.py <<'PY'
import humanfriendly
print(humanfriendly.parse_timespan("1y") / 86400, humanfriendly.parse_timespan("365d") / 86400)
print(humanfriendly.format_timespan(365 * 86400))
print(humanfriendly.format_timespan(59.999))
try:
    print(humanfriendly.parse_timespan("1h30m"))
except humanfriendly.InvalidTimespan:
    print("1h30m refused")
PY
got=$(python3 probe.py)
printf '%s\n' "$got"
[ "$got" = '364.0 365.0
1 year and 1 day
60 seconds
1h30m refused' ]
