#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# better-sse 0.16.1 (npm), a server of events: the second line of a text is lost.
#
# Guess: with a serializer that leaves text as it is, `a` and `b` on two lines are sent as two data lines, which a browser joins again: line feeds are what
# the library's cleaning of values is for.
# Seen: the text is sent as `data:a`, and `b` on a line of its own, which is a field of an unknown name to every reader: the event is "a". What is
# cleaned is the kind of line end: CR becomes LF. With the serializer that is used unless one is given, JSON.stringify(), there is no
# line feed in a value.
# What helps: that serializer, and JSON.parse() at the reader.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT
cd -- "$scratch"

npm install --silent --no-audit --no-fund --before=2026-11-30 better-sse@0.16.1 eventsource-parser@3.0.6 >/dev/null
cat >probe.mjs <<'JS'
import http from 'node:http';
import { createSession } from 'better-sse';
import { createParser } from 'eventsource-parser';
const server = http.createServer(async (request, response) => {
  const session = await createSession(request, response, { serializer: String });
  session.push('one line', 'log');
  session.push('first line\nsecond line\nthird line', 'log');
  session.push('end', 'log');
}).listen(0, '127.0.0.1', async () => {
  const parser = createParser({
    onEvent({ data }) {
      console.log(JSON.stringify(data));
      if (data === 'end') process.exit(0);
    },
  });
  const decoder = new TextDecoder();
  for await (const piece of (await fetch(`http://127.0.0.1:${server.address().port}/`)).body) parser.feed(decoder.decode(piece, { stream: true }));
});
JS
got=$(timeout 60 node probe.mjs)
printf '%s\n' "$got"
[ "$got" = '"one line"
"first line"
"end"' ]
