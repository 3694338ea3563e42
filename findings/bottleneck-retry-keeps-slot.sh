#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# Bottleneck 2.19.5 (npm): a job that waits for its next attempt keeps its slot.
#
# Guess: what a listener of "failed" returns is the pause before the job is put back into the queue, as with
# other queues with retries: while it waits, its slot serves others.
# Seen: with maxConcurrent 1 a job that fails at once and is to be tried again in 300 ms holds the only slot for
# these 300 ms. The second job, which takes no time, is done only behind the retry. So when a back end is away
# and all are backing off, jobs that do not need it wait as well, for as long as the longest pause.
# What helps: schedule the next attempt by a timer of your own, as a new job.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT
cd -- "$scratch"

npm install --silent --no-audit --no-fund --before=2026-11-30 bottleneck@2.19.5 >/dev/null
cat >probe.js <<'JS'
const Bottleneck = require('bottleneck');
const limiter = new Bottleneck({ maxConcurrent: 1 });
const log = [];
let attempts = 0;
limiter.on('failed', (error, { retryCount }) => (retryCount === 0 ? 300 : undefined));
const started = Date.now();
const flaky = async () => { log.push('flaky'); if (attempts++ === 0) throw new Error('away'); };
const other = async () => { log.push('other ' + (Date.now() - started >= 290 ? 'after the pause' : 'at once')); };
Promise.all([limiter.schedule(flaky), limiter.schedule(other)]).then(() => console.log(log.join(', ')));
JS
got=$(node probe.js)
printf '%s\n' "$got"
[ "$got" = 'flaky, flaky, other after the pause' ]
