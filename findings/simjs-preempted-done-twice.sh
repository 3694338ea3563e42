#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# simjs 2.0.3 (npm): a request that was preempted in a LCFS facility is done once more for each time.
#
# Guess: in a facility with the discipline LCFS (the last that comes takes the server away from who has
# it), a request of 10 that is interrupted by one of 1 is done once, at 11, and one that is interrupted
# twice once, at 12: done() is told when the request is over, as with FCFS and PS.
# Seen: the times are right, but done() is called twice and three times, so counts of completions and
# whatever follows from one (the next request of a chain, a mean of the time in the system) are wrong.
# With FCFS and PS it is called once. Besides, require('simjs') gives an empty object: the library is to
# be found in `window`, which has to be there before.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT
cd -- "$scratch"

npm install --silent --no-audit --no-fund --before=2026-11-30 simjs@2.0.3 >/dev/null
cat >probe.js <<'JS'
global.window = {};
const exported = Object.keys(require('simjs')).length;
const S = global.window.Sim;

function run(discipline, requests) {
  const sim = new S.Sim(), facility = new S.Facility('server', S.Facility[discipline], 1), log = [];
  class Client extends S.Entity {
    start() {
      requests.forEach(([at, length], i) => this.setTimer(at).done(() =>
        this.useFacility(facility, length).done(() => log.push('ABC'[i] + this.time()))));
    }
  }
  sim.addEntity(Client);
  sim.simulate(100);
  return log.join(' ');
}
console.log('exported:', exported);
console.log('FCFS:', run('FCFS', [[0, 10], [2, 1]]));
console.log('PS:', run('PS', [[0, 10], [2, 1]]));
console.log('LCFS:', run('LCFS', [[0, 10], [2, 1]]));
console.log('LCFS, twice:', run('LCFS', [[0, 10], [2, 1], [5, 1]]));
JS
got=$(node probe.js)
printf '%s\n' "$got"
[ "$got" = 'exported: 0
FCFS: A10 B11
PS: B4 A11
LCFS: B3 A11 A11
LCFS, twice: B3 C6 A12 A12 A12' ]
