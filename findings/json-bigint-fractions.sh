#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# json-bigint 1.0.0 (npm): a number of more than 15 characters is an object, with a fraction too.
#
# Guess: integers that a double cannot hold become BigNumber (or BigInt), all others stay numbers: the name says so.
# Seen: what counts is the length of the text. 100000.123456789, seconds with nine decimals, is a BigNumber,
# while 99999.123456789 is a number; 1234567890123456, which is below 2^53, is a BigNumber. So a field changes its type
# as it grows, and `a + b` of two such joins their texts. With useNativeBigInt a fraction of that length throws.
# What helps: Number() around each field that is no counter.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT
cd -- "$scratch"

npm install --silent --no-audit --no-fund --before=2026-11-30 json-bigint@1.0.0 >/dev/null
cat >probe.js <<'JS'
const JSONbig = require('json-bigint');
const kind = (value) => (typeof value === 'object' ? value.constructor.name : typeof value);
for (const text of ['99999.123456789', '100000.123456789', '123456789012345', '1234567890123456']) {
  let native;
  try { native = kind(JSONbig({ useNativeBigInt: true }).parse(`{"at":${text}}`).at); } catch { native = 'throws'; }
  console.log(text + ': ' + kind(JSONbig.parse(`{"at":${text}}`).at) + ', ' + native);
}
const { a, b } = JSONbig.parse('{"a":100000.123456789,"b":100000.000000001}');
console.log('sum: ' + (a + b));
JS
got=$(node probe.js)
printf '%s\n' "$got"
[ "$got" = '99999.123456789: number, number
100000.123456789: BigNumber, throws
123456789012345: number, number
1234567890123456: BigNumber, bigint
sum: 100000.123456789100000.000000001' ]
