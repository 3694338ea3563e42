#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# bfj 9.1.4 (npm): JSON in which a member has an empty name cannot be read.
#
# Guess: a parser of streams takes what JSON.parse() takes; `""` is a name as any other, and one that counters by label really have, for
# what has no label.
# Seen: parse() rejects with "scope.push is not a function", wherever in the document the member is and whatever its value. stringify() writes such members, so what bfj has written it does not read.
# What helps: another name for nothing, or another parser.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT
cd -- "$scratch"

npm install --silent --no-audit --no-fund --before=2026-11-30 bfj@9.1.4 >/dev/null
cat >probe.js <<'JS'
const bfj = require('bfj');
const { Readable } = require('stream');
const parse = async (text) => {
  const end = await bfj.parse(Readable.from([Buffer.from(text)], { objectMode: false })).then(JSON.stringify, (error) => error.message);
  console.log(`${text}: ${end}`);
};
(async () => {
  await parse('{"a":3,"none":4}');
  await parse('{"a":3,"":4}');
  await parse('{"jobs":[{"by":{"":{"n":1}}}]}');
  await parse(await bfj.stringify({ '': 1 }));
})();
JS
got=$(node probe.js)
printf '%s\n' "$got"
[ "$got" = '{"a":3,"none":4}: {"a":3,"none":4}
{"a":3,"":4}: scope.push is not a function
{"jobs":[{"by":{"":{"n":1}}}]}: scope.push is not a function
{"":1}: scope.push is not a function' ]
