#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# backo2 1.0.2 (npm): with jitter, half of all delays are 0 once there have been some thousand attempts.
#
# Guess: a back-off with min 100 ms, max 10 s and jitter 0.5 stays between 5 and 10 s for as long as it lasts:
# that is what a cap is for.
# Seen: at the cap every delay is 10 s exactly, without jitter, and from the 1019th attempt on about half are
# 0 ms. The delay is computed without its cap first: 100 ms * 2^1018 is infinite, so is the jitter, and
# where the jitter is taken off, infinity less infinity is no number, which becomes 0. At 10 s each that is
# less than three hours of a server that is away, and then each client asks as fast as it can.
# What helps: call reset() now and then, or jitter 0, which has no difference to take.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT
cd -- "$scratch"

npm install --silent --no-audit --no-fund --before=2026-11-30 backo2@1.0.2 >/dev/null
cat >probe.js <<'JS'
const Backoff = require('backo2');
const delays = (jitter) => {
  const backoff = new Backoff({ min: 100, max: 10000, jitter });
  return Array.from({ length: 3000 }, () => backoff.duration());
};
const jittered = delays(0.5), plain = delays(0);
const zeros = jittered.filter((delay) => delay === 0).length;
console.log('first 0 at attempt', jittered.indexOf(0) >= 1018 && jittered.indexOf(0) < 1060 ? 'about 1019' : 'elsewhere');
console.log('half of the rest:', zeros > 800 && zeros < 1200);
console.log('attempts 20 to 1018 all at the cap:', jittered.slice(20, 1018).every((delay) => delay === 10000));
console.log('without jitter all at the cap:', plain.slice(20).every((delay) => delay === 10000));
JS
got=$(node probe.js)
printf '%s\n' "$got"
[ "$got" = 'first 0 at attempt about 1019
half of the rest: true
attempts 20 to 1018 all at the cap: true
without jitter all at the cap: true' ]
