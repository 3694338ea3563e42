#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# local-crontab 0.1.8 (npm), crontabs of a time zone made into ones of UTC: the day stays where it is.
#
# Guess: Monday 01:30 in Berlin is Sunday 23:30 in summer, and the first of the month at midnight in Tokyo the last of the month before at 15:00:
# the day moves with the hour, or it is refused.
# Seen: the hour moves alone. In summer the job of Monday runs on Tuesday at 01:30, and the job of the first runs a day late. Besides, the months in
# which clocks change are cut in two by their days, beside the day of the week: a cron that takes both fields as "or", as most do,
# runs the job of 1:30 on each of these days and on each Monday of the whole month, with both hours.
# What helps: a scheduler with time zones.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT
cd -- "$scratch"

npm install --silent --no-audit --no-fund --before=2026-11-30 local-crontab@0.1.8 >/dev/null
cat >probe.mjs <<'JS'
import * as module from 'local-crontab';
const convert = module.localCrontabToUtcCrontabs ?? module.default.localCrontabToUtcCrontabs;
for (const [line, zone] of [['0 10 * * *', 'Asia/Tokyo'], ['0 0 1 * *', 'Asia/Tokyo'], ['30 1 * * 1', 'Europe/Berlin']]) {
  console.log(`${line} in ${zone}: ${convert(line, zone).map((utc) => utc.replace(/ \d+(-\d+)? (3|10) /, ' DAYS $2 ')).join('; ')}`);
}
JS
got=$(TZ=UTC node probe.mjs)
printf '%s\n' "$got"
[ "$got" = '0 10 * * * in Asia/Tokyo: 0 1 * * *
0 0 1 * * in Asia/Tokyo: 0 15 1 * *
30 1 * * 1 in Europe/Berlin: 30 0 * 1-2,11-12 1; 30 0 DAYS 3 1; 30 23 DAYS 3 1; 30 23 * 4-9 1; 30 23 DAYS 10 1; 30 0 DAYS 10 1' ]
