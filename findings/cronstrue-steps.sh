#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# cronstrue 3.39.0 (npm) beside cron-parser 5.10.5: it describes schedules that no scheduler runs.
#
# Guess: a description says what the expression does, and an expression without a meaning is refused: cronstrue
# checks the range of each number (it refuses 60 as a day of the week).
# Seen: steps are described and not evaluated. `*/90` in the minutes is "Every 90 minutes" and runs every 60; `*/13` in
# the months is "every 13 months" and runs once a year, on 1 January; a range backwards, which cron-parser
# refuses, is "between 10:00 PM and 02:00 AM"; the 31st of February is a date like any other.
# What helps: show the next few dates of the scheduler that is used, beside or in place of the words.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT
cd -- "$scratch"

npm install --silent --no-audit --no-fund --before=2026-11-30 cronstrue@3.39.0 cron-parser@5.10.5 >/dev/null
cat >probe.js <<'JS'
const cronstrue = require('cronstrue');
const { CronExpressionParser } = require('cron-parser');
for (const text of ['*/90 * * * *', '0 0 1 */13 *', '0 22-2 * * *', '0 0 31 2 *']) {
  let runs;
  try {
    const times = CronExpressionParser.parse(text, { currentDate: new Date('2026-01-01T00:00:30Z'), tz: 'UTC' });
    runs = [0, 0].map(() => times.next().toDate().toISOString().slice(2, 16)).join(' ');
  } catch { runs = 'refused'; }
  console.log(text + ' | ' + cronstrue.toString(text) + ' | ' + runs);
}
JS
got=$(node probe.js)
printf '%s\n' "$got"
[ "$got" = '*/90 * * * * | Every 90 minutes | 26-01-01T01:00 26-01-01T02:00
0 0 1 */13 * | At 12:00 AM, on day 1 of the month, every 13 months | 27-01-01T00:00 28-01-01T00:00
0 22-2 * * * | Every hour, between 10:00 PM and 02:00 AM | refused
0 0 31 2 * | At 12:00 AM, on day 31 of the month, only in February | refused' ]
