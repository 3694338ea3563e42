#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# better-queue 3.8.12 (npm): of two tasks with one id, one is run, and both callers get its result.
#
# Guess: push() of two objects queues two tasks; that an object has a member `id`, a customer's for instance, is the caller's affair.
# Seen: a task's `id` is its key in the queue: a second one with that id takes the place of the first that waits, and both callbacks are
# called with the second's result. Nothing says that the first was never run. Texts and objects without an `id` are kept apart. If the
# first is taken up already, both run, so it depends on how busy the queue is.
# What helps: the data in an object of its own, `{ data: {...} }`, or an `id` option that gives a new one for each.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT
cd -- "$scratch"

npm install --silent --no-audit --no-fund better-queue@3.8.12 >/dev/null
cat >probe.js <<'JS'
const Queue = require('better-queue');
const run = (name, tasks) => new Promise((resolve) => {
  const seen = [], results = [];
  const queue = new Queue((task, done) => { seen.push(task.what ?? task.data?.what ?? task); done(null, seen.at(-1)); });
  queue.pause();
  tasks.forEach((task) => queue.push(task, (error, result) => results.push(result)));
  queue.on('drain', () => setTimeout(() => { console.log(`${name}: run ${seen.join(' ')}, results ${results.join(' ')}`); resolve(); }, 50));
  setTimeout(() => queue.resume(), 50);
});
(async () => {
  await run('equal ids', [{ id: 7, what: 'charge' }, { id: 7, what: 'refund' }]);
  await run('data apart', [{ data: { id: 7, what: 'charge' } }, { data: { id: 7, what: 'refund' } }]);
  await run('equal texts', ['charge', 'charge']);
  process.exit(0);
})();
JS
got=$(timeout 60 node probe.js)
printf '%s\n' "$got"
[ "$got" = 'equal ids: run refund, results refund refund
data apart: run charge refund, results charge refund
equal texts: run charge charge, results charge charge' ]
