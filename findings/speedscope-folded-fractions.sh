#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# speedscope 1.25.0 (npm), folded stacks: a line whose weight has a fraction is left out.
#
# Guess: `main;wait 12.5` weighs 12.5, as in flamegraph.pl, which takes decimals, or 12: weights that are times in milliseconds or seconds
# have fractions.
# Seen: a line that does not end in an integer is not a line of the format and is skipped, without a word. Of 12.5, 3 and 0.25 only the 3 is
# drawn, as 100 %: a picture that looks complete, of those stacks whose time happens to be a whole number. A file in which all have
# fractions is not recognized at all.
# What helps: whole microseconds or nanoseconds.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT
cd -- "$scratch"

npm install --silent --no-audit --no-fund --before=2026-11-30 speedscope@1.25.0 >/dev/null
# The bundle is a script for a page: run up to the end of the importer of folded stacks, which needs no page.
cat >probe.mjs <<'JS'
import fs from 'node:fs';
import vm from 'node:vm';
const folder = 'node_modules/speedscope/dist/release/';
const text = fs.readFileSync(folder + fs.readdirSync(folder).find((name) => /^speedscope-\w+\.js$/.test(name)), 'utf8');
const [all, importer, init] = /function [\w$]+\(t\)\{let e=\[\];for\(let n of t\.splitLines\(\)\).*?\}function ([\w$]+)\(t\)\{.*?\}var ([\w$]+)=[\w$]+\(\(\)=>\{"use strict";[^{}]*\}\);/.exec(text);
const end = text.indexOf(all) + all.length, page = { console };
page.window = page;
vm.runInNewContext(`${text.slice(0, end)}window.load=(lines)=>{${init}();return ${importer}({splitLines:()=>lines})};return;${text.slice(end)}`, page);
const show = (what, ...lines) => {
  const profile = page.load(lines), stacks = [];
  profile?.forEachCall((node, at) => stacks.push([node.frame.name, at]), (node, at) => { const [name, begin] = stacks.pop(); console.log(`${what}: ${name} ${at - begin} of ${profile.getTotalWeight()}`); });
  if (!profile) console.log(`${what}: not recognized`);
};
show('integers', 'wait 125', 'run 30');
show('one of three', 'wait 12.5', 'run 3', 'write 0.25');
show('fractions', 'wait 12.5', 'run 3.0');
JS
got=$(node probe.mjs)
printf '%s\n' "$got"
[ "$got" = 'integers: wait 125 of 155
integers: run 30 of 155
one of three: run 3 of 3
fractions: not recognized' ]
