#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# jsonlines 0.1.1 (npm): a letter that is cut in two by the network is two others, without an error.
#
# Guess: a parser of lines of JSON for Node's streams keeps the bytes of an unfinished character until the next piece comes, as readline and ndjson do.
# Seen: each piece is made text by itself, so the two bytes of a µ that come in two pieces are two U+FFFD in the middle of a string: the line is
# JSON still, and names and labels are wrong now and then, where a piece happens to end. ASCII is safe.
# What helps: setEncoding('utf8') on the stream in front of it.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT
cd -- "$scratch"

npm install --silent --no-audit --no-fund --before=2026-11-30 jsonlines@0.1.1 ndjson@2.0.0 >/dev/null
cat >probe.js <<'JS'
const { PassThrough } = require('stream');
const line = Buffer.from('{"wait":"5 \u00b5s"}\n');
const read = (parser, pieces, encoding) => new Promise((resolve) => {
  const source = new PassThrough(), got = [];
  if (encoding) source.setEncoding(encoding);
  source.pipe(parser).on('data', (value) => got.push(JSON.stringify(value).replace(/[^ -~]/g, (letter) => `<${letter.codePointAt(0).toString(16)}>`)));
  parser.on('end', () => resolve(got.join(' ')));
  for (const piece of pieces) source.write(piece);
  source.end();
});
const cut = line.indexOf(0xb5), halves = [line.subarray(0, cut), line.subarray(cut)];
(async () => {
  const { parse } = require('jsonlines');
  console.log('whole: ' + await read(parse(), [line]));
  console.log('cut: ' + await read(parse(), halves));
  console.log('cut, behind setEncoding: ' + await read(parse(), halves, 'utf8'));
  console.log('cut, by ndjson: ' + await read(require('ndjson').parse(), halves));
})();
JS
got=$(node probe.js)
printf '%s\n' "$got"
[ "$got" = 'whole: {"wait":"5 <b5>s"}
cut: {"wait":"5 <fffd><fffd>s"}
cut, behind setEncoding: {"wait":"5 <b5>s"}
cut, by ndjson: {"wait":"5 <b5>s"}' ]
