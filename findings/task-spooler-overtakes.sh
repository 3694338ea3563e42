#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# task-spooler 1.0.1 (Debian 12): a job that needs two slots is overtaken by every later one that needs one.
#
# Guess: the queue is first come, first served, as its manual page and its list of jobs let one expect: a
# job with -N 2 at the head waits for two free slots, and who comes behind it waits for it.
# Seen: with two slots, one of them taken, jobs of one slot that were queued after the wide one start at
# once in the other slot, one after another. While such jobs keep coming the wide one does not start at all.
set -euo pipefail
scratch=$(mktemp -d)
export TS_SOCKET=$scratch/socket
tsp=$scratch/usr/bin/tsp
clean_up()
{
    "$tsp" -K 2>/dev/null || true
    rm -rf -- "$scratch"
}
trap clean_up EXIT
cd -- "$scratch"

apt-get download -q task-spooler=1.0.1+dfsg1-1 >/dev/null 2>&1
dpkg -x task-spooler_*.deb .
"$tsp" -S 2

# The first holds a slot until all narrow ones have run.
"$tsp" -n sh -c "until [ \$(grep -c narrow $scratch/order) = 3 ]; do sleep 0.05; done" >/dev/null
touch order
"$tsp" -n -N 2 sh -c "echo wide >>$scratch/order" >/dev/null
for _ in 1 2 3; do "$tsp" -n sh -c "echo narrow >>$scratch/order" >/dev/null; done
until grep -q wide order; do sleep 0.05; done
got=$(tr '\n' ' ' <order)
printf 'started: %s\n' "$got"
[ "$got" = 'narrow narrow narrow wide ' ]
