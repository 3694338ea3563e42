#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# Day.js 1.11.23 (npm), its plugins utc and timezone: noon, and a day later 13:00.
#
# Guess: add(1, 'day') to a time in a time zone is the same time of the next day there, whatever clocks do in the night.
# Seen: it says 12:00 with the offset of the day before, `2026-03-29T12:00:00+01:00` for Berlin, which is 13:00 there; in autumn it is 11:00.
# format('HH:mm') shows 12:00 all the same, toISOString() and a timer made from it are an hour off. Read anew in
# the zone (.tz()) it shows 13:00. Where the process' own time zone is the same one all is right, so it happens on servers,
# whose zone is UTC, and not on the desks of those who write for them.
# What helps: dayjs.tz(time.add(1, 'day').format('YYYY-MM-DD HH:mm:ss'), zone).
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT
cd -- "$scratch"

npm install --silent --no-audit --no-fund --before=2026-11-30 dayjs@1.11.23 >/dev/null
cat >probe.js <<'JS'
const dayjs = require('dayjs');
dayjs.extend(require('dayjs/plugin/utc'));
dayjs.extend(require('dayjs/plugin/timezone'));
console.log(`process in ${process.env.TZ}:`);
for (const day of ['2026-03-28', '2026-10-24']) {
  const next = dayjs.tz(day + ' 12:00', 'Europe/Berlin').add(1, 'day');
  console.log(next.format('DD MMM HH:mm'), 'is', new Date(next.valueOf()).toLocaleTimeString('en-GB', { timeZone: 'Europe/Berlin' }));
}
JS
got=$(TZ=UTC node probe.js && TZ=Europe/Berlin node probe.js)
printf '%s\n' "$got"
[ "$got" = 'process in UTC:
29 Mar 12:00 is 13:00:00
25 Oct 12:00 is 11:00:00
process in Europe/Berlin:
29 Mar 12:00 is 12:00:00
25 Oct 12:00 is 12:00:00' ]
