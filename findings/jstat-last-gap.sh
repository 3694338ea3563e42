#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# jstat 1.9.6 (npm): of nine values of 1 and one of 1,000 the 99th percentile is 1.
#
# Guess: percentile() interpolates as a spreadsheet's PERCENTILE does, whose argument it has (0 to 1): 910.09; between 25 % and 75 %
# the two agree.
# Seen: between the last two values there is no interpolation, the last but one is given: every percentile between
# (n - 2) / (n - 1) and 1 is the second greatest value, the 90th to the 99.99th of ten values, the 99.9th of a thousand. It is the
# part of the scale for which one asks for a 99th percentile at all. percentile(1) is the greatest. quartiles() rounds ranks,
# so that the first quartile of 1 to 5 is 1; quantiles() is a third way, right at both ends.
# What helps: jStat.quantiles(values, [0.99]).
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT
cd -- "$scratch"

npm install --silent --no-audit --no-fund --before=2026-11-30 jstat@1.9.6 >/dev/null
cat >probe.js <<'JS'
const { jStat } = require('jstat');
const values = [1, 1, 1, 1, 1, 1, 1, 1, 1, 1000];
for (const part of [0.5, 0.9, 0.99, 0.9999, 1]) {
  console.log(part + ':', jStat.percentile(values, part), jStat.quantiles(values, [part])[0]);
}
const ten = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10];
console.log('1 to 10, 0.8 to 0.99:', [0.8, 0.85, 0.9, 0.95, 0.99].map((part) => +jStat.percentile(ten, part).toFixed(2)).join(' '));
console.log('quartiles of 1 to 5:', jStat.quartiles([1, 2, 3, 4, 5]).join(' '));
JS
got=$(node probe.js)
printf '%s\n' "$got"
[ "$got" = '0.5: 1 1
0.9: 1 600.3999999999996
0.99: 1 1000
0.9999: 1 1000
1: 1000 1000
1 to 10, 0.8 to 0.99: 8.2 8.65 9 9 9
quartiles of 1 to 5: 1 3 4' ]
