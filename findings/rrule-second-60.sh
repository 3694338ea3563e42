#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# rrule 2.8.1, rrule-temporal 2.2.8 and ical.js 2.2.1 (npm): BYSECOND=60 has three meanings.
#
# Guess: RFC 5545 allows seconds from 0 to 60, for leap seconds, and says that 60 counts as 59 where the minute has no
# more: all three do one thing, or refuse it.
# Seen: rrule gives the first second of the next minute. rrule-temporal ignores the part, so that the start's second
# is left. ical.js gives the first second of the next minute too, but on every second day: the step to the next day
# is taken from where the second has led. A daily job of 23:59:60 runs a minute earlier or later or every other day.
# What helps: BYSECOND=59.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT
cd -- "$scratch"

npm install --silent --no-audit --no-fund --before=2026-11-30 rrule@2.8.1 rrule-temporal@2.2.8 ical.js@2.2.1 >/dev/null
cat >probe.mjs <<'JS'
import rrule from 'rrule';
import { RRuleTemporal } from 'rrule-temporal';
import ICAL from 'ical.js';
const rule = 'FREQ=DAILY;BYSECOND=60;COUNT=3', text = 'DTSTART:20260101T235900Z\nRRULE:' + rule;
const show = (name, dates) => console.log(name + ': ' + dates.map((date) => date.slice(5, 19)).join(' '));
show('rrule', rrule.rrulestr(text).all().map((date) => date.toISOString()));
show('rrule-temporal', new RRuleTemporal({ rruleString: text }).all().map((date) => new Date(date.epochMilliseconds).toISOString()));
const iterator = ICAL.Recur.fromString(rule).iterator(ICAL.Time.fromString('2026-01-01T23:59:00Z'));
show('ical.js', Array.from({ length: 3 }, () => iterator.next().toString()));
JS
got=$(node probe.mjs)
printf '%s\n' "$got"
[ "$got" = 'rrule: 01-02T00:00:00 01-03T00:00:00 01-04T00:00:00
rrule-temporal: 01-01T23:59:00 01-02T23:59:00 01-03T23:59:00
ical.js: 01-02T00:00:00 01-04T00:00:00 01-06T00:00:00' ]
