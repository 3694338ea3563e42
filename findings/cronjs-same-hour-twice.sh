#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# @datasert/cronjs-matcher 1.4.0 (npm), with a time zone: the hour at which clocks went forward comes twice.
#
# Guess: of `0 * * * *` on the night of 29 March 2026 in Berlin the times are 01:00, 03:00 and 04:00, an hour apart: 02:00 is not
# there.
# Seen: 03:00+02:00 is given twice, one instant, once for 02:00 and once for itself. A scheduler that sleeps from one match to
# the next runs the job twice; one that asks for matches after the last is not hurt. `30 2 * * *` on its own, other than
# that, is left out on this day and not moved to 03:30.
# What helps: drop a match that equals the one before.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT
cd -- "$scratch"

npm install --silent --no-audit --no-fund --before=2026-11-30 @datasert/cronjs-matcher@1.4.0 >/dev/null
cat >probe.js <<'JS'
const { getFutureMatches } = require('@datasert/cronjs-matcher');
const show = (line) => console.log(line + ':', getFutureMatches(line, {
  startAt: '2026-03-28T23:30:00Z', matchCount: 4, timezone: 'Europe/Berlin', formatInTimezone: true,
}).join(' '));
show('0 * * * *');
show('30 2 * * *');
JS
got=$(node probe.js)
printf '%s\n' "$got"
[ "$got" = '0 * * * *: 2026-03-29T01:00:00+01:00 2026-03-29T03:00:00+02:00 2026-03-29T03:00:00+02:00 2026-03-29T04:00:00+02:00
30 2 * * *: 2026-03-30T02:30:00+02:00 2026-03-31T02:30:00+02:00 2026-04-01T02:30:00+02:00 2026-04-02T02:30:00+02:00' ]
