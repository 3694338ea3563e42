#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# hot-shots 17.1.1 and statsd 0.9.0 (npm): a gauge that is set to -5 three times is -15.
#
# Guess: gauge('lateness', -5) sets the gauge to -5, as gauge('lateness', 5) sets it to 5, however often: hot-shots has gaugeDelta() for changes, so
# what gauge() sends is a value.
# Seen: it sends `lateness:-5|g`, and to the server a sign means "change by": three times -5 are -15, and 5 behind them is 5. A figure that
# crosses zero, a lateness or a balance, jumps when it becomes positive and runs away while it is not. Each end keeps
# its own rules, and neither warns.
# What helps: gauge(name, 0) and then gauge(name, -5), in one packet; or a figure that is moved above 0.
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

npm install --silent --no-audit --no-fund hot-shots@17.1.1 statsd@0.9.0 >/dev/null
port=$(python3 -c 'import socket; s = socket.socket(type=socket.SOCK_DGRAM); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
# A back end that sets gauges by hot-shots and prints what the server has of them.
cat >backend.js <<'JS'
const { StatsD } = require('hot-shots');
exports.init = (time, config, events) => {
  let told = false;
  events.on('flush', (at, metrics) => {
    if (metrics.gauges.last !== 1 || told) return;
    told = true;
    const { negative, positive, crossing } = metrics.gauges;
    console.log(`three times -5: ${negative}, three times 5: ${positive}, 3 and then -2: ${crossing}`);
    process.exit();
  });
  setTimeout(async () => {
    const client = new StatsD({ host: '127.0.0.1', port: config.port, maxBufferSize: 0 });
    const set = (name, value) => new Promise((sent) => client.gauge(name, value, sent));
    for (let i = 0; i < 3; i++) {
      await set('negative', -5);
      await set('positive', 5);
    }
    await set('crossing', 3);
    await set('crossing', -2);
    await set('last', 1);
  }, 100);
  return true;
};
JS
cat >config.js <<JS
{ port: $port, address: '127.0.0.1', mgmt_address: '127.0.0.1', mgmt_port: 0, flushInterval: 400, backends: ['$scratch/backend.js'] }
JS
timeout 30 node node_modules/statsd/stats.js config.js >log 2>&1 &
server=$!
wait "$server"
server=''
got=$(grep 'three times' log)
printf '%s\n' "$got"
[ "$got" = 'three times -5: -15, three times 5: 5, 3 and then -2: 1' ]
