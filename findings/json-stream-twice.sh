#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# json-stream 1.0.0 (npm): a line whose line feed comes in the next piece is delivered twice, and 12 as 1 and 12.
#
# Guess: objects are given as their lines end; where a stream is cut into pieces makes no difference, and each line is one object.
# Seen: whatever is behind the last line feed of a piece is tried as JSON as well, and kept. So an object that a server writes without
# its line feed, which follows in a write of its own, comes twice, and a number that is cut in two comes as two numbers. Besides, lines of
# 0, false, null and "" are left out.
# What helps: another reader; Node's readline and JSON.parse() are enough.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT
cd -- "$scratch"

npm install --silent --no-audit --no-fund --before=2026-11-30 json-stream@1.0.0 >/dev/null
cat >probe.js <<'JS'
const JSONStream = require('json-stream');
const show = (name, ...pieces) => new Promise((resolve) => {
  const stream = new JSONStream(), objects = [];
  stream.on('data', (object) => objects.push(JSON.stringify(object)));
  stream.on('end', () => resolve(console.log(`${name}: ${objects.join(' ')}`)));
  for (const piece of pieces) stream.write(piece);
  stream.end();
});
(async () => {
  await show('whole lines', '{"job":1}\n{"job":2}\n');
  await show('cut within', '{"job":1}\n{"jo', 'b":2}\n');
  await show('cut before the line feed', '{"job":1}', '\n{"job":2}', '\n');
  await show('a number, cut', '1', '2\n');
  await show('scalars', '7\n0\nfalse\nnull\n""\n"x"\n');
})();
JS
got=$(node probe.js)
printf '%s\n' "$got"
[ "$got" = 'whole lines: {"job":1} {"job":2}
cut within: {"job":1} {"job":2}
cut before the line feed: {"job":1} {"job":1} {"job":2} {"job":2}
a number, cut: 1 12
scalars: 7 "x"' ]
