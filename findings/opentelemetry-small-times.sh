#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# @opentelemetry/sdk-trace-base 2.12.1 (npm): the first spans of a simulated run are drawn in the present, the others in 1970.
#
# Guess: a start of 2000 is 2,000 ms since 1970, as Date has it, and one of 0 is 1970 itself: a simulation that counts from
# 0 gives spans in the first seconds of 1970, at their right distances.
# Seen: a number that is not greater than performance.now(), the age of the process in milliseconds, is taken as such an age, and
# the time of the process' start is added. So which spans are torn away from their trace depends on how long the
# program has been running: here those of the first second lie in the present and those of the next day in 1970.
# What helps: pairs of seconds and nanoseconds ([2, 0]) or Date objects, which are taken as they are.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT
cd -- "$scratch"

npm install --silent --no-audit --no-fund --before=2026-11-30 @opentelemetry/api@1.9.1 @opentelemetry/sdk-trace-base@2.12.1 >/dev/null
cat >probe.js <<'JS'
const { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } = require('@opentelemetry/sdk-trace-base');
setTimeout(() => {
  const exporter = new InMemorySpanExporter();
  const tracer = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }).getTracer('simulation');
  for (const [start, end] of [[0, 500], [500, 1000], [86400000, 86400500], [[0, 0], [0, 500000000]], [new Date(0), new Date(500)]]) {
    tracer.startSpan('job', { startTime: start }).end(end);
  }
  for (const { startTime: [seconds], duration } of exporter.getFinishedSpans()) {
    console.log(seconds > 1700000000 ? 'in the present' : seconds + ' s after 1970', 'for', duration.join(' s '), 'ns');
  }
}, 1100);
JS
got=$(node probe.js)
printf '%s\n' "$got"
[ "$got" = 'in the present for 0 s 500000000 ns
in the present for 0 s 500000000 ns
86400 s after 1970 for 0 s 500000000 ns
0 s after 1970 for 0 s 500000000 ns
0 s after 1970 for 0 s 500000000 ns' ]
