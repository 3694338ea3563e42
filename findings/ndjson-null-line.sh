#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# ndjson 2.0.0 (npm): a line of `null` ends the stream with an error.
#
# Guess: null is JSON like any other and is delivered, or a message says that a line cannot be.
# Seen: in a stream of objects null means the end, so the parser ends its stream at that line, and the next line
# is the error "stream.push() after EOF". What came behind is lost. If null is the last line all looks well. 0, false and
# the empty string are delivered. A line of blanks is an error too, unlike an empty one.
# What helps: never null at the top; or { strict: false } and JSON.parse() of each line by oneself.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT
cd -- "$scratch"

npm install --silent --no-audit --no-fund --before=2026-11-30 ndjson@2.0.0 >/dev/null
cat >probe.js <<'JS'
const { parse } = require('ndjson');
const read = (text) => new Promise((resolve) => {
  const values = [];
  parse().on('data', (value) => values.push(JSON.stringify(value)))
    .on('error', (error) => resolve(values.join(' ') + ' error: ' + error.message.slice(0, 24)))
    .on('end', () => setTimeout(() => resolve(values.join(' ') + ' end'), 50)).end(text);
});
(async () => {
  for (const text of ['1\n0\nfalse\n""\n2\n', '1\nnull\n2\n', '1\nnull\n', '1\n\n2\n', '1\n  \n2\n']) console.log(JSON.stringify(text) + ': ' + await read(text));
})();
JS
got=$(node probe.js)
printf '%s\n' "$got"
[ "$got" = '"1\n0\nfalse\n\"\"\n2\n": 1 0 false "" 2 end
"1\nnull\n2\n": 1 error: stream.push() after EOF
"1\nnull\n": 1 end
"1\n\n2\n": 1 2 end
"1\n  \n2\n": 1 error: Could not parse row   ..' ]
