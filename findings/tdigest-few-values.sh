#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# tdigest 0.1.3 (npm), and prom-client 15.1.3 which stands on it: percentiles of few distinct values are far off.
#
# Guess: a t-digest is exact where there are fewer distinct values than centroids, and best at the ends: of
# latencies that are 1 ms 99 times in a hundred and 1,000 ms once, the 50th and the 90th percentile are 1.
# Seen: equal values share one centroid, and between two centroids the library draws a line over *all* of their
# weight: the median is 11 and the 90th percentile 810. One outlier of 5,000 among 100,000 values of 10.0 to 10.6
# makes the 99th percentile 4,302. A Summary of prom-client reports the same figures. Latencies in whole
# milliseconds are like that. With values that all differ the figures are right.
# What helps: observe times with all their digits, or use a histogram.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT
cd -- "$scratch"

npm install --silent --no-audit --no-fund --before=2026-11-30 tdigest@0.1.3 prom-client@15.1.3 >/dev/null
cat >probe.js <<'JS'
const { TDigest } = require('tdigest');
const { Summary } = require('prom-client');
const percentiles = (value, count, wanted) => {
  const digest = new TDigest();
  for (let i = 0; i < count; i++) digest.push(value(i));
  return wanted.map((p) => Math.round(digest.percentile(p))).join(' ');
};
console.log('1 or 1000: ' + percentiles((i) => (i % 100 < 99 ? 1 : 1000), 100000, [0.5, 0.9, 0.98]));
console.log('one outlier: ' + percentiles((i) => (i < 100000 ? 10 + (i % 7) / 10 : 5000), 100001, [0.5, 0.99, 0.999]));
console.log('all differ, in hundreds: ' + percentiles((i) => i / 100, 100000, [0.5, 0.99, 0.999]));
(async () => {
  const summary = new Summary({ name: 'latency', help: 'of a request', percentiles: [0.5, 0.9] });
  for (let i = 0; i < 10000; i++) summary.observe(i % 100 < 99 ? 1 : 1000);
  const { values } = await summary.get();
  console.log('prom-client: ' + values.slice(0, 2).map(({ value }) => Math.round(value)).join(' '));
})();
JS
got=$(node probe.js)
printf '%s\n' "$got"
[ "$got" = '1 or 1000: 11 810 970
one outlier: 10 4302 4930
all differ, in hundreds: 500 990 999
prom-client: 11 810' ]
