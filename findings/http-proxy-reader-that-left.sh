#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# http-proxy 1.18.1 (npm), with Node 20.20.2: a stream whose reader has left is read on for ever.
#
# Guess: when the client closes its connection the proxy closes the one to the server behind it, which thereby learns that nobody
# reads its events any more; the proxy has code for just that, on the event "aborted" of the request.
# Seen: that event does not come when a request has been read to its end, as each GET is at once. The proxy goes on reading and
# throws away what it reads: a second after the client has left the server's connection is open and its events still go out. Each
# reload of a page that follows a stream leaves one more of them, until the server's limit of connections is reached.
# What helps: `response.on('close', ...)` in the event "proxyReq", with proxyRequest.destroy() in it.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT
cd -- "$scratch"

npm install --silent --no-audit --no-fund --before=2026-11-30 http-proxy@1.18.1 >/dev/null
cat >probe.js <<'JS'
const http = require('http'), { createProxyServer } = require('http-proxy');
const { setTimeout: wait } = require('timers/promises');
const seen = {};
const server = http.createServer((request, response) => {
  const stream = (seen[request.url] = { open: true, written: 0 });
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  const timer = setInterval(() => { stream.written++; response.write('data: x\n\n'); }, 50);
  response.on('close', () => { stream.open = false; clearInterval(timer); });
});
async function leave(port, path) {
  await new Promise((left) => {
    const request = http.get({ port, path, agent: false }, (response) => response.once('data', () => { request.destroy(); left(); }));
    request.on('error', () => {});
  });
  const before = seen[path].written;
  await wait(1500);
  console.log(path + ':', seen[path].open ? 'open' : 'closed', seen[path].written > before + 5 ? 'and written to' : '');
}
server.listen(0, '127.0.0.1', async () => {
  const target = 'http://127.0.0.1:' + server.address().port;
  const plain = createProxyServer({ target }), closing = createProxyServer({ target });
  closing.on('proxyReq', (proxyRequest, request, response) => response.on('close', () => proxyRequest.destroy()));
  for (const proxy of [plain, closing]) proxy.on('error', () => {});
  const front = (proxy) => new Promise((done) => {
    const listener = http.createServer((request, response) => proxy.web(request, response)).listen(0, '127.0.0.1', () => done(listener.address().port));
  });
  await leave(server.address().port, '/directly');
  await leave(await front(plain), '/proxy');
  await leave(await front(closing), '/proxy-that-closes');
  process.exit();
});
JS
got=$(node probe.js)
printf '%s\n' "$got"
[ "$got" = '/directly: closed 
/proxy: open and written to
/proxy-that-closes: closed ' ]
