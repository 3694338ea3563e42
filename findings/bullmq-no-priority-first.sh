#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# BullMQ 6.7.0 (npm), with Redis 7.0.15 (Debian 12): priority 1, the highest, comes behind every job without one.
#
# Guess: of priorities from 1, "the highest", to 2^21 the lowest, a job that names none has the lowest: to give one job
# priority 1 is to put it in front of the rest.
# Seen: jobs without a priority are served first, all of them, those with 1 and 5 after them. Naming a priority
# makes a job slower whatever the number; in a queue that always has ordinary jobs it is not served at all.
# What helps: a priority for every job; or `lifo: true`, which does put one in front.
set -euo pipefail
scratch=$(mktemp -d)
server=''
clean_up()
{
    [ -z "$server" ] || kill "$server" 2>/dev/null || true
    rm -rf -- "$scratch"
}
trap clean_up EXIT
cd -- "$scratch"

apt-get download -q redis-tools=5:7.0.15-1~deb12u10 libjemalloc2 liblua5.1-0 liblzf1 lua-cjson lua-bitop libhiredis0.14 >/dev/null 2>&1
for package in *.deb; do dpkg -x "$package" .; done
npm install --silent --no-audit --no-fund bullmq@6.7.0 ioredis@6.0.0 >/dev/null
# The server is redis-check-rdb under another name.
ln -s redis-check-rdb usr/bin/redis-server
port=$(python3 -c 'import socket; s = socket.create_server(("127.0.0.1", 0)); print(s.getsockname()[1])')
LD_LIBRARY_PATH=$scratch/usr/lib/x86_64-linux-gnu usr/bin/redis-server --port "$port" --bind 127.0.0.1 --save '' --dir "$scratch" >log 2>&1 &
server=$!
until grep -qs 'Ready to accept' log; do sleep 0.05; done

cat >probe.js <<'JS'
const { Queue, Worker } = require('bullmq');
const connection = { host: '127.0.0.1', port: Number(process.argv[2]) };
(async () => {
  const queue = new Queue('jobs', { connection }), order = [];
  for (const [name, options] of [['none', {}], ['five', { priority: 5 }], ['one', { priority: 1 }], ['none', {}], ['lifo', { lifo: true }]]) {
    await queue.add(name, {}, options);
  }
  new Worker('jobs', async ({ name }) => {
    order.push(name);
    if (order.length === 5) { console.log(order.join(' ')); setTimeout(() => process.exit(0), 100); }
  }, { connection });
})();
JS
got=$(timeout 60 node probe.js "$port")
printf '%s\n' "$got"
[ "$got" = 'lifo none none one five' ]
