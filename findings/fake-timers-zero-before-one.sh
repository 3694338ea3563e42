#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# @sinonjs/fake-timers 15.5.0 (npm): setTimeout(..., 0) runs before setTimeout(..., 1) that was set earlier, other than in Node.
#
# Guess: a fake clock for Node runs timers in Node's order; a delay of 0 is 1 there, so of two timers with 1 and 0 the one
# that was set first is first.
# Seen: on the fake clock 0 is 0: what is set with 0 or 0.5 overtakes what was set before it with 1 or 1.9. So a test of an
# order passes that does not hold, or fails that does.
# What helps: delays of at least 1 in what is tested for its order.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT
cd -- "$scratch"

npm install --silent --no-audit --no-fund --before=2026-11-30 @sinonjs/fake-timers@15.5.0 >/dev/null
cat >probe.js <<'JS'
const FakeTimers = require('@sinonjs/fake-timers');
const set = (timers, order) => [1.9, 1, 0.5, 0].forEach((delay) => timers.setTimeout(() => order.push(delay), delay));
const clock = FakeTimers.createClock(), fake = [], real = [];
set(clock, fake);
clock.tick(1);
set(globalThis, real);
setTimeout(() => {
  console.log('fake: ' + fake.join(' '));
  console.log('Node: ' + real.join(' '));
}, 100);
JS
got=$(node probe.js)
printf '%s\n' "$got"
[ "$got" = 'fake: 0.5 0 1.9 1
Node: 1.9 1 0.5 0' ]
