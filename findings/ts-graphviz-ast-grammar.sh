#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# @ts-graphviz/ast 3.0.6 (npm): two lists of attributes, or an edge from a subgraph, are syntax errors.
#
# Guess: the parser takes the language of dot, whose grammar is a page long: an attribute list is any number of
# brackets, and either end of an edge may be a node or a subgraph.
# Seen: `a [x=1][y=2]` and `subgraph s {a} -> b` are refused, as is a comment between a name and its arrow, though
# each is in the grammar and Graphviz draws it; a set without the keyword, `{a b} -> c`, is taken. dotparser 1.1.1
# takes all of them.
# What helps: have Graphviz write the graph anew first (-Tcanon), which the parser then takes.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT
cd -- "$scratch"

npm install --silent --no-audit --no-fund --before=2026-11-30 @ts-graphviz/ast@3.0.6 dotparser@1.1.1 @viz-js/viz@3.31.0 >/dev/null
cat >probe.mjs <<'JS'
import { parse } from '@ts-graphviz/ast';
import dotparser from 'dotparser';
import { instance } from '@viz-js/viz';
const graphviz = await instance();
const tried = (f) => { try { f(); return 'taken'; } catch { return 'refused'; } };
for (const body of ['a [x=1, y=2]', 'a [x=1][y=2]', 'a -> {b c}', '{a b} -> c', 'subgraph s {a} -> b', 'a /* to */ -> b']) {
  const text = `digraph { ${body} }`, canonical = graphviz.renderString(text, { format: 'canon' });
  console.log(body + ': ' + [tried(() => parse(text)), tried(() => dotparser(text)), tried(() => parse(canonical))].join(' '));
}
JS
got=$(node probe.mjs)
printf '%s\n' "$got"
[ "$got" = 'a [x=1, y=2]: taken taken taken
a [x=1][y=2]: refused taken taken
a -> {b c}: taken taken taken
{a b} -> c: taken taken taken
subgraph s {a} -> b: refused taken taken
a /* to */ -> b: refused taken taken' ]
