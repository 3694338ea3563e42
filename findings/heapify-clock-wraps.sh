#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# heapify 1.0.2 (npm), a priority queue: a timer of 2027-01-10 14:28:18 comes before one that is due two seconds earlier.
#
# Guess: priorities are numbers, and a queue of times in milliseconds since 1970 is what a priority queue is for: the least comes first.
# Seen: priorities are kept as 32-bit unsigned integers unless another type of array is passed as the fifth argument of the constructor. Times
# of today are cut down to their remainder by 2^32 ms, 49.7 days, so that the order is right until the remainder goes over zero, seven times
# a year; -1 is the greatest of all and 0.9 equals 0.1. push() takes them all without a word.
# What helps: new MinQueue(size, [], [], Uint32Array, Float64Array).
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT
cd -- "$scratch"

npm install --silent --no-audit --no-fund --before=2026-11-30 heapify@1.0.2 >/dev/null
cat >probe.js <<'JS'
const { MinQueue } = require('heapify');
const wrap = Math.ceil(Date.UTC(2026, 10, 30) / 2 ** 32) * 2 ** 32;
const show = (name, queue, ...priorities) => {
  priorities.forEach((priority, i) => queue.push(i + 1, priority));
  console.log(`${name}: ${priorities.map(() => `${queue.peekPriority()} (the ${queue.pop()}.)`).join(', ')}`);
};
console.log('the next wrap: ' + new Date(wrap).toISOString());
show('times', new MinQueue(), wrap - 1000, wrap + 1000);
show('-1 and 5', new MinQueue(), -1, 5);
show('0.9 and 0.1', new MinQueue(), 0.9, 0.1);
show('as doubles', new MinQueue(64, [], [], Uint32Array, Float64Array), wrap - 1000, wrap + 1000);
JS
got=$(node probe.js)
printf '%s\n' "$got"
[ "$got" = 'the next wrap: 2027-01-10T14:28:17.024Z
times: 1000 (the 2.), 4294966296 (the 1.)
-1 and 5: 5 (the 2.), 4294967295 (the 1.)
0.9 and 0.1: 0 (the 1.), 0 (the 2.)
as doubles: 1799591296024 (the 1.), 1799591298024 (the 2.)' ]
