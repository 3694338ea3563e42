#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# prom-client 15.1.3 (npm): in a cluster the median of a Summary is the sum of the workers' medians.
#
# Guess: AggregatorRegistry adds up counters; of a Summary it adds sum and count, and leaves the percentiles out or takes a
# mean of them, since percentiles cannot be added.
# Seen: all is added, unless a metric says otherwise: of four workers that each have a median of 0.505 s and a 99th percentile
# of 0.995 s, the whole has 2.02 s and 3.98 s. Sum and count are right, so the mean, 0.505, is a quarter of the median, and
# with each worker more the service looks slower. Gauges are added as well, the time of a start too.
# What helps: histograms in place of summaries; `aggregator: 'max'`, 'average' or 'first' for gauges.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT
cd -- "$scratch"

npm install --silent --no-audit --no-fund --before=2026-11-30 prom-client@15.1.3 >/dev/null
cat >probe.js <<'JS'
const { AggregatorRegistry, Gauge, Registry, Summary } = require('prom-client');
(async () => {
  const workers = [];
  for (let i = 0; i < 4; i++) {
    const registers = [new Registry()];
    const summary = new Summary({ name: 'latency', help: 'seconds', percentiles: [0.5, 0.99], registers });
    for (let value = 1; value <= 100; value++) summary.observe(value / 100);
    new Gauge({ name: 'started', help: 'time of the start', registers }).set(1800000000);
    workers.push(await registers[0].getMetricsAsJSON());
  }
  const show = async (name, registry) => {
    console.log(name + ':', (await registry.metrics()).split('\n').filter((line) => /^[a-z]/.test(line)).join(', '));
  };
  await show('one', AggregatorRegistry.aggregate(workers.slice(0, 1)));
  await show('four', AggregatorRegistry.aggregate(workers));
})();
JS
got=$(node probe.js)
printf '%s\n' "$got"
[ "$got" = 'one: latency{quantile="0.5"} 0.505, latency{quantile="0.99"} 0.995, latency_sum 50.5, latency_count 100, started 1800000000
four: latency{quantile="0.5"} 2.02, latency{quantile="0.99"} 3.98, latency_sum 202, latency_count 400, started 7200000000' ]
