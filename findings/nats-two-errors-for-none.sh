#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# NATS server 2.9.10 (Debian 12), JetStream: to delete a message that is not there is error 10043 or 10057, status 400 or 500.
#
# Guess: STREAM.MSG.DELETE of a sequence that the stream does not have is answered as STREAM.MSG.GET is: 404, 10037, "no message found".
# Seen: of a sequence that was deleted already the answer is 400, 10043, "sequence 2 not found"; of one beyond the end of a stream in a file
# 500, 10057, "stream store EOF", in memory 10043 again. A client that tries again at 5xx, or takes a deletion for done at 404, never ends
# with such a message.
# What helps: to compare with the stream's first and last sequence first.
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
import { connect } from 'nats';
const connection = await connect({ servers: process.argv[2] });
const manager = await connection.jetstreamManager(), jetstream = connection.jetstream();
for (const storage of ['file', 'memory']) {
  const name = storage.toUpperCase();
  await manager.streams.add({ name, subjects: [storage], storage });
  for (let i = 0; i < 3; i++) await jetstream.publish(storage, 'x');
  await manager.streams.deleteMessage(name, 2);
  for (const verb of ['GET', 'DELETE']) {
    for (const seq of [2, 9]) {
      const answer = await connection.request(`$JS.API.STREAM.MSG.${verb}.${name}`, JSON.stringify({ seq }));
      const { code, err_code, description } = answer.json().error;
      console.log(`${storage}, ${verb} ${seq === 2 ? 'of a deleted one' : 'beyond the end'}: ${code}, ${err_code}, ${description}`);
    }
  }
}
await connection.close();
JS
got=$(timeout 60 node probe.mjs "$url")
printf '%s\n' "$got"
[ "$got" = 'file, GET of a deleted one: 404, 10037, no message found
file, GET beyond the end: 404, 10037, no message found
file, DELETE of a deleted one: 400, 10043, sequence 2 not found
file, DELETE beyond the end: 500, 10057, stream store EOF
memory, GET of a deleted one: 404, 10037, no message found
memory, GET beyond the end: 404, 10037, no message found
memory, DELETE of a deleted one: 400, 10043, sequence 2 not found
memory, DELETE beyond the end: 400, 10043, sequence 9 not found' ]
