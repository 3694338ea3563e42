#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# rate-limiter-flexible 11.4.0 (npm): `execEvenly` runs five of a second in its first half, at uneven distances.
#
# Guess: with 5 points a second and execEvenly, five calls that come together run 200 ms apart: at 0, 200, 400, 600 and
# 800 ms.
# Seen: at 0, 200, 250, 333 and 500 ms: the pause of each is what is left of the second, divided by the points that are
# left and one more, for all of them from the same instant. The fourth is 83 ms behind the third, and the second half
# of the second is empty. Calls that come one after another are spaced in another way again.
# What helps: a queue with a fixed distance where even load counts.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT
cd -- "$scratch"

npm install --silent --no-audit --no-fund --before=2026-11-30 rate-limiter-flexible@11.4.0 >/dev/null
cat >probe.js <<'JS'
const { RateLimiterMemory } = require('rate-limiter-flexible');
const limiter = new RateLimiterMemory({ points: 5, duration: 2, execEvenly: true });
// The pauses for which it asks a timer, within two seconds, to the nearest multiple of 20 ms, as the clock goes on between the calls.
// A timer of the whole two seconds is there besides, for the points.
const delays = [], plain = setTimeout;
globalThis.setTimeout = (callback, delay, ...rest) => { delays.push(delay); return plain(callback, delay, ...rest); };
Promise.all(Array.from({ length: 5 }, () => limiter.consume('client'))).then(() => {
  console.log(delays.filter((ms) => ms < 1500).map((ms) => Math.round(ms / 20) * 20).join(' '));
});
JS
got=$(node probe.js)
printf '%s\n' "$got"
[ "$got" = '400 500 660 1000' ]
