#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# fetch-event-stream 0.1.6 (npm): all blanks at the start of a data line are lost, and some ids are numbers.
#
# Guess: one space behind the colon belongs to the format and is removed, as the HTML standard says; all others
# belong to the data. An id is a string.
# Seen: every space and tab at the start of a line is removed, so what is sent indented (pretty-printed JSON is
# harmless, a piece of text, YAML or Python is not) loses its indentation. An id of digits is a number, any
# other, such as `007`, a string: 7 and "7" are different keys of a Map.
# What helps: send each line as JSON, and String(id).
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT
cd -- "$scratch"

npm install --silent --no-audit --no-fund --before=2026-11-30 fetch-event-stream@0.1.6 eventsource-parser@4.1.3 >/dev/null
cat >probe.mjs <<'JS'
import { events } from 'fetch-event-stream';
import { createParser } from 'eventsource-parser';
const text = 'id: 7\ndata: jobs:\ndata:   - wait: 1\ndata: \t# tab\n\nid: 007\ndata: x\n\n';
const show = ({ id, data }) => console.log(typeof id, id, JSON.stringify(data));
for await (const event of events(new Response(text))) show(event);
createParser({ onEvent: show }).feed(text);
JS
got=$(node probe.mjs)
printf '%s\n' "$got"
[ "$got" = 'number 7 "jobs:\n- wait: 1\n# tab"
string 007 "x"
string 7 "jobs:\n  - wait: 1\n\t# tab"
string 007 "x"' ]
