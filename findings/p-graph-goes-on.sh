#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# p-graph 2.0.0 (npm): behind the rejection of run() the rest of the graph is still started.
#
# Guess: without `continue` the first task that fails ends the run: those that are running cannot be stopped, and no other is started; that
# is how it differs from `continue: true`.
# Seen: the failed task's slot is lost and nothing else: when another task ends, what waits for it is started, and so on through all
# that does not depend on the failed one, with one slot less. run() has been rejected long before. A caller that cleans
# up, or starts again, then has two runs at once; a program that exits on the rejection is the only one that stops.
# What helps: a flag that each task looks at before it begins.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT
cd -- "$scratch"

npm install --silent --no-audit --no-fund --before=2026-11-30 p-graph@2.0.0 >/dev/null
cat >probe.js <<'JS'
const { PGraph } = require('p-graph');
const { setTimeout: wait } = require('timers/promises');
(async () => {
  for (const concurrency of [2, 1]) {
    const log = [];
    const task = (name, milliseconds, fails) => [name, { run: async () => {
      log.push(name);
      await wait(milliseconds);
      if (fails) throw new Error(name);
    }, priority: fails ? 1 : 0 }];
    const tasks = new Map([task('fails', 50, true), task('one', 400), task('two', 50), task('three', 50), task('behind', 50)]);
    await new PGraph(tasks, [['one', 'two'], ['two', 'three'], ['fails', 'behind']]).run({ concurrency }).catch(() => log.push('REJECTED'));
    await wait(1500);
    console.log(`concurrency ${concurrency}: ${log.join(' ')}`);
  }
})();
JS
got=$(node probe.js)
printf '%s\n' "$got"
[ "$got" = 'concurrency 2: fails one REJECTED two three
concurrency 1: fails REJECTED' ]
