#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# spacetime 7.15.0 (npm): add(1.5, 'hours') adds one hour, add(0.5, 'day') nothing.
#
# Guess: fractions of units that have a fixed length, as Luxon and Day.js take them, are added, or refused.
# Seen: what stands behind the point is cut off, without a word: 1.5 hours are one, half a day is none, and 1.5 minutes one. 0.9 s are
# added. A time-out of "2.5 hours" from a configuration ends half an hour early, and a loop that steps by half an hour,
# add(0.5, 'hour'), does not move.
# What helps: the next smaller unit in whole numbers.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT
cd -- "$scratch"

npm install --silent --no-audit --no-fund --before=2026-11-30 spacetime@7.15.0 >/dev/null
cat >probe.js <<'JS'
const spacetime = require('spacetime');
const start = spacetime('2026-01-01T00:00:00', 'UTC');
for (const [count, unit] of [[90, 'minutes'], [1.5, 'hours'], [0.5, 'hour'], [0.5, 'day'], [1.5, 'minutes'], [0.9, 'seconds']]) {
  console.log(count, unit + ':', (start.add(count, unit).epoch - start.epoch) / 1000, 's');
}
JS
got=$(node probe.js)
printf '%s\n' "$got"
[ "$got" = '90 minutes: 5400 s
1.5 hours: 3600 s
0.5 hour: 0 s
0.5 day: 0 s
1.5 minutes: 60 s
0.9 seconds: 0.9 s' ]
