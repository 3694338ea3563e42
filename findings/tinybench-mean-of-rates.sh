#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# tinybench 6.2.5 (npm): 20 runs in 0.44 s are "414 operations a second".
#
# Guess: the throughput is the number of runs divided by the time that they took, that is 1 / the mean latency: 45 a second.
# Seen: it is the mean of 1 / latency of each run, which is the greater the more the latencies differ: of nine runs of
# 2 ms and one of 200 ms, over and over, it is some 400, nine times what was done. The table that is printed has both
# means side by side, "22013218 ns" and "414 ops/s", which contradict each other. Of two functions the one
# with pauses, by a garbage collection for instance, is thought to be the faster.
# What helps: 1000 / latency.mean; or the medians, where the two agree.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT
cd -- "$scratch"

npm install --silent --no-audit --no-fund --before=2026-11-30 tinybench@6.2.5 >/dev/null
cat >probe.mjs <<'JS'
import { Bench } from 'tinybench';
let run = 0;
const bench = new Bench({ iterations: 20, time: 0, warmup: false });
bench.add('pauses', () => new Promise((resolve) => setTimeout(resolve, run++ % 10 === 0 ? 200 : 2)));
const began = performance.now();
await bench.run();
const done = 20000 / (performance.now() - began), { latency, throughput } = bench.tasks[0].result;
const near = (value, other) => Math.abs(value / other - 1) < 0.2 ? 'near' : value > 3 * other ? 'more than three times' : 'unlike';
console.error('done a second:', done, '1000 / mean latency:', 1000 / latency.mean, 'throughput:', throughput.mean);
console.log(`1000 / mean latency is ${near(1000 / latency.mean, done)} what was done, the throughput ${near(throughput.mean, done)}`);
JS
got=$(node probe.mjs)
printf '%s\n' "$got"
[ "$got" = '1000 / mean latency is near what was done, the throughput more than three times' ]
