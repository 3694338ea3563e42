#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# NATS server 2.9.10 (Debian 12), JetStream: a nak is not spaced by the consumer's back-off.
#
# Guess: a consumer with `backoff` 0.5, 1 and 2 s delivers a message that was refused (nak) after these pauses: it is the
# list of pauses before the next try, which is what a refusal asks for.
# Seen: the list is for messages that are *not* answered, in place of ack_wait. One that is refused comes back at once: all
# five deliveries of a message take some milliseconds, and max_deliver is used up before the back end that
# failed could recover. Unanswered, the same message comes after 0.5, 1, 2 and 2 s.
# What helps: nak with a delay of its own, counted from the message's redelivery count.
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
import { AckPolicy, connect, nanos } from 'nats';
const connection = await connect({ servers: process.argv[2] });
const manager = await connection.jetstreamManager(), jetstream = connection.jetstream();
await manager.streams.add({ name: 'JOBS', subjects: ['jobs'] });
await manager.consumers.add('JOBS', {
  durable_name: 'worker', ack_policy: AckPolicy.Explicit, max_deliver: 5, backoff: [nanos(500), nanos(1000), nanos(2000)],
});
const consumer = await jetstream.consumers.get('JOBS', 'worker');
for (const refuse of [true, false]) {
  await jetstream.publish('jobs', 'x');
  const began = Date.now(), at = [];
  for (let i = 0; i < 3; i++) {
    const message = await consumer.next({ expires: 4000 });
    at.push(Math.round((Date.now() - began) / 500) / 2);
    if (refuse) message.nak();
  }
  console.log((refuse ? 'refused' : 'unanswered') + ': delivered at ' + at.join(', ') + ' s');
  if (refuse) await manager.streams.purge('JOBS');
}
await connection.close();
JS
got=$(node probe.mjs "$url")
printf '%s\n' "$got"
[ "$got" = 'refused: delivered at 0, 0, 0 s
unanswered: delivered at 0, 0.5, 1.5 s' ]
