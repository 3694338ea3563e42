#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# @progress/kendo-recurrence 1.0.5 (npm): every second week on Sunday and Monday is on other Sundays.
#
# Guess: a rule without WKST has weeks that begin on Monday, as RFC 5545 says: from Monday 5 January 2026, every second week on Sunday and Monday is
# Monday 5, Sunday 11, Monday 19.
# Seen: weeks begin on Sunday: 5, 18, 19, 1 February. So the Sundays are in the other weeks than in the calendar that the rule came from, and with
# WKST=MO in the rule they are right. Without INTERVAL, or with one day, nothing shows it.
# What helps: WKST=MO in each rule that is read.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT
cd -- "$scratch"

npm install --silent --no-audit --no-fund --before=2026-11-30 @progress/kendo-recurrence@1.0.5 @progress/kendo-date-math@1.5.17 rrule@2.8.1 >/dev/null
cat >probe.js <<'JS'
const { expand, parseRule } = require('@progress/kendo-recurrence');
const { ZonedDate } = require('@progress/kendo-date-math');
const { rrulestr } = require('rrule');
const zoned = (text) => ZonedDate.fromUTCDate(new Date(text), 'Etc/UTC');
const text = (dates) => dates.map((date) => date.toISOString().slice(5, 10)).join(', ');
for (const rule of ['FREQ=WEEKLY;INTERVAL=2;BYDAY=SU,MO;COUNT=4', 'FREQ=WEEKLY;INTERVAL=2;BYDAY=SU,MO;COUNT=4;WKST=MO']) {
  const parsed = parseRule({ recurrenceRule: rule });
  parsed.start = parsed.end = zoned('2026-01-05T09:00:00Z');
  const { events } = expand(parsed, { rangeStart: zoned('2026-01-01T00:00:00Z'), rangeEnd: zoned('2027-01-01T00:00:00Z') });
  console.log(`${rule}: ${text(events.map((event) => event.start.toUTCDate()))}; by rrule ${text(rrulestr(rule, { dtstart: new Date('2026-01-05T09:00:00Z') }).all())}`);
}
JS
got=$(TZ=UTC node probe.js)
printf '%s\n' "$got"
[ "$got" = 'FREQ=WEEKLY;INTERVAL=2;BYDAY=SU,MO;COUNT=4: 01-05, 01-18, 01-19, 02-01; by rrule 01-05, 01-11, 01-19, 01-25
FREQ=WEEKLY;INTERVAL=2;BYDAY=SU,MO;COUNT=4;WKST=MO: 01-05, 01-11, 01-19, 01-25; by rrule 01-05, 01-11, 01-19, 01-25' ]
