#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# eventsource 4.1.1 (npm): the event behind one with an id has the last id "".
#
# Guess: lastEventId of an event is the last id that the stream has had, also when the event itself has none, as in browsers, whose interface
# this is: a reader that keeps event.lastEventId after each event can go on from there.
# Seen: it is the id of the event itself, and "" where there is none. Only the header of the next connection is right, Last-Event-ID: 7. So a reader
# that keeps it for its own restart starts anew whenever the last event happened to have no id.
# What helps: `if (event.lastEventId) keep(event.lastEventId)`.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT
cd -- "$scratch"

npm install --silent --no-audit --no-fund --before=2026-11-30 eventsource@4.1.1 >/dev/null
cat >probe.mjs <<'JS'
import http from 'node:http';
import { EventSource } from 'eventsource';
let connections = 0;
const server = http.createServer((request, response) => {
  console.log(`connection ${++connections}, Last-Event-ID: ${request.headers['last-event-id']}`);
  if (connections === 2) process.exit(0);
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  response.end('retry: 50\n\nid: 7\ndata: first\n\ndata: second\n\n');
}).listen(0, '127.0.0.1', () => {
  const source = new EventSource(`http://127.0.0.1:${server.address().port}/`);
  source.onmessage = ({ data, lastEventId }) => console.log(`${data}: ${JSON.stringify(lastEventId)}`);
});
JS
got=$(timeout 60 node probe.mjs)
printf '%s\n' "$got"
[ "$got" = 'connection 1, Last-Event-ID: undefined
first: "7"
second: ""
connection 2, Last-Event-ID: 7' ]
