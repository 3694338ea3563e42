#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# brakes 3.1.0 (npm), a circuit breaker: when the pause is over all calls go to the back end that is still down.
#
# Guess: behind its pause an open circuit lets one call through to see, and opens again when that fails, as levee 1.5.1 does.
# Seen: there is no half-open state: the circuit closes and its counts start anew, so as many calls as `waitThreshold` says, a hundred unless it
# is set, go through and fail before it opens again, in each round. With a back end that is down because of its load that is no help,
# and its callers wait for it in vain.
# What helps: a health check (healthCheck()), which keeps it open until that succeeds.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT
cd -- "$scratch"

npm install --silent --no-audit --no-fund --before=2026-11-30 brakes@3.1.0 >/dev/null
cat >probe.js <<'JS'
const Brakes = require('brakes');
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
(async () => {
  let calls = 0, refused = 0;
  const brakes = new Brakes(async () => {
    calls++;
    throw new Error('down');
  }, { waitThreshold: 20, circuitDuration: 500, statInterval: 50, bucketSpan: 100 });
  const call = () => brakes.exec().catch((error) => { if (!error.message.includes('down')) refused++; });
  while (!refused) {
    await call();
    await sleep(1);
  }
  for (let round = 1; round <= 2; round++) {
    while (refused) {
      await sleep(100);
      refused = calls = 0;
      await call();
    }
    await Promise.all(Array.from({ length: 15 }, call));
    console.log(`round ${round}, the pause is over: ${calls} of 16 calls at once let through`);
    while (!refused) {
      await call();
      await sleep(1);
    }
    console.log(`until it opens again: ${calls >= 20 ? '20 or more' : calls}`);
  }
  process.exit(0);
})();
JS
got=$(timeout 60 node probe.js)
printf '%s\n' "$got"
[ "$got" = 'round 1, the pause is over: 16 of 16 calls at once let through
until it opens again: 20 or more
round 2, the pause is over: 16 of 16 calls at once let through
until it opens again: 20 or more' ]
