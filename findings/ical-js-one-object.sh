#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# ical.js 2.2.1 (npm): the iterator of a rule gives the same object each time.
#
# Guess: next() gives a time, and times that were collected in an array are the dates of the rule; ICAL.Event's
# iterator, which stands on it, does that.
# Seen: of a rule's own iterator all members of the array are one object, which says the last date: three times
# 3 January for a daily rule of three. Printed one by one they are right.
# What helps: clone() each, or take toString() or toJSDate() of it at once.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT
cd -- "$scratch"

npm install --silent --no-audit --no-fund --before=2026-11-30 ical.js@2.2.1 >/dev/null
cat >probe.mjs <<'JS'
import ICAL from 'ical.js';
const collect = (iterator) => {
  const times = [];
  for (let time = iterator.next(); time; time = iterator.next()) times.push(time);
  return times.map((time) => time.toString().slice(0, 10)).join(' ') + ', one object: ' + (times[0] === times[1]);
};
const event = 'BEGIN:VEVENT\nDTSTART:20260101T090000Z\nRRULE:FREQ=DAILY;COUNT=3\nEND:VEVENT';
console.log('rule:', collect(ICAL.Recur.fromString('FREQ=DAILY;COUNT=3').iterator(ICAL.Time.fromString('2026-01-01T09:00:00Z'))));
console.log('event:', collect(new ICAL.Event(new ICAL.Component(ICAL.parse(event))).iterator()));
JS
got=$(node probe.mjs)
printf '%s\n' "$got"
[ "$got" = 'rule: 2026-01-03 2026-01-03 2026-01-03, one object: true
event: 2026-01-01 2026-01-02 2026-01-03, one object: false' ]
