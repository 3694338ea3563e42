// SPDX-License-Identifier: ISC
'use strict';

// Node's http as a slow back end: /wait/DURATION in milliseconds, or /wait/0.
const http = require('http');

const server = http.createServer((request, response) => {
  const wait = Number.parseInt(request.url.slice('/wait/'.length), 10);
  if (wait > 0) setTimeout(() => response.end(), wait);
  else response.end();
});
server.keepAliveTimeout = 0;
server.requestTimeout = 0;
server.listen(0, '127.0.0.1', 65535, () => {
  process.stderr.write(`listening on 127.0.0.1:${server.address().port}\n`);
});
