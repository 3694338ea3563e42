#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# tenacity 8.2.1 (Debian 12's python3-tenacity): wait_random_exponential(min=5) waits for 2 ms.
#
# Guess: `wait_random_exponential(min=5, max=60)` draws each pause from 5 s up to what the attempt's exponential gives: `min` is taken
# without a complaint, and wait_exponential(), of which it is made, keeps to it.
# Seen: the draw starts at 0 whatever `min` says, which only lifts the upper end: of the first attempt's pauses, all in 0 to 5 s, half are
# under 2.5 s. A service that asked for five seconds of silence is asked again at once.
# What helps: `wait_fixed(5) + wait_random_exponential(max=55)`.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT
cd -- "$scratch"

apt-get download -q python3-tenacity=8.2.1-1 >/dev/null 2>&1
dpkg -x python3-tenacity_*.deb .
export PYTHONPATH=$scratch/usr/lib/python3/dist-packages PYTHONDONTWRITEBYTECODE=1
cat >probe.py <<'PY'
import random
import types

import tenacity

random.seed(1)
for name, wait in (
    ("wait_exponential", tenacity.wait_exponential(min=5, max=60)),
    ("wait_random_exponential", tenacity.wait_random_exponential(min=5, max=60)),
    ("wait_fixed + wait_random_exponential", tenacity.wait_fixed(5) + tenacity.wait_random_exponential(max=55)),
):
    for attempt in (1, 8):
        state = types.SimpleNamespace(attempt_number=attempt)
        pauses = [wait(state) for _ in range(10000)]
        print(f"{name}(min=5), attempt {attempt}: {min(pauses):.1f} to {max(pauses):.1f} s, {sum(p < 5 for p in pauses) // 100} % below 5 s")
PY
got=$(python3 probe.py)
printf '%s\n' "$got"
[ "$got" = 'wait_exponential(min=5), attempt 1: 5.0 to 5.0 s, 0 % below 5 s
wait_exponential(min=5), attempt 8: 60.0 to 60.0 s, 0 % below 5 s
wait_random_exponential(min=5), attempt 1: 0.0 to 5.0 s, 100 % below 5 s
wait_random_exponential(min=5), attempt 8: 0.0 to 60.0 s, 8 % below 5 s
wait_fixed + wait_random_exponential(min=5), attempt 1: 5.0 to 6.0 s, 0 % below 5 s
wait_fixed + wait_random_exponential(min=5), attempt 8: 5.0 to 60.0 s, 0 % below 5 s' ]
