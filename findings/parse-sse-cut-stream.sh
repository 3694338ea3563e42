#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# parse-sse 0.1.0 (npm): the event that a broken connection cut in two is delivered.
#
# Guess: what stands behind the last empty line when a stream ends is dropped, as the HTML standard says and as
# eventsource-parser does: it may be half an event, and the whole one comes again after Last-Event-ID.
# Seen: it is delivered as if it were complete, with the half of its data: JSON.parse() of it fails, or, worse,
# does not (`12` of `1234`), and after a reconnection the event is there twice. An event with empty data, on the
# other hand, which the standard delivers, is not.
# What helps: deliver an event only when the next one has begun, or close each stream by an event of its own.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT
cd -- "$scratch"

npm install --silent --no-audit --no-fund --before=2026-11-30 parse-sse@0.1.0 eventsource-parser@4.1.3 >/dev/null
cat >probe.mjs <<'JS'
import { parseServerSentEvents } from 'parse-sse';
import { createParser } from 'eventsource-parser';
for (const text of ['data: 1000\n\ndata: 1234\n\n', 'data: 1000\n\ndata: 12', 'data:\n\ndata: 1000\n\n']) {
  const one = [], two = [];
  const response = new Response(text, { headers: { 'content-type': 'text/event-stream' } });
  for await (const { data } of parseServerSentEvents(response)) one.push(JSON.stringify(data));
  createParser({ onEvent: ({ data }) => two.push(JSON.stringify(data)) }).feed(text);
  console.log(JSON.stringify(text) + ': ' + one.join(' ') + ' | ' + two.join(' '));
}
JS
got=$(node probe.mjs)
printf '%s\n' "$got"
[ "$got" = '"data: 1000\n\ndata: 1234\n\n": "1000" "1234" | "1000" "1234"
"data: 1000\n\ndata: 12": "1000" "12" | "1000"
"data:\n\ndata: 1000\n\n": "1000" | "" "1000"' ]
