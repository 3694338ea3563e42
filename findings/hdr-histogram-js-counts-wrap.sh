#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# hdr-histogram-js 3.0.1 (npm): a count of 65,536 in one bucket is 0 with `bitBucketSize: 16`.
#
# Guess: a counter that is full stays full, or recordValue() throws, as it does for a value out of range; the
# total would tell at least.
# Seen: the counter wraps and the total goes on: 65,536 times the value 5 and ten times 900 are 65,546 values
# of which the median is 0. Every percentile is computed from buckets whose sum is not the total. With 8 bits
# it is 256 times, with the 32 bits that are the default nobody will see it.
# What helps: the smaller sizes only where each bucket's count is known to stay below them.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT
cd -- "$scratch"

npm install --silent --no-audit --no-fund --before=2026-11-30 hdr-histogram-js@3.0.1 >/dev/null
cat >probe.js <<'JS'
const { build } = require('hdr-histogram-js');
const show = (bits, times) => {
  const histogram = build({ bitBucketSize: bits });
  for (let i = 0; i < times; i++) histogram.recordValue(5);
  for (let i = 0; i < 10; i++) histogram.recordValue(900);
  console.log(bits + ' bits, ' + times + ' times: total ' + histogram.totalCount + ', median ' + histogram.getValueAtPercentile(50));
};
show(8, 255);
show(8, 256);
show(16, 65535);
show(16, 65536);
show(32, 65536);
JS
got=$(node probe.js)
printf '%s\n' "$got"
[ "$got" = '8 bits, 255 times: total 265, median 5
8 bits, 256 times: total 266, median 0
16 bits, 65535 times: total 65545, median 5
16 bits, 65536 times: total 65546, median 0
32 bits, 65536 times: total 65546, median 5' ]
