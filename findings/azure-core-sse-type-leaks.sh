#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# @azure/core-sse 2.4.0 (npm): an event without data lends its name to the next one.
#
# Guess: the empty line ends an event; one without data is not delivered, and its `event:` is forgotten with it, as the
# HTML standard says and eventsource-parser does.
# Seen: the name stays and is given to the next event, which has none of its own: `event: ping` as a sign of life,
# without data, turns the next message into a "ping", and whoever listens for messages misses it.
# What helps: a comment line as sign of life, or `data:` with each event.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT
cd -- "$scratch"

npm install --silent --no-audit --no-fund --before=2026-11-30 @azure/core-sse@2.4.0 eventsource-parser@4.1.3 >/dev/null
cat >probe.mjs <<'JS'
import { Readable } from 'node:stream';
import { createSseStream } from '@azure/core-sse';
import { createParser } from 'eventsource-parser';
const text = 'event: ping\n\ndata: a result\n\ndata: another\n\n';
for await (const { event, data } of createSseStream(Readable.from([Buffer.from(text)]))) console.log('core-sse:', event || 'message', '-', data);
createParser({ onEvent: ({ event, data }) => console.log('parser:', event || 'message', '-', data) }).feed(text);
JS
got=$(node probe.mjs)
printf '%s\n' "$got"
[ "$got" = 'core-sse: ping - a result
core-sse: message - another
parser: message - a result
parser: message - another' ]
