#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# autocannon 9.0.0 (npm): with `amount` the requests a second are the number of requests.
#
# Guess: 200 requests that are done in 20 ms are 10,000 a second, or nothing is said of so short a run.
# Seen: the rate is sampled once a second, and a run lasts until the next sample: `duration` is about 1 and
# `requests.average` 200, whatever the server did. With 2,000 requests it is 2,000. Up to the number that a
# second takes, the figure is the one that was put in.
# What helps: `duration` of ten seconds or more in place of `amount`.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT
cd -- "$scratch"

npm install --silent --no-audit --no-fund --before=2026-11-30 autocannon@9.0.0 >/dev/null
cat >server.js <<'JS'
let last = 0;
require('http').createServer((request, response) => { last = Date.now(); response.end('x'); })
  .listen(0, '127.0.0.1', function () {
    const autocannon = require('autocannon'), url = 'http://127.0.0.1:' + this.address().port;
    (async () => {
      for (const amount of [100, 200]) {
        const began = Date.now();
        const { duration, requests } = await autocannon({ url, connections: 2, amount });
        console.log(amount + ' requests: ' + requests.average + ' a second in ' + Math.round(duration) + ' s; the last came within 0.5 s: ' +
          (last - began < 500));
      }
      process.exit(0);
    })();
  });
JS
got=$(node server.js 2>/dev/null)
printf '%s\n' "$got"
[ "$got" = '100 requests: 100 a second in 1 s; the last came within 0.5 s: true
200 requests: 200 a second in 1 s; the last came within 0.5 s: true' ]
