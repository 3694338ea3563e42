#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# Mosquitto 2.0.11 (Debian 12), shared subscriptions: half of the jobs wait for a worker that is not connected.
#
# Guess: of two workers that share a subscription (`$share/workers/jobs`) and have sessions that last, one is away: the other one gets all
# messages, for which one shares; at the most what the absent one had already been sent waits for it.
# Seen: messages are dealt out in turn to all sessions, connected or not: of ten that are published while one worker is away the other gets
# five, and five lie in the absent one's session until it comes back or its session expires. Publishers get their acknowledgements.
# What helps: sessions that end with the connection, for members of a group.
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

apt-get download -q mosquitto=2.0.11-1.2+deb12u2 libmosquitto1=2.0.11-1.2+deb12u2 libcjson1 libwebsockets17 libev4 libuv1 libdlt2 libwrap0 >/dev/null 2>&1
for package in *.deb; do dpkg -x "$package" .; done
npm install --silent --no-audit --no-fund --before=2026-11-30 mqtt@5.16.0 >/dev/null
port=$(python3 -c 'import socket; s = socket.create_server(("127.0.0.1", 0)); print(s.getsockname()[1])')
printf 'listener %s 127.0.0.1\nallow_anonymous true\n' "$port" >conf
LD_LIBRARY_PATH=$scratch/usr/lib/x86_64-linux-gnu usr/sbin/mosquitto -c conf >log 2>&1 &
server=$!
until grep -q running log; do sleep 0.05; done

cat >probe.mjs <<'JS'
import mqtt from 'mqtt';
const connect = (clientId) => mqtt.connect('mqtt://127.0.0.1:' + process.argv[2],
  { clientId, protocolVersion: 5, clean: false, properties: { sessionExpiryInterval: 3600 } });
const worker = async (name) => {
  const client = connect(name), got = [];
  client.on('message', (topic, message) => got.push(String(message)));
  await client.subscribeAsync('$share/workers/jobs', { qos: 1 });
  await client.subscribeAsync('end', { qos: 1 });
  return { client, got };
};
const present = await worker('present');
await (await worker('absent')).client.endAsync();
const publisher = connect('publisher');
for (let job = 1; job <= 10; job++) await publisher.publishAsync('jobs', `job ${job}`, { qos: 1 });
await publisher.publishAsync('end', 'end', { qos: 1 });
while (!present.got.includes('end')) await new Promise((resolve) => setTimeout(resolve, 20));
console.log(`10 jobs published, present: ${present.got.join(', ')}`);
const back = await worker('absent');
while (!back.got.includes('end')) await new Promise((resolve) => setTimeout(resolve, 20));
console.log(`absent, when it is back: ${back.got.join(', ')}`);
process.exit(0);
JS
got=$(timeout 60 node probe.mjs "$port")
printf '%s\n' "$got"
[ "$got" = '10 jobs published, present: job 1, job 3, job 5, job 7, job 9, end
absent, when it is back: job 2, job 4, job 6, job 8, job 10, end' ]
