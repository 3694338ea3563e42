#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# opossum 9.0.0 (npm): the first call that fails opens the circuit.
#
# Guess: a circuit breaker whose threshold is 50 % opens after some failures, once there are enough calls to speak of a share.
# Seen: with the settings that it has, one failure of one call is 100 %: the circuit is open for 30 s, and calls that would have succeeded are
# refused. So a service's first request after its start, or the first one in a quiet 10 s, decides; the same five failures among a hundred
# successes leave it closed. A test that first makes some calls that succeed does not show it.
# What helps: `volumeThreshold`, 10 for instance.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT
cd -- "$scratch"

npm install --silent --no-audit --no-fund --before=2026-11-30 opossum@9.0.0 >/dev/null
cat >probe.js <<'JS'
const CircuitBreaker = require('opossum');
const call = async (fails) => { if (fails) throw new Error('no'); };
const run = async (name, options, successes, failures) => {
  const breaker = new CircuitBreaker(call, options), calls = [...Array(successes).fill(false), ...Array(failures).fill(true)];
  for (const fails of calls) await breaker.fire(fails).catch(() => {});
  const next = await breaker.fire(false).then(() => 'succeeds', (error) => error.message);
  console.log(`${name}: ${breaker.opened ? 'open' : 'closed'}, the next call: ${next}`);
  breaker.shutdown();
};
(async () => {
  await run('one failure', {}, 0, 1);
  await run('100 successes, five failures', {}, 100, 5);
  await run('one failure, volumeThreshold 10', { volumeThreshold: 10 }, 0, 1);
  await run('ten failures, volumeThreshold 10', { volumeThreshold: 10 }, 0, 10);
})();
JS
got=$(timeout 60 node probe.js)
printf '%s\n' "$got"
[ "$got" = 'one failure: open, the next call: Breaker is open
100 successes, five failures: closed, the next call: succeeds
one failure, volumeThreshold 10: closed, the next call: succeeds
ten failures, volumeThreshold 10: open, the next call: Breaker is open' ]
