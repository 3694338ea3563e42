#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# speedscope 1.25.0 (npm): two slices that meet, of one name and with equal arguments, are drawn as one.
#
# Guess: each complete event ("X") of a trace is a frame of its own: two attempts of a job, one behind the other on
# a lane, are two frames.
# Seen: where one ends at the instant when the next begins, and name and arguments are the same, they are one frame
# from the first's begin to the second's end, without a warning. An argument that differs, or a gap of a
# microsecond, keeps them apart. So a queue without gaps looks like one long job, and counts are too low.
# What helps: a number in the arguments of each slice.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT
cd -- "$scratch"

npm install --silent --no-audit --no-fund --before=2026-11-30 speedscope@1.25.0 >/dev/null
# The bundle is a script for a page: run up to the end of the importer of traces, which needs no page.
cat >probe.mjs <<'JS'
import fs from 'node:fs';
import vm from 'node:vm';
const folder = 'node_modules/speedscope/dist/release/';
const text = fs.readFileSync(folder + fs.readdirSync(folder).find((name) => /^speedscope-\w+\.js$/.test(name)), 'utf8');
const [all, importer, , init] = /function ([\w$]+)\(([\w$]+)\)\{return [\w$]+\(\2\)\?[\w$]+\(\2\):[\w$]+\(\2\)\?[\w$]+\(\2\.traceEvents\)[^}]*\}var [\w$]+,([\w$]+)=[\w$]+\(\(\)=>\{"use strict";[^{}]*\}\);/.exec(text);
const end = text.indexOf(all) + all.length, page = { console };
page.window = page;
vm.runInNewContext(`${text.slice(0, end)}window.load=(events)=>{${init}();return ${importer}(events)};return;${text.slice(end)}`, page);
const slice = (ts, n) => ({ name: 'job', ph: 'X', pid: 1, tid: 1, ts, dur: 1000, args: n === undefined ? {} : { n } });
const show = (what, ...events) => {
  const frames = [];
  page.load(events).profiles[0].forEachCall((node, at) => frames.push(at), (node, at) => frames.push(frames.pop() + '-' + at));
  console.log(what + ': ' + frames.join(' '));
};
show('equal and touching', slice(0), slice(1000));
show('a gap', slice(0), slice(1001));
show('numbered', slice(0, 1), slice(1000, 2));
JS
got=$(node probe.mjs)
printf '%s\n' "$got"
[ "$got" = 'equal and touching: 0-2000
a gap: 0-1000 1001-2001
numbered: 0-1000 1000-2000' ]
