#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# parse-duration 2.1.9 (npm): `1:30` is 1.03 milliseconds.
#
# Guess: a time with colons is an hour and a half, or a minute and a half, or null, which the library gives for
# what it does not understand.
# Seen: it is 1.03, a number like any other, in milliseconds; `01:30:00` is 1.03 as well. `5.s`, five seconds to
# any parser of numbers, is 5 ms, for the unit after the full stop is not seen, and `10 20` is 1020 ms. A
# time-out of "1:30" in a configuration ends everything at once.
# What helps: check the text against a pattern of number and unit before, as `null` does not catch these.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT
cd -- "$scratch"

npm install --silent --no-audit --no-fund --before=2026-11-30 parse-duration@2.1.9 >/dev/null
cat >probe.mjs <<'JS'
import parse from 'parse-duration';
for (const text of ['1h 30m', '1:30', '01:30:00', '5s', '5.s', '10 20', 'soon']) console.log(text + ': ' + parse(text));
JS
got=$(node probe.mjs)
printf '%s\n' "$got"
[ "$got" = '1h 30m: 5400000
1:30: 1.03
01:30:00: 1.03
5s: 5000
5.s: 5
10 20: 1020
soon: null' ]
