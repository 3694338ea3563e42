#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# Taskwarrior 2.6.2 (Debian 12): due:2026-12-01T09:00+90min is 09:00.
#
# Guess: dates are computed with where one is asked for, as in `due:eom+1d`: nine o'clock and 90 minutes is 10:30; what cannot be
# read is refused, as `1h30min` is.
# Seen: behind a date with a time of day, hours and minutes without seconds, what follows a plus or a minus is dropped without a word:
# +90min, -1h and +1d all leave 09:00. With a date alone, with `Z` at its end, with a name such as `tomorrow`, or with
# blanks around the sign the same sum is right. So the form that people type is the one that is a reminder too early, or too late.
# What helps: blanks around the sign, "2026-12-01T09:00 + 90min".
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT
cd -- "$scratch"

apt-get download -q taskwarrior=2.6.2+dfsg-1 >/dev/null 2>&1
dpkg -x taskwarrior_*.deb .
mkdir tasks
export HOME=$scratch TASKDATA=$scratch/tasks TZ=UTC
echo 'confirmation=no' >.taskrc
for due in 2026-12-01T09:00+90min 2026-12-01T09:00-1h 2026-12-01T09:00+1d '2026-12-01T09:00 + 90min' 2026-12-01T09:00:00Z+90min 2026-12-01+1d; do
    usr/bin/task rc.verbose=nothing add "$due" due:"$due"
done
got=$(usr/bin/task rc.verbose=nothing rc.json.array=off export | sed -E 's/.*"description":"([^"]*)","due":"([^"]*)".*/\1: \2/')
printf '%s\n' "$got"
[ "$got" = '2026-12-01T09:00+90min: 20261201T090000Z
2026-12-01T09:00-1h: 20261201T090000Z
2026-12-01T09:00+1d: 20261201T090000Z
2026-12-01T09:00 + 90min: 20261201T103000Z
2026-12-01T09:00:00Z+90min: 20261201T103000Z
2026-12-01+1d: 20261202T000000Z' ]
