#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# js-priority-queue 0.1.5 (npm): equal priorities come out in three orders, one for each strategy.
#
# Guess: heaps do not keep the order of equal elements, but ArrayStrategy, which inserts into a sorted array,
# is first in, first out among equals: that is what one takes it for.
# Seen: ArrayStrategy gives equals in reverse, the last that came first. BinaryHeapStrategy gives the first and then
# the others in reverse; BHeapStrategy mixes them. The order depends on the strategy alone, which the comparator does
# not show, so a job queue with one priority starves its oldest job.
# What helps: a running number as second key of the comparator.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT
cd -- "$scratch"

npm install --silent --no-audit --no-fund --before=2026-11-30 js-priority-queue@0.1.5 >/dev/null
cat >probe.js <<'JS'
const PriorityQueue = require('js-priority-queue');
const order = (strategy, comparator) => {
  const queue = new PriorityQueue({ comparator, strategy: PriorityQueue[strategy] });
  for (let i = 0; i < 8; i++) queue.queue({ priority: 1, i });
  return Array.from({ length: 8 }, () => queue.dequeue().i).join('');
};
for (const strategy of ['ArrayStrategy', 'BinaryHeapStrategy', 'BHeapStrategy']) {
  console.log(strategy, order(strategy, (a, b) => a.priority - b.priority),
    order(strategy, (a, b) => a.priority - b.priority || a.i - b.i));
}
JS
got=$(node probe.js)
printf '%s\n' "$got"
[ "$got" = 'ArrayStrategy 76543210 01234567
BinaryHeapStrategy 07654321 01234567
BHeapStrategy 70412356 01234567' ]
