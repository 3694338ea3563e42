#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# aws-cron-parser 1.1.12 (npm): "the 31st of each month" runs on 3 March and on 1 May.
#
# Guess: a month that has no 31st is left out, as by every cron: the next ones after 31 January are 31 March and 31 May; the 31st
# of February never comes.
# Seen: the date is built and rolls over into the next month: 3 March (2 March in leap years), 31 March, 1 May, 31 May. In a
# month of 31 days behind a shorter one the job runs twice. `0 0 31 2 ? *` is each year's 3 March.
# What helps: `L` for the last day, which is right; or a check that next() gives a day of the list.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT
cd -- "$scratch"

npm install --silent --no-audit --no-fund --before=2026-11-30 aws-cron-parser@1.1.12 >/dev/null
cat >probe.js <<'JS'
const { parse, next } = require('aws-cron-parser');
for (const text of ['0 0 31 2 ? *', '0 0 30 2 ? *', '0 0 31 * ? *', '0 0 31 4,5 ? *', '0 0 L * ? *']) {
  const cron = parse(text), dates = [];
  for (let date = new Date('2026-01-31T00:00:30Z'); dates.length < 4;) {
    date = next(cron, date);
    if (!date) break;
    dates.push(date.toISOString().slice(2, 10));
  }
  console.log(text + ': ' + dates.join(' '));
}
JS
got=$(TZ=UTC node probe.js)
printf '%s\n' "$got"
[ "$got" = '0 0 31 2 ? *: 26-03-03 27-03-03 28-03-02 29-03-03
0 0 30 2 ? *: 26-03-02 27-03-02 28-03-01 29-03-02
0 0 31 * ? *: 26-03-03 26-03-31 26-05-01 26-05-31
0 0 31 4,5 ? *: 26-05-01 26-05-31 27-05-01 27-05-31
0 0 L * ? *: 26-02-28 26-03-31 26-04-30 26-05-31' ]
