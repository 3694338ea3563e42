#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# queue-promise 2.2.1 (npm): of two at once the one waits for the other, and a task that throws stops the queue for good.
#
# Guess: `concurrent: 2` keeps two tasks running: when the short one of two has ended the third starts. An error goes to "reject", whether it is thrown
# or a rejection.
# Seen: tasks are started by twos, and the next two when both have ended: beside one of 0.6 s three of 0.1 s take 0.7 s in place of 0.6, and with ten at
# once nine wait for the slowest each time. What a task throws before it returns a promise is an unhandled rejection of the queue's
# own, which ends the process unless somebody catches it; if so, the tasks behind it are never run.
# What helps: async functions as tasks, and another queue for more than one at once.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT
cd -- "$scratch"

npm install --silent --no-audit --no-fund --before=2026-11-30 queue-promise@2.2.1 >/dev/null
cat >probe.js <<'JS'
const Queue = require('queue-promise');
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
process.on('unhandledRejection', (error) => console.log(`unhandled: ${error.message}`));
(async () => {
  const log = [], queue = new Queue({ concurrent: 2, interval: 0 });
  [['long', 600], ['a', 100], ['b', 100], ['c', 100]].forEach(([name, ms]) => queue.enqueue(async () => {
    log.push(`${name} begins`);
    await sleep(ms);
    log.push(`${name} ends`);
  }));
  await new Promise((resolve) => queue.on('end', resolve));
  console.log(log.slice(0, 5).join(', '));

  const throwing = new Queue({ concurrent: 1, interval: 0 });
  throwing.on('resolve', (value) => console.log(`resolved: ${value}`));
  throwing.on('reject', (error) => console.log(`rejected: ${error.message}`));
  throwing.enqueue(async () => 'first');
  throwing.enqueue(async () => { throw new Error('rejection'); });
  throwing.enqueue(() => { throw new Error('thrown'); });
  throwing.enqueue(async () => 'last');
  await sleep(2000);
  console.log(`left: ${throwing.size}`);
})();
JS
got=$(node probe.js)
printf '%s\n' "$got"
[ "$got" = 'long begins, a begins, a ends, long ends, b begins
resolved: first
rejected: rejection
unhandled: thrown
left: 1' ]
