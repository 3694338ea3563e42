#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# async 3.2.6 (npm): unshift() of an array into a queue turns it around.
#
# Guess: `queue.unshift(['x', 'y'])` puts both before the rest in their order, as Array's unshift(x, y) does and as
# push() of an array keeps it.
# Seen: they are put there one by one, so the last of the array is the first: y, x. A plan of steps that is given
# ahead of others in one call is run backwards with one worker.
# What helps: reverse() the array first.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT
cd -- "$scratch"

npm install --silent --no-audit --no-fund --before=2026-11-30 async@3.2.6 >/dev/null
cat >probe.js <<'JS'
const async = require('async');
const order = [];
const queue = async.queue((task, done) => { order.push(task); setImmediate(done); }, 1);
queue.push(['a', 'b']);
queue.unshift(['x', 'y']);
queue.drain(() => console.log(order.join(' '), '- an array:', [...((list) => { list.unshift('x', 'y'); return list; })(['a', 'b'])].join(' ')));
JS
got=$(node probe.js)
printf '%s\n' "$got"
[ "$got" = 'y x a b - an array: x y a b' ]
