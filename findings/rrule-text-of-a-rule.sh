#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# rrule 2.8.1 (npm): toText() leaves parts of a rule out and says that nothing is left out.
#
# Guess: isFullyConvertibleToText() is false for a rule of which a part has no words, as it is for one of every five seconds,
# whose text says so itself.
# Seen: it is true for "the last weekday of each month" (BYSETPOS=-1), whose text is "every month on weekdays", some 22 days,
# for half past nine ("every day at 9") and for a quarter past every second hour ("every 2 hours"). And fromText() of
# "every year on the 100th day" gives BYMONTHDAY=100, a rule without a single date. Who lets users check a schedule by its text
# has them confirm another one.
# What helps: show the next dates beside the text; refuse BYSETPOS, BYMINUTE and BYYEARDAY where text is all there is.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT
cd -- "$scratch"

npm install --silent --no-audit --no-fund --before=2026-11-30 rrule@2.8.1 >/dev/null
cat >probe.js <<'JS'
const { RRule, rrulestr } = require('rrule');
for (const text of ['FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1', 'FREQ=DAILY;BYHOUR=9;BYMINUTE=30', 'FREQ=HOURLY;INTERVAL=2;BYMINUTE=15',
  'FREQ=YEARLY;BYYEARDAY=100', 'FREQ=SECONDLY;INTERVAL=5']) {
  const rule = rrulestr('RRULE:' + text);
  console.log(`${text}: "${rule.toText()}", in full: ${rule.isFullyConvertibleToText()}`);
}
console.log(RRule.fromText('every year on the 100th day').toString());
JS
got=$(node probe.js)
printf '%s\n' "$got"
[ "$got" = 'FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1: "every month on weekdays", in full: true
FREQ=DAILY;BYHOUR=9;BYMINUTE=30: "every day at 9", in full: true
FREQ=HOURLY;INTERVAL=2;BYMINUTE=15: "every 2 hours", in full: true
FREQ=YEARLY;BYYEARDAY=100: "every year on the 100th day", in full: true
FREQ=SECONDLY;INTERVAL=5: "RRule error: Unable to fully convert this rrule to text", in full: false
RRULE:FREQ=YEARLY;BYMONTHDAY=100' ]
