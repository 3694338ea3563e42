#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# ts-ics 2.4.6 (npm): "the last of each month" is the last but one, and "the last Friday" is at midnight.
#
# Guess: extendByRecurrenceRule() gives the dates that RFC 5545 says, from the start on, at the start's time of day: the rules are read and written
# without loss, parts that few use among them, so they are understood.
# Seen: an event of 9:00 that is repeated by weekday within a month is at 00:00; BYMONTHDAY=-1 is 27 February and 30 March; the last working day
# of February 2026, Friday 27, is Thursday 26. A start that is a date of the rule is left out there, and COUNT=2 from one that is none gives one
# date. Nothing is said to be unsupported. The weekly rule is right.
# What helps: ts-ics for reading, rrule 2.8.1 for the dates.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT
cd -- "$scratch"

npm install --silent --no-audit --no-fund --before=2026-11-30 ts-ics@2.4.6 rrule@2.8.1 >/dev/null
cat >probe.mjs <<'JS'
import { convertIcsRecurrenceRule, extendByRecurrenceRule } from 'ts-ics';
import rrule from 'rrule';
const text = (dates) => dates.map((date) => date.toISOString().slice(5, 16)).join(', ');
for (const [start, rule] of [
  ['2026-01-05', 'FREQ=WEEKLY;INTERVAL=2;BYDAY=MO;COUNT=3'], ['2026-01-30', 'FREQ=MONTHLY;BYDAY=-1FR;COUNT=3'],
  ['2026-01-31', 'FREQ=MONTHLY;BYMONTHDAY=-1;COUNT=3'], ['2026-01-30', 'FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1;COUNT=3'],
  ['2026-01-07', 'FREQ=WEEKLY;BYDAY=MO;COUNT=2'],
]) {
  const at = new Date(`${start}T09:00:00Z`), end = new Date('2030-01-01');
  console.log(`${rule}: ${text(extendByRecurrenceRule(convertIcsRecurrenceRule(undefined, { value: rule }), { start: at, end }))}`);
  console.log(`  by rrule: ${text(rrule.rrulestr(rule, { dtstart: at }).all())}`);
}
JS
got=$(TZ=UTC node probe.mjs)
printf '%s\n' "$got"
[ "$got" = 'FREQ=WEEKLY;INTERVAL=2;BYDAY=MO;COUNT=3: 01-05T09:00, 01-19T09:00, 02-02T09:00
  by rrule: 01-05T09:00, 01-19T09:00, 02-02T09:00
FREQ=MONTHLY;BYDAY=-1FR;COUNT=3: 02-27T00:00, 03-27T00:00, 04-24T00:00
  by rrule: 01-30T09:00, 02-27T09:00, 03-27T09:00
FREQ=MONTHLY;BYMONTHDAY=-1;COUNT=3: 02-27T09:00, 03-30T09:00, 04-29T09:00
  by rrule: 01-31T09:00, 02-28T09:00, 03-31T09:00
FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1;COUNT=3: 02-26T00:00, 03-30T00:00, 04-29T00:00
  by rrule: 01-30T09:00, 02-27T09:00, 03-31T09:00
FREQ=WEEKLY;BYDAY=MO;COUNT=2: 01-12T09:00
  by rrule: 01-12T09:00, 01-19T09:00' ]
