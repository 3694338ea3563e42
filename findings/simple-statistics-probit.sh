#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# simple-statistics 7.12.1 (npm): probit(0.99) is wrong in the third digit.
#
# Guess: the inverse of the normal distribution comes from a rational approximation with an error of
# 5e-4 or less (4.5e-4 for formula 26.2.23 of Abramowitz and Stegun), so a percentile of a lognormal distribution
# that is computed with it is right to a few parts in ten thousand.
# Seen: 2.3214 instead of 2.3263 at 0.99, and 3.0801 instead of 3.0902 at 0.999: a 99th percentile with
# median 20 ms and 99th percentile 300 ms comes out as 298 ms, and a 99.9th as 721 instead of 730 ms.
# The library's own cumulative distribution does not take it back to 0.99 either.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT
cd -- "$scratch"

npm install --silent --no-audit --no-fund --before=2026-11-30 simple-statistics@7.12.1 >/dev/null
cat >probe.js <<'JS'
const { probit } = require('simple-statistics');
// The true values, to 16 digits, by Wichura's algorithm AS 241 and by mpmath.
const z99 = 2.3263478740408408, z999 = 3.0902323061678132;
const sigma = Math.log(300 / 20) / z99;
console.log((probit(0.99) - z99).toFixed(4), (probit(0.999) - z999).toFixed(4));
console.log(Math.round(20 * Math.exp(sigma * probit(0.99))), Math.round(20 * Math.exp(sigma * probit(0.999))),
  Math.round(20 * Math.exp(sigma * z999)));
JS
got=$(node probe.js)
printf '%s\n' "$got"
[ "$got" = '-0.0050 -0.0101
298 721 730' ]
