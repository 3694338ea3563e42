#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# ical.js 2.2.1 (npm): a yearly event of 29 February takes place on 1 March in the other years.
#
# Guess: days that a year does not have are left out, as RFC 5545 says of invalid dates and as ical.js does for
# the 31st of a month: the next one after 2024 is in 2028.
# Seen: it is 1 March 2025 and 2026, and so a COUNT of three is used up before the next leap year comes. rrule
# 2.8.1 gives 2024, 2028 and 2032 for the same line. With BYMONTH=2;BYMONTHDAY=29 written out ical.js does as well.
# What helps: write the day out in the rule.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT
cd -- "$scratch"

npm install --silent --no-audit --no-fund --before=2026-11-30 ical.js@2.2.1 rrule@2.8.1 >/dev/null
cat >probe.mjs <<'JS'
import ICAL from 'ical.js';
import rrule from 'rrule';
const start = '2024-02-29T09:00:00Z';
for (const rule of ['FREQ=YEARLY;COUNT=3', 'FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29;COUNT=3']) {
  const iterator = ICAL.Recur.fromString(rule).iterator(ICAL.Time.fromString(start));
  const dates = Array.from({ length: 3 }, () => iterator.next().toString().slice(0, 10));
  const others = rrule.rrulestr('DTSTART:20240229T090000Z\nRRULE:' + rule).all().map((date) => date.toISOString().slice(0, 10));
  console.log(rule + ': ' + dates.join(' ') + ' | ' + others.join(' '));
}
JS
got=$(node probe.mjs)
printf '%s\n' "$got"
[ "$got" = 'FREQ=YEARLY;COUNT=3: 2024-02-29 2025-03-01 2026-03-01 | 2024-02-29 2028-02-29 2032-02-29
FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29;COUNT=3: 2024-02-29 2028-02-29 2032-02-29 | 2024-02-29 2028-02-29 2032-02-29' ]
