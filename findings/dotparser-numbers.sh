#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# dotparser 1.1.1 (npm): nodes whose names are long numbers become one node.
#
# Guess: the name of a node is text, also where it is written as a numeral without quotes, as Graphviz keeps
# it: `1.50` and `1.5` are two nodes to dot.
# Seen: a numeral becomes a JavaScript number. `1.50` is 1.5, and of two ids of 17 digits, as hashes and tracing
# systems give them, both are 90071992547409920: an edge between two jobs becomes one from a job to itself, which
# looks like a cycle. In quotes the names are kept, as strings, so "1" and 1, one node to dot, are two.
# What helps: quotes around every name; whoever only reads can take @ts-graphviz/ast, which keeps the text.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT
cd -- "$scratch"

npm install --silent --no-audit --no-fund --before=2026-11-30 dotparser@1.1.1 @ts-graphviz/ast@3.0.6 >/dev/null
cat >probe.mjs <<'JS'
import dotparser from 'dotparser';
import { parse } from '@ts-graphviz/ast';
for (const edge of ['1.50 -> 1.5', '90071992547409921 -> 90071992547409922', '"1" -> 1']) {
  const text = `digraph { ${edge} }`;
  const ids = dotparser(text)[0].children[0].edge_list.map(({ id }) => JSON.stringify(id));
  const kept = parse(text).children[0].children[0].targets.map(({ id }) => id.value);
  console.log(ids.join(' -> ') + ' | ' + kept.join(' -> '));
}
JS
got=$(node probe.mjs)
printf '%s\n' "$got"
[ "$got" = '1.5 -> 1.5 | 1.50 -> 1.5
90071992547409920 -> 90071992547409920 | 90071992547409921 -> 90071992547409922
"1" -> 1 | 1 -> 1' ]
