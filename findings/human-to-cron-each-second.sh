#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# human-to-cron 0.3.1 (npm): "twice a day" is each second.
#
# Guess: what it does not understand is an error, or an empty text: a schedule that was made from words goes on into a scheduler unread.
# Seen: every text becomes a schedule. Of what it does not know the default is left, `* * * * * *`, with seconds in front: "twice a day",
# "each 2 weeks" and "last day of month" run each second. "each 5 minutes" is each second of every fifth minute, and "every monday at 9:30"
# loses the Monday and runs each day.
# What helps: to refuse a result with `*` in its first field, and to show people the next dates.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT
cd -- "$scratch"

npm install --silent --no-audit --no-fund --before=2026-11-30 human-to-cron@0.3.1 >/dev/null
cat >probe.js <<'JS'
const parse = require('human-to-cron');
for (const text of ['each 5 minutes', 'twice a day', 'each 2 weeks', 'last day of month', 'every monday at 9:30', 'every day at 9:30']) {
  console.log(`${text}: ${parse(text)}`);
}
JS
got=$(node probe.js)
printf '%s\n' "$got"
[ "$got" = 'each 5 minutes: * */5 * * * *
twice a day: * * * * * *
each 2 weeks: * * * * * *
last day of month: * * * * * *
every monday at 9:30: 0 30 9 * * *
every day at 9:30: 0 30 9 * * */1' ]
