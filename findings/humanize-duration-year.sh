#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# humanize-duration 3.35.1 (npm): 365 days are 11 months, 4 weeks, 2 days, 4 hours and 30 minutes.
#
# Guess: 365 days are "1 year" and 30 days "1 month": a year of 365.25 days would be a rounding matter of the
# smallest unit, not of the largest.
# Seen: a year is 365.25 days and a month a twelfth of it, to the millisecond, and what is below is taken apart into
# every smaller unit. 365 days come out as eleven months and five other parts, 30 days as "4 weeks, 2 days", and
# -1.5 s as "1.5 seconds", without the sign.
# What helps: `largest: 1, round: true` for "1 year", or `units` without years, months and weeks.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT
cd -- "$scratch"

npm install --silent --no-audit --no-fund humanize-duration@3.35.1 >/dev/null
cat >probe.js <<'JS'
const humanize = require('humanize-duration');
const day = 86400000;
console.log(humanize(365 * day));
console.log(humanize(30 * day));
console.log(humanize(-1500));
console.log(humanize(365 * day, { largest: 1, round: true }));
console.log(humanize(365 * day, { units: ['d', 'h'] }));
JS
got=$(node probe.js)
printf '%s\n' "$got"
[ "$got" = '11 months, 4 weeks, 2 days, 4 hours, 30 minutes
4 weeks, 2 days
1.5 seconds
1 year
365 days' ]
