#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# moving-average 1.0.1 and ewma 2.0.1 (npm): of 100 values in one millisecond the first counts alone.
#
# Guess: values of one instant are averaged, or the last of them counts; the older a value the less it weighs, and these are equally old.
# Seen: a value weighs as much as the time since the one before it, so one that comes in the same millisecond weighs nothing: of one
# answer of 1 ms and 99 of 500 the average is 1. Bursts, which are when a service is slow, are hardly seen, and a value after a
# pause of a minute is all the average there is. And moving-average takes a time of 0 for "none yet": in a simulation that begins at 0
# its first value is forgotten: 100 at 0 and 200 at 10 give 200, 100 at 1 and 200 at 11 give 101.
# What helps: an average for each interval, which is then pushed once; times that begin at 1.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT
cd -- "$scratch"

npm install --silent --no-audit --no-fund --before=2026-11-30 moving-average@1.0.1 ewma@2.0.1 >/dev/null
cat >probe.js <<'JS'
const MovingAverage = require('moving-average'), Ewma = require('ewma');
const values = Array.from({ length: 100 }, (_, i) => (i ? 500 : 1));
const average = MovingAverage(1000), other = new Ewma(1000, undefined, { now: () => 1700000000000 });
for (const value of values) {
  average.push(1700000000000, value);
  other.insert(value);
}
console.log('1 and 99 times 500 in a millisecond:', average.movingAverage(), other.value());
average.push(1700000060000, 7);
console.log('7 a minute later:', average.movingAverage());
for (const start of [0, 1]) {
  const simulated = MovingAverage(1000);
  simulated.push(start, 100);
  simulated.push(start + 10, 200);
  console.log(`from ${start}:`, Math.round(simulated.movingAverage()));
}
JS
got=$(node probe.js)
printf '%s\n' "$got"
[ "$got" = '1 and 99 times 500 in a millisecond: 1 1
7 a minute later: 7
from 0: 200
from 1: 101' ]
