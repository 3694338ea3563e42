#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# @datadog/sketches-js 2.1.1 (npm): a sketch that collapses its lowest bins loses the highest if values ascend.
#
# Guess: LogCollapsingLowestDenseDDSketch with a limit of 128 bins keeps the 128 highest, as its name says: high
# percentiles are right to 1 % whatever the order of the values, and only low ones are lumped together.
# Seen: with values that come in ascending order (from 1e-6 to 1e4, a steady rise of a latency) *every* percentile is
# 772.9, the 99th too, which is 7,762. The same values in descending order give 7,709.8 for it. Nothing tells;
# the count is right. With the default of 2,048 bins a range of some 10^17 is needed for it to happen.
# What helps: a limit that holds the whole range of values (about 115 bins for each power of ten at 1 %).
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT
cd -- "$scratch"

npm install --silent --no-audit --no-fund --before=2026-11-30 @datadog/sketches-js@2.1.1 >/dev/null
cat >probe.js <<'JS'
const { LogCollapsingLowestDenseDDSketch: Sketch } = require('@datadog/sketches-js');
const values = Array.from({ length: 1000 }, (_, i) => 10 ** (i / 100 - 6));
const show = (name, order, binLimit) => {
  const sketch = new Sketch({ relativeAccuracy: 0.01, binLimit });
  for (const value of order) sketch.accept(value);
  console.log(name + ': ' + [0.5, 0.95, 0.99, 1].map((q) => sketch.getValueAtQuantile(q).toFixed(1)).join(' '));
};
show('ascending, 128 bins', values, 128);
show('descending, 128 bins', [...values].reverse(), 128);
show('ascending, 2048 bins', values, 2048);
JS
got=$(node probe.js)
printf '%s\n' "$got"
[ "$got" = 'ascending, 128 bins: 772.9 772.9 772.9 772.9
descending, 128 bins: 772.9 3072.4 7709.8 9801.2
ascending, 2048 bins: 0.1 3072.4 7709.8 9801.2' ]
