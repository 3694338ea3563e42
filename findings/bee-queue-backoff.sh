#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# bee-queue 2.0.0 (npm), with Redis 7.0.15 (Debian 12): a job with a back-off is tried once.
#
# Guess: retries(2).backoff('fixed', 300) tries a job that failed again after 0.3 s, and 0.3 s later; delayUntil() starts one at its
# time. Both are methods of a job, and nothing is said when it is saved.
# Seen: with the settings that a queue has by default both wait for ever: nobody takes jobs whose time has come, and the event
# "retrying" is given all the same. Only a queue made with `activateDelayedJobs: true` does, in at least one process.
# Retries without a back-off work without it, so do tests that use these.
# What helps: that setting wherever jobs are processed, and a look at `delayed` in checkHealth().
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
npm install --silent --no-audit --no-fund bee-queue@2.0.0 >/dev/null
ln -s redis-check-rdb usr/bin/redis-server
port=$(python3 -c 'import socket; s = socket.create_server(("127.0.0.1", 0)); print(s.getsockname()[1])')
LD_LIBRARY_PATH=$scratch/usr/lib/x86_64-linux-gnu usr/bin/redis-server --port "$port" --bind 127.0.0.1 --save '' --dir "$scratch" >log 2>&1 &
server=$!
until grep -qs 'Ready to accept' log; do sleep 0.05; done

cat >probe.js <<'JS'
const Queue = require('bee-queue');
const redis = { host: '127.0.0.1', port: Number(process.argv[2]) };
const run = async (activateDelayedJobs) => {
  const queue = new Queue('jobs' + activateDelayedJobs, { redis, activateDelayedJobs }), tries = { backoff: 0, delayed: 0 };
  let retrying = 0;
  queue.on('retrying', () => retrying++);
  queue.process(async ({ data: { name } }) => { tries[name]++; if (name === 'backoff') throw new Error('no'); });
  await queue.createJob({ name: 'backoff' }).retries(2).backoff('fixed', 300).save();
  await queue.createJob({ name: 'delayed' }).delayUntil(Date.now() + 300).save();
  await new Promise((resolve) => setTimeout(resolve, 3000));
  const { delayed } = await queue.checkHealth();
  console.log(`activateDelayedJobs ${activateDelayedJobs}: ${tries.backoff} tries, ${retrying} said to be retried, delayed job run ${tries.delayed} times, ${delayed} waiting`);
};
run(false).then(() => run(true)).then(() => process.exit(0));
JS
got=$(timeout 60 node probe.js "$port")
printf '%s\n' "$got"
[ "$got" = 'activateDelayedJobs false: 1 tries, 1 said to be retried, delayed job run 0 times, 2 waiting
activateDelayedJobs true: 3 tries, 2 said to be retried, delayed job run 1 times, 0 waiting' ]
