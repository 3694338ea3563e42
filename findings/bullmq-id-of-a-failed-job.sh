#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# BullMQ 6.7.0 (npm), with Redis 7.0.15 (Debian 12): the id of a job that is over keeps the next one out, without a word.
#
# Guess: a jobId makes sure that a job is not in the queue twice; when it is done, or has failed for good, it can be added
# again.
# Seen: add() gives a job, as ever, and nothing is run: as long as the first is kept, and by default it is kept for ever,
# a second one of its id is dropped. The object that add() returns has the new name and data, and the queue
# the old one. A nightly job with a fixed id that failed once does not run again.
# What helps: removeOnComplete and removeOnFail with each job that has an id of its own.
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
npm install --silent --no-audit --no-fund --before=2026-11-30 bullmq@6.7.0 ioredis@6.0.0 >/dev/null
# The server is redis-check-rdb under another name.
ln -s redis-check-rdb usr/bin/redis-server
port=$(python3 -c 'import socket; s = socket.create_server(("127.0.0.1", 0)); print(s.getsockname()[1])')
LD_LIBRARY_PATH=$scratch/usr/lib/x86_64-linux-gnu usr/bin/redis-server --port "$port" --bind 127.0.0.1 --save '' --dir "$scratch" >log 2>&1 &
server=$!
until grep -qs 'Ready to accept' log; do sleep 0.05; done

cat >probe.js <<'JS'
const { Queue, QueueEvents, Worker } = require('bullmq');
const connection = { host: '127.0.0.1', port: Number(process.argv[2]) };
const queue = new Queue('jobs', { connection }), events = new QueueEvents('jobs', { connection });
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
(async () => {
  let runs = 0;
  new Worker('jobs', async () => { runs++; throw new Error('failed'); }, { connection });
  await events.waitUntilReady();
  for (const [id, options] of [['kept', {}], ['removed', { removeOnFail: true }]]) {
    const over = new Promise((resolve) => events.once('failed', resolve));
    await queue.add('first', {}, { jobId: id, ...options });
    await over;
    await sleep(200);
    runs = 0;
    const { name } = await queue.add('second', {}, { jobId: id, ...options });
    await sleep(1000);
    console.log(`${id}: add() returned "${name}", in the queue is "${(await queue.getJob(id))?.name}", runs: ${runs}`);
  }
  process.exit(0);
})();
JS
got=$(timeout 60 node probe.js "$port")
printf '%s\n' "$got"
[ "$got" = 'kept: add() returned "second", in the queue is "first", runs: 0
removed: add() returned "second", in the queue is "undefined", runs: 1' ]
