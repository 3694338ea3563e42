#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# jsonparse 1.3.1 and JSONStream 1.3.5 (npm): a large integer is a string, a large negative one a wrong number.
#
# Guess: integers beyond 2^53 are rounded to the nearest double, as JSON.parse() does; or, since the parser sees the
# digits, all such numbers keep them.
# Seen: 9007199254740993 is the *string* "9007199254740993". Its negative is the number -9007199254740992, and with
# a fraction of .0 it is a rounded number as well. So a field has one type or another by its value and its sign:
# `typeof` fails, `+` joins instead of adding, and nanoseconds since 1970 are strings.
# What helps: send such values as strings in the first place, or check the type of each.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT
cd -- "$scratch"

npm install --silent --no-audit --no-fund --before=2026-11-30 jsonparse@1.3.1 JSONStream@1.3.5 >/dev/null
cat >probe.js <<'JS'
const Parser = require('jsonparse'), JSONStream = require('JSONStream');
const show = (value) => typeof value + ' ' + value;
for (const text of ['9007199254740992', '9007199254740993', '-9007199254740993', '9007199254740993.0', '1793999999123456789']) {
  const parser = new Parser();
  parser.onValue = function (value) { if (this.stack.length === 1) console.log(text + ': ' + show(value)); };
  parser.write('[' + text + ']');
}
const stream = JSONStream.parse('*.at');
stream.on('data', (value) => console.log('JSONStream: ' + show(value)));
stream.end('[{"at":1},{"at":1793999999123456789}]');
JS
got=$(node probe.js)
printf '%s\n' "$got"
[ "$got" = '9007199254740992: number 9007199254740992
9007199254740993: string 9007199254740993
-9007199254740993: number -9007199254740992
9007199254740993.0: number 9007199254740992
1793999999123456789: string 1793999999123456789
JSONStream: number 1
JSONStream: string 1793999999123456789' ]
