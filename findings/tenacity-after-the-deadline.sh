#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# tenacity 8.2.1 (Debian 12's python3-tenacity): stop_after_delay(10) gives up after 15 seconds, or after 30.
#
# Guess: ten seconds are what a caller waits at most, give or take an attempt: a pause that would end later is cut, or not begun.
# Seen: the time is looked at behind each attempt and not before a pause: with pauses of 1, 2, 4 and 8 s the attempt at 7 s is still
# within ten, so eight more are waited, and one more attempt is made at 15 s. With a fixed pause of 30 s it is 30 s. The end
# lies behind the limit by a whole pause at worst, and pauses that double make it twice as long.
# What helps: stop_after_delay() less the longest pause.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT
cd -- "$scratch"

apt-get download -q python3-tenacity=8.2.1-1 >/dev/null 2>&1
dpkg -x python3-tenacity_*.deb .
export PYTHONPATH=$scratch/usr/lib/python3/dist-packages PYTHONDONTWRITEBYTECODE=1
# A clock that goes on by the pauses alone.
cat >probe.py <<'PY'
import time

now = 0.0
time.monotonic = lambda: now

import tenacity

def attempt():
    raise OSError

def pause(seconds):
    global now
    now += seconds

for name, wait in (("1, 2, 4, ... s", tenacity.wait_exponential()), ("30 s", tenacity.wait_fixed(30))):
    now = 0.0
    retrying = tenacity.Retrying(stop=tenacity.stop_after_delay(10), wait=wait, sleep=pause)
    try:
        retrying(attempt)
    except tenacity.RetryError as error:
        print(f"pauses of {name}: given up after {now:g} s, attempt {error.last_attempt.attempt_number}")
PY
got=$(python3 probe.py)
printf '%s\n' "$got"
[ "$got" = 'pauses of 1, 2, 4, ... s: given up after 15 s, attempt 5
pauses of 30 s: given up after 30 s, attempt 2' ]
