#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# statsd 0.9.0 (npm), Etsy's server: of a timer that is sampled the count is scaled up and the sum is not.
#
# Guess: `wait:5|ms|@0.1` stands for ten timings of 5 ms, as `@0.1` of a counter stands for ten: count 10, sum 50; or the rate is
# for counters alone and both are of what was received.
# Seen: count is 10, sum is 5, and the mean, which is of what was received, 5. Whoever adds sums and counts of several hosts, or divides
# one by the other, has a mean of 0.5 ms. Two callers of one timer, one of whom samples, weigh the same in the
# percentiles, however many timings the sample stands for.
# What helps: mean times count in place of the sum; one rate for each name.
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

npm install --silent --no-audit --no-fund --before=2026-11-30 statsd@0.9.0 >/dev/null
port=$(python3 -c 'import socket; s = socket.socket(type=socket.SOCK_DGRAM); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
# A back end that prints the figures of the first interval in which there are any.
cat >backend.js <<'JS'
exports.init = (time, config, events) => {
  let told = false;
  events.on('flush', (at, metrics) => {
    const figures = metrics.timer_data['wait'];
    if (figures && figures.count && !told) {
      told = true;
      console.log(`timer: count ${figures.count}, sum ${figures.sum}, mean ${figures.mean}`);
      console.log(`counter: ${metrics.counters.runs}`);
      process.exit();
    }
  });
  setTimeout(() => {
    const socket = require('dgram').createSocket('udp4');
    socket.send('wait:5|ms|@0.1\nruns:5|c|@0.1', config.port, '127.0.0.1', () => socket.close());
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
got=$(grep -E '^(timer|counter):' log)
printf '%s\n' "$got"
[ "$got" = 'timer: count 10, sum 5, mean 5
counter: 50' ]
