#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# launchdarkly-eventsource 2.2.0 (npm): `retry: 2s` makes it reconnect after 2 ms.
#
# Guess: a `retry` that is not digits alone is ignored, as the HTML standard says, and the delay stays at a second;
# if anything, 2s would be two seconds.
# Seen: the number at the start is taken, in milliseconds: a stream that says `retry: 2s` and ends is asked for
# again some milliseconds later, over and over, dozens of times a second. eventsource 5.1.5 ignores the line. A
# server's typing error becomes a flood from each of its clients.
# What helps: whole milliseconds on the server, and a least delay on the client.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT
cd -- "$scratch"

npm install --silent --no-audit --no-fund launchdarkly-eventsource@2.2.0 eventsource@5.1.5 >/dev/null
cat >probe.mjs <<'JS'
import http from 'node:http';
import launchdarkly from 'launchdarkly-eventsource';
import { EventSource } from 'eventsource';
const requests = { '/l': 0, '/e': 0 };
const server = http.createServer((request, response) => {
  requests[request.url]++;
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  response.end('retry: 2s\ndata: x\n\n');
}).listen(0, '127.0.0.1', () => {
  const base = 'http://127.0.0.1:' + server.address().port;
  const clients = [new (launchdarkly.EventSource ?? launchdarkly)(base + '/l'), new EventSource(base + '/e')];
  for (const client of clients) client.onerror = () => {};
  setTimeout(() => {
    for (const client of clients) client.close();
    console.log('launchdarkly-eventsource, within 0.7 s:', requests['/l'] > 10 ? 'more than 10 requests' : requests['/l']);
    console.log('eventsource, within 0.7 s:', requests['/e']);
    process.exit(0);
  }, 700);
});
JS
got=$(node probe.mjs)
printf '%s\n' "$got"
[ "$got" = 'launchdarkly-eventsource, within 0.7 s: more than 10 requests
eventsource, within 0.7 s: 1' ]
