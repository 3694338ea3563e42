#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# human-interval 2.0.1 (npm, behind Agenda's `every`): "a minute" and "half an hour" are 0, "one and a half hours" is one.
#
# Guess: a library that reads "three minutes and 30 seconds" reads these as well, or gives NaN as it does for `2h`, so
# that the caller notices.
# Seen: a unit whose number is not understood counts 0: "a minute", "an hour" and "half an hour" are 0 ms, which as an
# interval is "all the time". "one and a half hours" is an hour, "two and a half minutes" two minutes: the half
# is lost without a word. "1.5 hours" is right.
# What helps: digits.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT
cd -- "$scratch"

npm install --silent --no-audit --no-fund --before=2026-11-30 human-interval@2.0.1 >/dev/null
cat >probe.js <<'JS'
const interval = require('human-interval');
for (const text of ['three minutes and 30 seconds', '1.5 hours', '2h', 'a minute', 'half an hour', 'one and a half hours', 'two and a half minutes']) {
  console.log(text + ':', interval(text) / 1000, 's');
}
JS
got=$(node probe.js)
printf '%s\n' "$got"
[ "$got" = 'three minutes and 30 seconds: 210 s
1.5 hours: 5400 s
2h: NaN s
a minute: 0 s
half an hour: 0 s
one and a half hours: 3600 s
two and a half minutes: 120 s' ]
