#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# crontzconvert 1.1.1 (npm), crontabs from one time zone to another: what goes over midnight goes to days that do not exist.
#
# Guess: the day moves along where the hour goes over midnight, also over the end of a month, as the examples of its description do; what one
# line cannot say is an error.
# Seen: the last of each month in the evening is right, any other day is counted up without a look at the month: 23:30 on 28 February at
# Greenwich is 29 February in Tokyo, once in four years, and the 30th is the 31st, so that four months have no run. The last of February is the
# first of February, 27 days early. Of two hours of which one goes over midnight both keep the weekday.
# What helps: a scheduler with time zones (CRON_TZ, OnCalendar= with a zone).
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT
cd -- "$scratch"

npm install --silent --no-audit --no-fund --before=2026-11-30 crontzconvert@1.1.1 >/dev/null
cat >probe.mjs <<'JS'
import * as module from 'crontzconvert';
const convert = module.convert ?? module.default.convert;
for (const line of ['0 0 23 * * 1', '0 0 23 L * *', '0 30 23 28 2 *', '0 0 23 30 * *', '0 15 23 L 2 *', '0 0 1,23 * * 1']) {
  console.log(`${line} at Greenwich is ${convert(line, 'UTC', 'Asia/Tokyo')} in Tokyo`);
}
JS
got=$(TZ=UTC node probe.mjs)
printf '%s\n' "$got"
[ "$got" = '0 0 23 * * 1 at Greenwich is 0 0 8 * * 2 in Tokyo
0 0 23 L * * at Greenwich is 0 0 8 1 * * in Tokyo
0 30 23 28 2 * at Greenwich is 0 30 8 29 2 * in Tokyo
0 0 23 30 * * at Greenwich is 0 0 8 31 * * in Tokyo
0 15 23 L 2 * at Greenwich is 0 15 8 1 2 * in Tokyo
0 0 1,23 * * 1 at Greenwich is 0 0 8,10 * * 1 in Tokyo' ]
