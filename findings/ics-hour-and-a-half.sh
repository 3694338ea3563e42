#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# ics 3.12.0 with node-ical 0.26.1 and ical.js 2.2.1 (npm): an event of an hour and a half lasts five hours, or one.
#
# Guess: `duration: { hours: 1.5 }`, a number like any other to its check, is written PT1H30M, or refused, as iCalendar's
# durations have no fractions.
# Seen: it is written PT1.5H, which no standard has. node-ical takes the 5 for the hours and ends the event five hours later, ical.js
# takes the 1, and vobject and libical refuse it. Whole days are written `P1DT`, with a T and nothing behind it, which strict
# readers refuse too.
# What helps: whole minutes.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT
cd -- "$scratch"

npm install --silent --no-audit --no-fund --before=2026-11-30 ics@3.12.0 node-ical@0.26.1 ical.js@2.2.1 >/dev/null
cat >probe.mjs <<'JS'
import ICAL from 'ical.js';
import ics from 'ics';
import nodeIcal from 'node-ical';
for (const duration of [{ minutes: 90 }, { hours: 1.5 }, { days: 1 }]) {
  const { error, value } = ics.createEvent({ title: 'job', start: [2026, 1, 1, 9, 0], startInputType: 'utc', duration });
  if (error) throw error;
  const written = value.match(/^DURATION:(.*)/m)[1].trim();
  const event = Object.values(nodeIcal.parseICS(value)).find(({ type }) => type === 'VEVENT');
  console.log(`${JSON.stringify(duration)}: ${written}, node-ical ${(event.end - event.start) / 3600000} h, ical.js ${ICAL.Duration.fromString(written).toSeconds() / 3600} h`);
}
JS
got=$(node probe.mjs)
printf '%s\n' "$got"
[ "$got" = '{"minutes":90}: PT90M, node-ical 1.5 h, ical.js 1.5 h
{"hours":1.5}: PT1.5H, node-ical 5 h, ical.js 1 h
{"days":1}: P1DT, node-ical 24 h, ical.js 24 h' ]
