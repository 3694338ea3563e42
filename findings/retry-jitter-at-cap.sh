#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# retry 0.13.1 (npm): `randomize` does nothing once maxTimeout is reached, and no delay is shorter than the last.
#
# Guess: with { randomize: true } each delay is drawn by itself, those at the cap too, so that clients which
# lost a server at the same instant come back at different ones.
# Seen: the factor of 1 to 2 is put on before the cap. With a minimum of 1 s doubled up to a cap of 5 s, every delay
# from the fourth on is 5,000 ms exactly: of a thousand clients all wait the same time from there on. And the
# delays of one client are sorted after they have been drawn, so that with factor 1 the first retry waits for
# the shortest of ten draws and the last for the longest.
# What helps: a cap of your own around a delay that is drawn below it.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT
cd -- "$scratch"

npm install --silent --no-audit --no-fund --before=2026-11-30 retry@0.13.1 >/dev/null
cat >probe.js <<'JS'
const retry = require('retry');
const clients = (options) => Array.from({ length: 1000 }, () => retry.timeouts({ randomize: true, ...options }));
const capped = clients({ retries: 10, factor: 2, minTimeout: 1000, maxTimeout: 5000 });
const level = clients({ retries: 10, factor: 1, minTimeout: 1000, maxTimeout: Infinity });
const different = (i) => new Set(capped.map((delays) => delays[i])).size;
console.log('different second delays:', different(1) > 500, ', different fourth delays:', different(3));
console.log('fourth delay:', capped[0][3]);
console.log('a delay shorter than the one before:', level.some((delays) => delays.some((d, i) => d < delays[i - 1])));
const mean = (i) => level.reduce((sum, delays) => sum + delays[i], 0) / level.length;
console.log('mean of the first below 1.15 s:', mean(0) < 1150, ', of the last above 1.85 s:', mean(9) > 1850);
JS
got=$(node probe.js)
printf '%s\n' "$got"
[ "$got" = 'different second delays: true , different fourth delays: 1
fourth delay: 5000
a delay shorter than the one before: false
mean of the first below 1.15 s: true , of the last above 1.85 s: true' ]
