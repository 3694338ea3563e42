#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# cron-schedule 6.0.0 (npm): what follows a number in a field is ignored.
#
# Guess: an extension that the parser does not know (`1#5` for the fifth Monday, `15W` for the weekday nearest to
# the 15th) is refused, as `L` is, and `5/15` is 5, 20, 35 and 50 as in cron-parser, or refused as in croner.
# Seen: the number at the start is read and the rest dropped: `1#5` runs on each Monday, `15W` on the 15th even if
# it is a Sunday, `5/15` once an hour, and `1banana` is 1. Expressions that were written for another scheduler
# run far more often, or less often, than they did there, and nothing complains.
# What helps: check an expression with a parser that refuses what it does not know before handing it over.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT
cd -- "$scratch"

npm install --silent --no-audit --no-fund --before=2026-11-30 cron-schedule@6.0.0 cron-parser@5.10.5 >/dev/null
cat >probe.js <<'JS'
const { parseCronExpression } = require('cron-schedule');
const { CronExpressionParser } = require('cron-parser');
const start = new Date('2026-01-01T00:00:30Z');
const show = (dates) => dates.map((date) => date.toISOString().slice(5, 16)).join(' ');
const tried = (f) => { try { return show(f()); } catch { return 'refused'; } };
for (const text of ['0 0 * * 1#5', '0 0 15W * *', '5/15 * * * *', '0 0 1banana * *', '0 0 L * *']) {
  console.log(text + ' | ' + tried(() => parseCronExpression(text).getNextDates(3, start)) + ' | ' + tried(() => {
    const times = CronExpressionParser.parse(text, { currentDate: start, tz: 'UTC' });
    return [0, 0, 0].map(() => times.next().toDate());
  }));
}
JS
got=$(TZ=UTC node probe.js)
printf '%s\n' "$got"
[ "$got" = '0 0 * * 1#5 | 01-05T00:00 01-12T00:00 01-19T00:00 | 03-30T00:00 06-29T00:00 08-31T00:00
0 0 15W * * | 01-15T00:00 02-15T00:00 03-15T00:00 | refused
5/15 * * * * | 01-01T00:05 01-01T01:05 01-01T02:05 | 01-01T00:05 01-01T00:20 01-01T00:35
0 0 1banana * * | 02-01T00:00 03-01T00:00 04-01T00:00 | refused
0 0 L * * | refused | 01-31T00:00 02-28T00:00 03-31T00:00' ]
