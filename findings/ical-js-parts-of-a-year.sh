#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# ical.js 2.2.1 (npm): "the Monday of week 20" and "the 20th Monday of the year" are each Monday.
#
# Guess: BYWEEKNO and a numbered day of a yearly rule, both of them examples in RFC 5545, are followed, or the
# rule is refused, as a WEEKLY rule with BYMONTHDAY is.
# Seen: both parts are read (toString() shows them) and not looked at: events of once a year come every week. rrule 2.8.1
# gives 11 May and 18 May 2026 for them. BYSETPOS with FREQ=DAILY, the last of two hours of a day, is not looked at
# either; with FREQ=MONTHLY it is.
# What helps: BYMONTH with BYDAY where it can be said so; for the others another library.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT
cd -- "$scratch"

npm install --silent --no-audit --no-fund --before=2026-11-30 ical.js@2.2.1 rrule@2.8.1 >/dev/null
cat >probe.mjs <<'JS'
import ICAL from 'ical.js';
import rrule from 'rrule';
const rules = ['FREQ=YEARLY;BYWEEKNO=20;BYDAY=MO;COUNT=3', 'FREQ=YEARLY;BYDAY=20MO;COUNT=3', 'FREQ=DAILY;BYHOUR=9,17;BYSETPOS=-1;COUNT=3'];
for (const rule of rules) {
  const recur = ICAL.Recur.fromString(rule);
  const iterator = recur.iterator(ICAL.Time.fromString('2026-01-01T09:00:00Z'));
  const dates = Array.from({ length: 3 }, () => iterator.next().toString().slice(2, 13));
  const others = rrule.rrulestr('DTSTART:20260101T090000Z\nRRULE:' + rule).all().map((date) => date.toISOString().slice(2, 13));
  console.log(recur.toString() + ': ' + dates.join(' ') + ' | ' + others.join(' '));
}
JS
got=$(node probe.mjs)
printf '%s\n' "$got"
[ "$got" = 'FREQ=YEARLY;COUNT=3;BYWEEKNO=20;BYDAY=MO: 26-01-05T09 26-01-12T09 26-01-19T09 | 26-05-11T09 27-05-17T09 28-05-15T09
FREQ=YEARLY;COUNT=3;BYDAY=20MO: 26-01-05T09 26-01-12T09 26-01-19T09 | 26-05-18T09 27-05-17T09 28-05-15T09
FREQ=DAILY;COUNT=3;BYHOUR=9,17;BYSETPOS=-1: 26-01-01T09 26-01-01T17 26-01-02T09 | 26-01-01T17 26-01-02T17 26-01-03T17' ]
