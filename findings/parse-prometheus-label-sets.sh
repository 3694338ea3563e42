#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# parse-prometheus-text-format 1.1.1 (npm): of a histogram with labels the last label set is left, without them.
#
# Guess: each label set of a histogram or summary is a metric of its own in the result, with its labels, buckets, sum
# and count, as gauges and counters with labels are.
# Seen: all are merged into one that has no labels, no sum and no count, and the buckets of the last set: requests of
# job "a" are gone and those of "b" stand for all. A gauge with the same labels keeps both. A histogram
# without labels is complete. Most real ones have labels.
# What helps: read buckets as plain samples, by removing the TYPE lines first: then each keeps its labels.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT
cd -- "$scratch"

npm install --silent --no-audit --no-fund --before=2026-11-30 parse-prometheus-text-format@1.1.1 >/dev/null
cat >probe.js <<'JS'
const parse = require('parse-prometheus-text-format');
const set = (labels, n) => `h_bucket{${labels}le="+Inf"} ${n}\nh_sum${labels && `{${labels}}`} ${n / 2}\nh_count${labels && `{${labels}}`} ${n}\n`;
const type = '# TYPE h histogram\n';
const show = (text) => console.log(JSON.stringify(parse(text).flatMap(({ metrics }) => metrics)));
show(type + set('', 3));
show(type + set('job="a",', 3) + set('job="b",', 30));
show('# TYPE g gauge\ng{job="a"} 3\ng{job="b"} 30\n');
show('h_bucket{job="a",le="1"} 3\nh_bucket{job="b",le="1"} 30\n');
JS
got=$(node probe.js)
printf '%s\n' "$got"
[ "$got" = '[{"buckets":{"+Inf":"3"},"count":"3","sum":"1.5"}]
[{"buckets":{"+Inf":"30"}}]
[{"value":"3","labels":{"job":"a"}},{"value":"30","labels":{"job":"b"}}]
[{"value":"3","labels":{"job":"a","le":"1"}},{"value":"30","labels":{"job":"b","le":"1"}}]' ]
