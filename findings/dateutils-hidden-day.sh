#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# dateutils 0.4.10 (Debian 12): dadd remembers the 31st behind a date that shows the 28th.
#
# Guess: a month added to 31 January is 28 February, and from there on the 28th counts: a month taken off again is 28
# January, and in two steps it is the same as in two calls.
# Seen: in one call the day stays 31 until the date is printed: `+1mo -1mo` gives 31 January, in two calls 28 January,
# and `+1mo +1mo` 31 March or 28 March. So a script that keeps the date between the steps, and one that does all
# in one call, part at the end of a month.
# What helps: one call with all steps, from the first date.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT
cd -- "$scratch"

apt-get download -q dateutils=0.4.10-1 >/dev/null 2>&1
dpkg -x dateutils_*.deb .
add=usr/bin/dateutils.dadd
export LC_ALL=C TZ=UTC
got="back: $($add 2026-01-31 +1mo -1mo), in two calls $($add "$($add 2026-01-31 +1mo)" -1mo)
on: $($add 2026-01-31 +1mo +1mo), in two calls $($add "$($add 2026-01-31 +1mo)" +1mo)"
printf '%s\n' "$got"
[ "$got" = 'back: 2026-01-31, in two calls 2026-01-28
on: 2026-03-31, in two calls 2026-03-28' ]
