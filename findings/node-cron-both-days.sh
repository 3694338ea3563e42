#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# node-cron 4.6.0 (npm): `0 0 13 * 5` runs on Friday the 13th alone.
#
# Guess: where day of month and day of week are both given, either makes it run, as with cron and with most that follow it
# (croner, cron-parser, cronosjs): each Friday, and each 13th.
# Seen: both have to fit. `0 0 1,15 * 1`, the 1st, the 15th and each Monday to cron, runs two or three times a year, and validate() says
# that the line is fine. A line that was moved from a crontab runs a twentieth as often.
# What helps: two lines.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT
cd -- "$scratch"

npm install --silent --no-audit --no-fund --before=2026-11-30 node-cron@4.6.0 cron-parser@5.10.5 >/dev/null
cat >probe.js <<'JS'
const cron = require('node-cron');
const { CronExpressionParser } = require('cron-parser');
const line = '0 0 13 * 5';
const day = (date) => `${date.toUTCString().slice(0, 3)} ${date.getUTCDate()}`;
const theirs = CronExpressionParser.parse(line, { tz: 'UTC' }).take(8).map((date) => date.toDate());
console.log('cron-parser: Fridays alone:', theirs.every((date) => day(date) === 'Fri 13'));
const ours = cron.createTask(line, () => {}, { timezone: 'UTC' }).getNextRuns(8);
console.log('node-cron:', ours.length, 'runs,', [...new Set(ours.map(day))].join(', '));
process.exit(0);
JS
got=$(TZ=UTC node probe.js)
printf '%s\n' "$got"
[ "$got" = 'cron-parser: Fridays alone: false
node-cron: 8 runs, Fri 13' ]
