#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# cron-parser 5.10.5 (npm): a list whose parts overlap is refused.
#
# Guess: a list is a union, as in every cron: `*/2,*/3` is each minute that one of the two gives, and `0,7` is
# Sunday, which has both numbers so that either may be written.
# Seen: "Validation error, duplicate values found". `*/2,*/3`, `1-5,3`, `0,7` and `sun,0` are all refused, so
# lines that a crontab has had for years, and that croner takes, cannot be read. A list without overlap is fine.
# What helps: take the overlap out of such a line before it is parsed.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT
cd -- "$scratch"

npm install --silent --no-audit --no-fund --before=2026-11-30 cron-parser@5.10.5 croner@11.0.0 >/dev/null
cat >probe.js <<'JS'
const { CronExpressionParser } = require('cron-parser');
const { Cron } = require('croner');
const start = new Date('2026-01-01T00:00:30Z');
for (const text of ['*/2,*/3 * * * *', '0 0 * * 0,7', '0 0 * * 1-5,3', '0 0 * * 1-5,6']) {
  let parsed = 'taken';
  try { CronExpressionParser.parse(text, { currentDate: start, tz: 'UTC' }).next(); } catch (error) {
    parsed = error.message.replace(/^.*(duplicate values found).*$/, '$1');
  }
  console.log(text + ' | ' + parsed + ' | ' + (new Cron(text, { timezone: 'UTC', paused: true }).nextRun(start) ? 'croner takes it' : 'never'));
}
JS
got=$(node probe.js)
printf '%s\n' "$got"
[ "$got" = '*/2,*/3 * * * * | duplicate values found | croner takes it
0 0 * * 0,7 | duplicate values found | croner takes it
0 0 * * 1-5,3 | duplicate values found | croner takes it
0 0 * * 1-5,6 | taken | croner takes it' ]
