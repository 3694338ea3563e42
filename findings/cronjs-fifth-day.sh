#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# @datasert/cronjs-matcher 1.4.0 (npm): the fifth Monday of August 2026, the 31st, is left out.
#
# Guess: `1#5` is each month's fifth Monday where there is one: 30 March, 29 June, 31 August and 30 November 2026.
# Seen: 31 August is missing. A fifth day that falls on the 31st is never found; on the 29th and 30th it is. So a job of
# each fifth Friday runs in some months that have one and not in others. cronosjs 1.7.1 has all four.
# What helps: cronosjs.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT
cd -- "$scratch"

npm install --silent --no-audit --no-fund --before=2026-11-30 @datasert/cronjs-matcher@1.4.0 cronosjs@1.7.1 >/dev/null
cat >probe.js <<'JS'
const { getFutureMatches } = require('@datasert/cronjs-matcher');
const { CronosExpression } = require('cronosjs');
const startAt = '2026-01-01T00:00:00Z';
console.log('cronjs:', getFutureMatches('0 0 * * 1#5', { startAt, matchCount: 4 }).map((time) => time.slice(0, 10)).join(' '));
console.log('cronosjs:', CronosExpression.parse('0 0 * * 1#5', { timezone: 'UTC' }).nextNDates(new Date(startAt), 4)
  .map((date) => date.toISOString().slice(0, 10)).join(' '));
JS
got=$(node probe.js)
printf '%s\n' "$got"
[ "$got" = 'cronjs: 2026-03-30 2026-06-29 2026-11-30 2027-03-29
cronosjs: 2026-03-30 2026-06-29 2026-08-31 2026-11-30' ]
