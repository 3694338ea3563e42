#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# NATS server 2.9.10 (Debian 12), JetStream: a message that was deleted still makes the next one a duplicate.
#
# Guess: the id of a message guards against a second copy *in the stream*: when the first was deleted, or the stream was
# purged, the same id may be published again.
# Seen: ids are remembered for the whole window (two minutes by default) whatever became of the message. The second
# publish is acknowledged, with `duplicate` and the number of the first, and nothing is stored: the publisher has its
# acknowledgement and the stream has no message. So a test that purges between its cases loses its messages, and
# so does a job that is taken out of the queue and put back at once.
# What helps: a new id for each try, or a look at `duplicate`.
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
import { connect, nanos } from 'nats';
const connection = await connect({ servers: process.argv[2] });
const manager = await connection.jetstreamManager(), jetstream = connection.jetstream();
await manager.streams.add({ name: 'JOBS', subjects: ['jobs'], duplicate_window: nanos(60000) });
const publish = async (when) => {
  const { duplicate, seq } = await jetstream.publish('jobs', 'x', { msgID: 'job-1' });
  const { state } = await manager.streams.info('JOBS');
  console.log(`${when}: acknowledged as ${seq}, duplicate ${duplicate}, ${state.messages} in the stream`);
};
await publish('first');
await manager.streams.deleteMessage('JOBS', 1);
await publish('deleted');
await manager.streams.purge('JOBS');
await publish('purged');
await connection.close();
JS
got=$(node probe.mjs "$url")
printf '%s\n' "$got"
[ "$got" = 'first: acknowledged as 1, duplicate false, 1 in the stream
deleted: acknowledged as 1, duplicate true, 0 in the stream
purged: acknowledged as 1, duplicate true, 0 in the stream' ]
