#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# @breejs/later 4.2.0 (npm): "every 90 mins" is every 60 minutes, and "every 36 hours" is every midnight.
#
# Guess: the text is parsed without an error, so the job runs every 90 minutes, counted from the start, from
# midnight or from 1970; a step that the schedule cannot hold is an error.
# Seen: it becomes the list of minutes 0, 90, ... below 60, that is minute 0: once an hour. 36 hours are hour 0 of each
# day, and 7 hours are 0, 7, 14 and 21, so that the last step of a day is three hours. The error that parse.text()
# gives (the position of it, or -1 for none) is -1 in each case.
# What helps: a step that divides the next larger unit, or a timer of your own.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT
cd -- "$scratch"

npm install --silent --no-audit --no-fund --before=2026-11-30 @breejs/later@4.2.0 >/dev/null
cat >probe.js <<'JS'
const later = require('@breejs/later');
for (const text of ['every 30 mins', 'every 90 mins', 'every 7 hours', 'every 36 hours']) {
  const schedule = later.parse.text(text);
  const times = later.schedule(schedule).next(6, new Date('2026-01-01T00:00:00Z'));
  const hours = times.slice(1).map((time, i) => (time - times[i]) / 3600000);
  console.log(text + ': error ' + schedule.error + ', hours between runs: ' + hours.join(' '));
}
JS
got=$(node probe.js)
printf '%s\n' "$got"
[ "$got" = 'every 30 mins: error -1, hours between runs: 0.5 0.5 0.5 0.5 0.5
every 90 mins: error -1, hours between runs: 1 1 1 1 1
every 7 hours: error -1, hours between runs: 7 7 7 3 7
every 36 hours: error -1, hours between runs: 24 24 24 24 24' ]
