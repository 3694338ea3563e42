#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# Bull 4.16.5 (npm), with Redis 7.0.15 (Debian 12): an exponential back-off of 500 ms waits for 0.5, 1.5 and 3.5 s.
#
# Guess: `backoff: { type: 'exponential', delay: 500 }` doubles: 0.5, 1, 2 s, as with BullMQ, its successor.
# Seen: the pause before attempt n+1 is the delay times 2^n - 1: 0.5, 1.5, 3.5, 7.5 s. Eight attempts of one second take
# four minutes in place of two, and a move to BullMQ shortens all of them.
# What helps: a strategy of one's own in the queue's `settings.backoffStrategies`.
set -euo pipefail
scratch=$(mktemp -d)
server=''
clean_up()
{
    [ -z "$server" ] || { kill "$server" && wait "$server"; } 2>/dev/null || true
    rm -rf -- "$scratch"
}
trap clean_up EXIT
cd -- "$scratch"

apt-get download -q redis-tools=5:7.0.15-1~deb12u10 libjemalloc2 liblua5.1-0 liblzf1 lua-cjson lua-bitop libhiredis0.14 >/dev/null 2>&1
for package in *.deb; do dpkg -x "$package" .; done
npm install --silent --no-audit --no-fund --before=2026-11-30 bull@4.16.5 bullmq@6.7.0 >/dev/null
ln -s redis-check-rdb usr/bin/redis-server
port=$(python3 -c 'import socket; s = socket.create_server(("127.0.0.1", 0)); print(s.getsockname()[1])')
LD_LIBRARY_PATH=$scratch/usr/lib/x86_64-linux-gnu usr/bin/redis-server --port "$port" --bind 127.0.0.1 --save '' --dir "$scratch" >log 2>&1 &
server=$!
until grep -qs 'Ready to accept' log; do sleep 0.05; done
cat >probe.js <<'JS'
const Bull = require('bull'), { Queue, Worker } = require('bullmq');
const connection = { host: '127.0.0.1', port: Number(process.argv[2]) };
const options = { attempts: 4, backoff: { type: 'exponential', delay: 500 } };
const attempts = (name, start) => new Promise((resolve) => {
  const times = [];
  start(async () => {
    times.push(Date.now());
    if (times.length === 4) setImmediate(resolve, times.slice(1).map((time, i) => time - times[i]));
    throw new Error('no');
  });
}).then((pauses) => {
  const close = (list) => pauses.every((pause, i) => pause >= list[i] - 2 && pause < list[i] + 450);
  return `${name}: ${close([500, 1500, 3500]) ? '0.5 1.5 3.5 s' : close([500, 1000, 2000]) ? '0.5 1 2 s' : pauses.join(' ')}`;
});
Promise.all([
  attempts('Bull', (run) => {
    const queue = new Bull('old', { redis: connection });
    queue.process(run);
    queue.add({}, options);
  }),
  attempts('BullMQ', (run) => {
    new Worker('new', run, { connection });
    new Queue('new', { connection }).add('job', {}, options);
  }),
]).then((lines) => { console.log(lines.join('\n')); process.exit(0); });
JS
got=$(timeout 60 node probe.js "$port")
printf '%s\n' "$got"
[ "$got" = 'Bull: 0.5 1.5 3.5 s
BullMQ: 0.5 1 2 s' ]
