#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# luxon 3.7.2 (npm): a duration of -90 s, as mm:ss, is `-01:-30`, and one of -30 s is `00:-30`.
#
# Guess: the sign stands in front, once: -01:30, -00:30; toISOTime() gives something that is read back.
# Seen: each unit has a sign of its own, and 0 has none: `00:-01:-30` as hh:mm:ss, `0:00.-500` for half a second. A count-down
# that runs over, or a job that is early, is printed in a form that nothing reads, and that sorts among the positive ones where
# the first unit is 0. toISOTime() is null for anything below 0, and for 24 hours and more.
# What helps: the sign by oneself: (d < 0 ? '-' : '') and toFormat() of Duration.fromMillis(Math.abs(d)).
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT
cd -- "$scratch"

npm install --silent --no-audit --no-fund --before=2026-11-30 luxon@3.7.2 >/dev/null
cat >probe.js <<'JS'
const { Duration } = require('luxon');
for (const [seconds, format] of [[-90, 'mm:ss'], [-30, 'mm:ss'], [-90, 'hh:mm:ss'], [-0.5, 'm:ss.SSS']]) {
  const duration = Duration.fromObject({ seconds });
  console.log(`${seconds} s, ${format}: ${duration.toFormat(format)}, toISOTime() ${duration.toISOTime()}`);
}
console.log(`24 hours: toISOTime() ${Duration.fromObject({ hours: 24 }).toISOTime()}`);
JS
got=$(node probe.js)
printf '%s\n' "$got"
[ "$got" = '-90 s, mm:ss: -01:-30, toISOTime() null
-30 s, mm:ss: 00:-30, toISOTime() null
-90 s, hh:mm:ss: 00:-01:-30, toISOTime() null
-0.5 s, m:ss.SSS: 0:00.-500, toISOTime() null
24 hours: toISOTime() null' ]
