#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# Twisted 22.4.0 (Debian 12's python3-twisted): Clock.advance(4) runs what is due every second once, and at the wrong time.
#
# Guess: task.Clock, the clock for tests, does what the fake timers of other languages do: advance(4) runs all that becomes due in these four
# seconds, in order, each at its time, and what these calls set besides.
# Seen: it first sets the time four seconds on and then runs what was due: a LoopingCall of one second runs once instead of four times, at 4.0,
# and of a chain of callLater(1) there is one link, which sees 4.0 as the time and sets the next one for 5.0. A test
# of a time-out or of retries that advances far passes for another reason than it should.
# What helps: `clock.pump([1] * 4)`.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT
cd -- "$scratch"

apt-get download -q python3-twisted=22.4.0-4+deb12u1 python3-zope.interface python3-constantly python3-incremental python3-automat python3-hyperlink \
    python3-attr python3-typing-extensions python3-idna >/dev/null 2>&1
for package in *.deb; do dpkg -x "$package" .; done
export PYTHONPATH=$scratch/usr/lib/python3/dist-packages PYTHONDONTWRITEBYTECODE=1
cat >probe.py <<'PY'
from twisted.internet.task import Clock, LoopingCall

def looping(move):
    clock, times = Clock(), []
    call = LoopingCall(lambda: times.append(clock.seconds()))
    call.clock = clock
    call.start(1, now=False)
    move(clock)
    return times

def chain(move):
    clock, times = Clock(), []
    def link():
        times.append(clock.seconds())
        clock.callLater(1, link)
    clock.callLater(1, link)
    move(clock)
    return times

for name, run in (("LoopingCall", looping), ("chain of callLater", chain)):
    print(f"{name}, advance(4):", *run(lambda clock: clock.advance(4)))
    print(f"{name}, pump([1] * 4):", *run(lambda clock: clock.pump([1] * 4)))
PY
got=$(python3 probe.py)
printf '%s\n' "$got"
[ "$got" = 'LoopingCall, advance(4): 4.0
LoopingCall, pump([1] * 4): 1.0 2.0 3.0 4.0
chain of callLater, advance(4): 4.0
chain of callLater, pump([1] * 4): 1.0 2.0 3.0 4.0' ]
