#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# @platformatic/promotel 0.2.2 (npm), with prom-client 15.1.3: in OTLP a histogram has one bucket.
#
# Guess: buckets of Prometheus, each of which counts what is at or below its bound, become those of OTLP, which count what is between two
# bounds: 1, 2, 1 and 1 with the bounds 0.1, 1 and 10.
# Seen: all five values are in a single bucket without bounds; count and sum are right, so that means are and no percentile can be computed.
# Each line of the text is a series of its own, and each one's bucket takes the place of the one before. Gauges of NaN and -Inf are left out as well.
# What helps: buckets of one's own from the text, each less the one before it.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT
cd -- "$scratch"

npm install --silent --no-audit --no-fund --before=2026-11-30 @platformatic/promotel@0.2.2 prom-client@15.1.3 >/dev/null
cat >probe.mjs <<'JS'
import { convert, parse } from '@platformatic/promotel';
import prom from 'prom-client';
const registers = [new prom.Registry()];
const histogram = new prom.Histogram({ name: 'wait_seconds', help: 'waits', buckets: [0.1, 1, 10], registers });
for (const value of [0.05, 0.5, 0.6, 5, 50]) histogram.observe(value);
const gauge = new prom.Gauge({ name: 'depth', help: 'depth', labelNames: ['queue'], registers });
gauge.set({ queue: 'a' }, NaN);
gauge.set({ queue: 'b' }, -Infinity);
gauge.set({ queue: 'c' }, 3);
const text = await registers[0].metrics();
console.log(text.split('\n').filter((line) => /^(wait_seconds_bucket|depth\{)/.test(line)).join('\n'));
for (const metric of convert(parse(text)).resource_metrics[0].scope_metrics[0].metrics) {
  for (const { bucket_counts: counts, explicit_bounds: bounds, count, sum, as_double: value } of (metric.histogram ?? metric.gauge).data_points) {
    console.log(`${metric.name}:`, JSON.stringify(counts ? { counts, bounds, count, sum } : value));
  }
}
JS
got=$(node probe.mjs)
printf '%s\n' "$got"
[ "$got" = 'wait_seconds_bucket{le="0.1"} 1
wait_seconds_bucket{le="1"} 3
wait_seconds_bucket{le="10"} 4
wait_seconds_bucket{le="+Inf"} 5
depth{queue="a"} Nan
depth{queue="b"} -Inf
depth{queue="c"} 3
wait_seconds: {"counts":[5],"bounds":[],"count":5,"sum":56.15}
depth: 3' ]
