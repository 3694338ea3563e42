#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# event-source-polyfill 1.0.31 (npm): after a break the last id is in the address and not in `Last-Event-ID`.
#
# Guess: it reconnects as the HTML standard says, with the header Last-Event-ID; that is what a polyfill is for, and it can set headers,
# as its users have it send an Authorization.
# Seen: there is no such header. The address gets a parameter lastEventId, `/events?lastEventId=7`, which a server that keeps
# to the standard does not know: it begins at the present or at the beginning, and events are lost, or there twice, at each
# break. Addresses that are signed, or served by their exact text, are refused the second time.
# What helps: lastEventIdQueryParameterName with the name that the server reads, or eventsource in its place, which sends the header.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT
cd -- "$scratch"

npm install --silent --no-audit --no-fund --before=2026-11-30 event-source-polyfill@1.0.31 eventsource@4.1.0 >/dev/null
cat >probe.mjs <<'JS'
import http from 'node:http';
import polyfill from 'event-source-polyfill';
import { EventSource } from 'eventsource';
for (const [name, Source] of [['event-source-polyfill', polyfill.EventSourcePolyfill], ['eventsource', EventSource]]) {
  await new Promise((done) => {
    let requests = 0, source;
    const server = http.createServer((request, response) => {
      console.log(name + ':', request.url, request.headers['last-event-id'] ?? 'without the header');
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.end('retry: 100\nid: 7\ndata: x\n\n');
      if (++requests === 2) {
        source.close();
        server.close(done);
        server.closeAllConnections();
      }
    }).listen(0, '127.0.0.1', () => { source = new Source(`http://127.0.0.1:${server.address().port}/events`); });
  });
}
process.exit();
JS
got=$(node probe.mjs)
printf '%s\n' "$got"
[ "$got" = 'event-source-polyfill: /events without the header
event-source-polyfill: /events?lastEventId=7 without the header
eventsource: /events without the header
eventsource: /events 7' ]
