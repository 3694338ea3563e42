#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# @nats-io/jetstream 3.4.0 (npm), with NATS server 2.9.10 (Debian 12): a worker that does one job after another runs most of them twice.
#
# Guess: `for await (const message of await consumer.consume())` takes a message when the loop comes to it, so with an ack_wait of
# a second and jobs of 0.4 s each job is acknowledged in time and run once.
# Seen: consume() fetches a hundred messages ahead, and the server's ack_wait runs for all of them from then on: those that wait
# in the client are delivered again, behind the others, and run again when their turn comes, though they have been acknowledged.
# Of eight jobs the last ones are run three and four times, 19 runs in all here. The more jobs wait the more are repeated.
# What helps: { max_messages: 1 }, or a call of working() for what waits.
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

apt-get download -q nats-server=2.9.10-1+b3 >/dev/null 2>&1
dpkg -x nats-server_*.deb .
npm install --silent --no-audit --no-fund --before=2026-11-30 @nats-io/transport-node@3.4.0 @nats-io/jetstream@3.4.0 >/dev/null
mkdir ports
usr/sbin/nats-server -a 127.0.0.1 -p -1 -js -sd "$scratch/store" --ports_file_dir "$scratch/ports" >/dev/null 2>&1 &
server=$!
until grep -qs nats: ports/*.ports; do sleep 0.05; done
url=$(grep -o 'nats://[0-9.:]*' ports/*.ports | head -n 1)

cat >probe.mjs <<'JS'
import { connect, nanos } from '@nats-io/transport-node';
import { AckPolicy, jetstream, jetstreamManager } from '@nats-io/jetstream';
const connection = await connect({ servers: process.argv[2] });
const manager = await jetstreamManager(connection), stream = jetstream(connection);
await manager.streams.add({ name: 'JOBS', subjects: ['jobs'], retention: 'workqueue' });
for (const options of [{}, { max_messages: 1 }]) {
  await manager.consumers.add('JOBS', { durable_name: 'worker', ack_policy: AckPolicy.Explicit, ack_wait: nanos(1000) });
  for (let i = 0; i < 8; i++) await stream.publish('jobs', String(i));
  const messages = await (await stream.consumers.get('JOBS', 'worker')).consume(options), runs = Array(8).fill(0);
  let idle;
  for await (const message of messages) {
    clearTimeout(idle);
    runs[Number(message.string())]++;
    await new Promise((done) => setTimeout(done, 400));
    message.ack();
    idle = setTimeout(() => messages.stop(), 2500);
  }
  const all = runs.reduce((a, b) => a + b);
  console.log(JSON.stringify(options) + ': the first job', runs[0] === 1 ? 'once' : runs[0] + ' times', 'and all in', all === 8 ? 'eight runs' : all >= 14 ? '14 runs or more' : all);
  await manager.consumers.delete('JOBS', 'worker');
}
await connection.close();
JS
got=$(node probe.mjs "$url")
printf '%s\n' "$got"
[ "$got" = '{}: the first job once and all in 14 runs or more
{"max_messages":1}: the first job once and all in eight runs' ]
