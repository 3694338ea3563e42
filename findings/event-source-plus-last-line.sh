#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# event-source-plus 0.1.15 (npm): of an event with several data lines the last one is left.
#
# Guess: data lines of one event are joined by line feeds, as in every browser: JSON that a server has laid out over three lines arrives whole.
# Seen: each data line replaces the one before it, so the message is `"job": 7}` alone, or `b` of `a` and `b`; where the last data line is
# empty the message is too. Nothing tells, and tests with events of one line pass.
# What helps: servers that write an event on one line (waitd does), or another client.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT
cd -- "$scratch"

npm install --silent --no-audit --no-fund --before=2026-11-30 event-source-plus@0.1.15 >/dev/null
cat >probe.mjs <<'JS'
import http from 'node:http';
import { EventSourcePlus } from 'event-source-plus';
const stream = 'data: {"state": "done",\ndata:  "job": 7}\n\ndata: a\ndata: b\n\ndata: c\ndata:\n\ndata: end\n\n';
const server = http.createServer((request, response) => {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  response.end(stream);
}).listen(0, '127.0.0.1', () => {
  const source = new EventSourcePlus(`http://127.0.0.1:${server.address().port}/`, { retryStrategy: 'on-error' });
  source.listen({
    onMessage({ data }) {
      console.log(JSON.stringify(data));
      if (data === 'end') process.exit(0);
    },
  });
});
JS
got=$(timeout 60 node probe.mjs)
printf '%s\n' "$got"
[ "$got" = '"\"job\": 7}"
"b"
""
"end"' ]
