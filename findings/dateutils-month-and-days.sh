#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# dateutils 0.4.10 (Debian 12): from 31 January to 1 March it is "1 month and 62 days".
#
# Guess: a difference in months and days is one month (to 28 February, the last day) and one day, or a month
# and what is left by some other rule: in any case less than 31 days beside the month.
# Seen: it is 1 and 62, and from 30 January 1 and 63, while the days alone are 29 and 30. Up to the 29th it is right.
# Where the month before the end does not have the day of the start, the rest is counted the wrong way round.
# What helps: differences in days, or start dates up to the 28th.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT
cd -- "$scratch"

apt-get download -q dateutils=0.4.10-1 >/dev/null 2>&1
dpkg -x dateutils_*.deb .
diff=usr/bin/dateutils.ddiff
export LC_ALL=C TZ=UTC
got=$(for start in 2026-01-27 2026-01-28 2026-01-29 2026-01-30 2026-01-31; do
    printf '%s: %s months and %s days, %s days in all\n' "$start" "$($diff -f %m $start 2026-03-01)" \
        "$($diff -f '%m %d' "$start" 2026-03-01 | cut -d' ' -f2)" "$($diff -f %d $start 2026-03-01)"
done)
printf '%s\n' "$got"
[ "$got" = '2026-01-27: 1 months and 2 days, 33 days in all
2026-01-28: 1 months and 1 days, 32 days in all
2026-01-29: 1 months and 0 days, 31 days in all
2026-01-30: 1 months and 63 days, 30 days in all
2026-01-31: 1 months and 62 days, 29 days in all' ]
