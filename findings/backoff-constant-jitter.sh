#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# backoff 2.2.1 (Debian 12's python3-backoff): a constant pause of 10 s is anything between 0 and 10 s.
#
# Guess: `@backoff.on_exception(backoff.constant, ..., interval=10)` waits ten seconds between attempts; jitter is for the exponential
# generators, where many clients fall into step.
# Seen: full jitter is the default for every generator, so what the generator gives is only the longest pause: "constant" ones of 2 ms take 1
# ms on average, some attempts follow each other at once. The same holds for `on_predicate`, with which one polls: it asks twice as often as
# written. The pause that a server gave, passed on by `backoff.runtime`, is drawn from 0 up as well.
# What helps: `jitter=None`.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT
cd -- "$scratch"

apt-get download -q python3-backoff=2.2.1-1 >/dev/null 2>&1
dpkg -x python3-backoff_*.deb .
export PYTHONPATH=$scratch/usr/lib/python3/dist-packages PYTHONDONTWRITEBYTECODE=1
cat >probe.py <<'PY'
import random

import backoff

def pauses(generator, **options):
    seen = []
    @backoff.on_predicate(generator, lambda _: True, max_tries=201, on_backoff=lambda details: seen.append(details["wait"]), **options)
    def poll():
        return None
    poll()
    return seen

random.seed(1)
for name, seen in (
    ("constant", pauses(backoff.constant, interval=0.002)),
    ("runtime", pauses(backoff.runtime, value=lambda _: 0.002)),
    ("constant, jitter=None", pauses(backoff.constant, interval=0.002, jitter=None)),
):
    least, mean, greatest = min(seen) * 1e3, sum(seen) / len(seen) * 1e3, max(seen) * 1e3
    print(f"{name}: {len(seen)} pauses of 2 ms: least {least:.1f}, mean {mean:.1f}, greatest {greatest:.1f} ms")
PY
got=$(python3 probe.py)
printf '%s\n' "$got"
[ "$got" = 'constant: 200 pauses of 2 ms: least 0.0, mean 1.0, greatest 2.0 ms
runtime: 200 pauses of 2 ms: least 0.0, mean 1.0, greatest 2.0 ms
constant, jitter=None: 200 pauses of 2 ms: least 2.0, mean 2.0, greatest 2.0 ms' ]
