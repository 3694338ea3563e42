#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# throttle 1.0.3 (npm), a stream of so many bytes a second: behind a pause it is let loose.
#
# Guess: at 10,000 bytes a second no second has more than about 10,000; a pause in what is written is lost, or leaves a second's worth at the most.
# Seen: the rate is the mean since the stream was made. After three seconds without data more than 20,000 bytes pass in the first 0.9; after an hour
# it would be 36 MB. A stream that is made when a connection opens and written when there is something to say is not throttled at all.
# What helps: a new stream for each run of data, or a bucket of a limited size (stream-throttle).
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT
cd -- "$scratch"

npm install --silent --no-audit --no-fund --before=2026-11-30 throttle@1.0.3 >/dev/null
cat >probe.js <<'JS'
const Throttle = require('throttle');
const { Readable } = require('stream');
const run = async (pause) => {
  const throttle = new Throttle({ bps: 10000, chunkSize: 1000 });
  await new Promise((resolve) => setTimeout(resolve, pause));
  const began = Date.now();
  let first = 0;
  throttle.on('data', ({ length }) => { if (Date.now() - began < 900) first += length; });
  Readable.from([Buffer.alloc(50000)]).pipe(throttle);
  await new Promise((resolve) => setTimeout(resolve, 1500));
  console.log(`${pause / 1000} s after it was made: ${first > 20000 ? 'more than 20,000' : first <= 11000 ? 'at most 11,000' : 'between'} bytes in 0.9 s`);
};
run(0).then(() => run(3000)).then(() => process.exit(0));
JS
got=$(node probe.js)
printf '%s\n' "$got"
[ "$got" = '0 s after it was made: at most 11,000 bytes in 0.9 s
3 s after it was made: more than 20,000 bytes in 0.9 s' ]
