#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# @sapphire/cron 1.2.1 (npm): `0 22-2 * * *`, ten at night to two, is two in the morning to ten at night.
#
# Guess: a range whose end is before its begin goes over midnight, as with cronosjs 1.7.1, or is refused, as with croner 11.0.0. `FRI-MON` is
# Friday to Monday, or refused too.
# Seen: the ends are exchanged: 22-2 is 2-22, each hour but the three that were meant at night, and FRI-MON is Monday to Friday. Neither
# is said. The week has days 0 to 6 only, and a 7 is none of them: 5-7 is Friday and Saturday, without Sunday.
# What helps: lists, `22,23,0-2` and `5,6,0,1`.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT
cd -- "$scratch"

npm install --silent --no-audit --no-fund --before=2026-11-30 @sapphire/cron@1.2.1 >/dev/null
cat >probe.js <<'JS'
const { Cron } = require('@sapphire/cron');
const show = (pattern, count, from) => {
  const cron = new Cron(pattern), times = [];
  let time = new Date(from);
  for (let i = 0; i < count; i++) times.push((time = cron.next(time)).toUTCString().replace(/,? (\d+) (\w+) \d+ (\d\d:\d\d).*/, ' $1 $3'));
  console.log(`${pattern}: ${times.join(', ')}`);
};
show('0 22-2 * * *', 4, '2026-11-30T20:30:00Z');
show('0 22,23,0-2 * * *', 4, '2026-11-30T20:30:00Z');
show('0 0 * * FRI-MON', 4, '2026-11-26T00:00:00Z');
show('0 0 * * 5-7', 4, '2026-11-26T00:00:00Z');
JS
got=$(TZ=UTC node probe.js)
printf '%s\n' "$got"
[ "$got" = '0 22-2 * * *: Mon 30 21:00, Mon 30 22:00, Tue 01 02:00, Tue 01 03:00
0 22,23,0-2 * * *: Mon 30 22:00, Mon 30 23:00, Tue 01 00:00, Tue 01 01:00
0 0 * * FRI-MON: Fri 27 00:00, Mon 30 00:00, Tue 01 00:00, Wed 02 00:00
0 0 * * 5-7: Fri 27 00:00, Sat 28 00:00, Fri 04 00:00, Sat 05 00:00' ]
