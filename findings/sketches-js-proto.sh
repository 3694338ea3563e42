#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# @datadog/sketches-js 2.1.1 (npm): a sketch that was sent as protobuf has lost its sum, least and greatest value.
#
# Guess: fromProto(toProto()) gives the same sketch: its percentiles, its count, and the sum from which the mean
# is computed, as they are members of it.
# Seen: the format has the bins and no more. Behind it the count and the percentiles are there, the sum is 0, `min`
# is Infinity and `max` -Infinity, so the mean is 0. And percentiles are those of a bin's middle: the 100th
# percentile of 1 to 1,000 is 1002.4, more than any value, so it does not stand in for `max`.
# What helps: send sum, min and max beside the bytes.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT
cd -- "$scratch"

npm install --silent --no-audit --no-fund --before=2026-11-30 @datadog/sketches-js@2.1.1 protobufjs@8.8.1 >/dev/null
cat >probe.js <<'JS'
const { DDSketch } = require('@datadog/sketches-js');
const sketch = new DDSketch({ relativeAccuracy: 0.01 });
for (let i = 1; i <= 1000; i++) sketch.accept(i);
const show = (s) => console.log(s.count, s.sum, s.min, s.max, s.getValueAtQuantile(0.99).toFixed(1), s.getValueAtQuantile(1).toFixed(1));
show(sketch);
show(DDSketch.fromProto(sketch.toProto()));
JS
got=$(node probe.js)
printf '%s\n' "$got"
[ "$got" = '1000 500500 1 1000 982.6 1002.4
1000 0 Infinity -Infinity 982.6 1002.4' ]
