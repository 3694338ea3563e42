#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# node-schedule 2.1.1 and cron 4.4.0 (npm): after a block the one runs what it missed in a burst, the other drops all but one.
#
# Guess: a job of each second, in a process that computed for three and a half seconds, runs once when the loop is free
# and then at the next second: both keep one timer for the next time.
# Seen: cron does so and drops the two others. node-schedule runs three times, once for each second that passed, within
# some milliseconds: a process that was already late gets all the work that it missed at once.
# What helps: compare the date that node-schedule hands to the job with the clock, and return if it is old.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT
cd -- "$scratch"

npm install --silent --no-audit --no-fund --before=2026-11-30 node-schedule@2.1.1 cron@4.4.0 >/dev/null
cat >probe.js <<'JS'
const schedule = require('node-schedule');
const { CronJob } = require('cron');
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const measure = async (name, start) => {
  let runs = 0, block = 0;
  const stop = start(() => { runs++; });
  await sleep(1100 - Date.now() % 1000); // 0.1 s into a second
  runs = 0;
  for (block = Date.now(); Date.now() - block < 3500;);
  await sleep(200);
  console.log(name + ': ' + runs + ' runs within 0.2 s of a block over three seconds');
  stop();
};
(async () => {
  await measure('node-schedule', (job) => { const handle = schedule.scheduleJob('* * * * * *', job); return () => handle.cancel(); });
  await measure('cron', (job) => { const handle = new CronJob('* * * * * *', job, null, true); return () => handle.stop(); });
})();
JS
got=$(node probe.js 2>/dev/null)
printf '%s\n' "$got"
[ "$got" = 'node-schedule: 3 runs within 0.2 s of a block over three seconds
cron: 1 runs within 0.2 s of a block over three seconds' ]
