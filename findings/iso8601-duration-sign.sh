#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# iso8601-duration 2.1.4 (npm): a minus sign before a duration is taken and dropped.
#
# Guess: `-P1D`, which ISO 8601-2 and XML Schema allow, is minus a day, or it is refused, as `P-1D` is.
# Seen: it is plus a day: 86,400 seconds, as `P1D` and `+P1D`. Half a day as `P0.5D`, which ISO 8601 allows
# in the last place, is refused, while `PT0.5H` is taken; and what is below a millisecond is 0 in toSeconds(),
# although parse() keeps it. So a deadline that was an hour ago lies an hour ahead.
# What helps: look for the sign before the parser sees the text.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT
cd -- "$scratch"

npm install --silent --no-audit --no-fund --before=2026-11-30 iso8601-duration@2.1.4 >/dev/null
cat >probe.js <<'JS'
const { parse, toSeconds } = require('iso8601-duration');
for (const text of ['P1D', '+P1D', '-P1D', 'P-1D', 'P0.5D', 'PT0.5H', 'PT0.0004S']) {
  let seconds;
  try { seconds = toSeconds(parse(text), new Date('2026-01-01T00:00:00Z')); } catch { seconds = 'refused'; }
  console.log(text + ': ' + seconds);
}
console.log('parsed: ' + parse('PT0.0004S').seconds);
JS
got=$(TZ=UTC node probe.js)
printf '%s\n' "$got"
[ "$got" = 'P1D: 86400
+P1D: 86400
-P1D: 86400
P-1D: refused
P0.5D: refused
PT0.5H: 1800
PT0.0004S: 0
parsed: 0.0004' ]
