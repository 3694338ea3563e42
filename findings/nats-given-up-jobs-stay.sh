#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# NATS server 2.9.10 (Debian 12), JetStream: a job that was given up stays in the work queue and no figure shows it.
#
# Guess: in a stream with the retention "workqueue", which removes a message when it is acknowledged, one that has used up
# its max_deliver is removed as well, or is counted as pending.
# Seen: it stays in the stream and is never delivered again. The consumer says 0 pending and 0 waiting for an answer, so a
# monitor that looks at these sees an empty queue, while the stream grows by each job that failed for good until
# its limits are reached.
# What helps: term() at the last try (`redeliveryCount`), and a look at the stream's number of messages.
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
npm install --silent --no-audit --no-fund --before=2026-11-30 nats@2.29.3 >/dev/null
mkdir ports
usr/sbin/nats-server -a 127.0.0.1 -p -1 -js -sd "$scratch/store" --ports_file_dir "$scratch/ports" >/dev/null 2>&1 &
server=$!
until grep -qs nats: ports/*.ports; do sleep 0.05; done
url=$(grep -o 'nats://[0-9.:]*' ports/*.ports | head -n 1)

cat >probe.mjs <<'JS'
import { AckPolicy, connect, RetentionPolicy } from 'nats';
const connection = await connect({ servers: process.argv[2] });
const manager = await connection.jetstreamManager(), jetstream = connection.jetstream();
await manager.streams.add({ name: 'JOBS', subjects: ['jobs'], retention: RetentionPolicy.Workqueue });
await manager.consumers.add('JOBS', { durable_name: 'worker', ack_policy: AckPolicy.Explicit, max_deliver: 2 });
const consumer = await jetstream.consumers.get('JOBS', 'worker');
for (const answer of ['nak', 'term']) {
  await jetstream.publish('jobs', 'x');
  let deliveries = 0;
  for (let message; (message = await consumer.next({ expires: 1000 })); deliveries++) {
    if (answer === 'term' && message.info.redeliveryCount === 2) message.term(); else message.nak();
  }
  const { num_pending: pending, num_ack_pending: unanswered } = await consumer.info();
  const { state } = await manager.streams.info('JOBS');
  console.log(`${answer} at last: ${deliveries} deliveries, ${pending} pending, ${unanswered} unanswered, ${state.messages} in the stream`);
  await manager.streams.purge('JOBS');
}
await connection.close();
JS
got=$(node probe.mjs "$url")
printf '%s\n' "$got"
[ "$got" = 'nak at last: 2 deliveries, 0 pending, 0 unanswered, 1 in the stream
term at last: 2 deliveries, 0 pending, 0 unanswered, 0 in the stream' ]
