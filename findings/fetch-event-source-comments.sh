#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# @microsoft/fetch-event-source 2.0.1 (npm): a comment that keeps the connection alive is a message, and may have the work submitted again.
#
# Guess: a line that begins with a colon is a comment and gives nothing, as the HTML standard says; so is a block that has
# `retry:` alone.
# Seen: onmessage is called with empty data for each of them. A handler that parses JSON throws, an error of the handler counts as
# one of the connection, and the request is made again a second later: here the whole stream is never seen, however often it is
# asked for. With the POST that this library is used for, each try submits the work once more.
# What helps: `if (!message.data) return` in front, and an onerror that throws.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT
cd -- "$scratch"

npm install --silent --no-audit --no-fund --before=2026-11-30 @microsoft/fetch-event-source@2.0.1 >/dev/null
cat >probe.mjs <<'JS'
import http from 'http';
import events from '@microsoft/fetch-event-source';
globalThis.document = { hidden: false, addEventListener() {}, removeEventListener() {} };
globalThis.window = globalThis;
let posts = 0, finished = 0;
const server = http.createServer((request, response) => {
  posts++;
  response.setHeader('content-type', 'text/event-stream');
  response.write('data: {"event":"accepted"}\n\n: still there\n\n');
  setTimeout(() => response.end('data: {"event":"finished"}\n\n'), 200);
}).listen(0, '127.0.0.1', async () => {
  const url = `http://127.0.0.1:${server.address().port}/`, seen = [];
  const stop = new AbortController();
  await Promise.race([new Promise((resolve) => setTimeout(resolve, 3500)), events.fetchEventSource(url, {
    method: 'POST', openWhenHidden: true, signal: stop.signal, onclose: () => stop.abort(),
    onmessage({ data }) { if (posts === 1) seen.push(data); if (JSON.parse(data).event === 'finished') finished++; },
  })]);
  console.log('messages of the first request:', JSON.stringify(seen));
  console.log(`${posts > 2 ? 'more than two' : posts} requests, ${finished} finished`);
  process.exit(0);
});
JS
got=$(node probe.mjs)
printf '%s\n' "$got"
[ "$got" = 'messages of the first request: ["{\"event\":\"accepted\"}",""]
more than two requests, 0 finished' ]
