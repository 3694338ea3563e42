#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# p-queue 10.0.0 (npm): jobs that time out go on running beside those that take their place.
#
# Guess: with `concurrency: 2` there are never more than two jobs at a time; one that passes its `timeout` is
# reported as failed, and its place is free when its function has ended, as nothing can stop a function.
# Seen: the place is free at the time-out. Of eight jobs of 300 ms with a time-out of 50 ms all eight run at the same
# time, and the queue says that nothing is pending while they do. Where the limit protects a server that has
# become slow, time-outs take the limit away just then.
# What helps: give each job a signal, and have it end at its time-out by itself.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT
cd -- "$scratch"

npm install --silent --no-audit --no-fund --before=2026-11-30 p-queue@10.0.0 >/dev/null
cat >probe.mjs <<'JS'
import PQueue from 'p-queue';
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const most = async (options) => {
  const queue = new PQueue({ concurrency: 2, ...options });
  let running = 0, highest = 0;
  const job = async () => { highest = Math.max(highest, ++running); await sleep(300); running--; };
  await Promise.allSettled(Array.from({ length: 8 }, () => queue.add(job)));
  console.log(`at most ${highest} at a time; at the end ${queue.pending} pending, ${running > 0 ? 'some' : 'none'} running`);
};
await most({});
await most({ timeout: 50 });
JS
got=$(node probe.mjs)
printf '%s\n' "$got"
[ "$got" = 'at most 2 at a time; at the end 0 pending, none running
at most 8 at a time; at the end 0 pending, some running' ]
