#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# Supervisor 4.2.5 (Debian 12): a program that succeeds within a second is run four times and then FATAL.
#
# Guess: with `autorestart=unexpected` and exit status 0, the expected one, a program that has done its work is not started again: it is
# EXITED, however long it took.
# Seen: what ends before `startsecs` (by default 1 s, 5 s here to be sure) has failed to start, whatever its status: "exit status 0; not
# expected". It is tried again three times, after 1, 2 and 3 s, and is FATAL in the end. So a job, such as a migration before a server, runs
# four times as long as it is quick, and once on the day on which it takes longer.
# What helps: `startsecs=0`, with `autorestart=false` for what should run once.
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

apt-get download -q supervisor=4.2.5-1 python3-pkg-resources >/dev/null 2>&1
for package in *.deb; do dpkg -x "$package" .; done
export PYTHONPATH=$scratch/usr/lib/python3/dist-packages PYTHONDONTWRITEBYTECODE=1
cat >supervisor.conf <<CONF
[supervisord]
logfile=$scratch/log
pidfile=$scratch/pid
[program:quick]
command=/bin/sh -c 'echo run >>$scratch/quick; sleep 0.3'
autorestart=unexpected
startsecs=5
[program:slow]
command=/bin/sh -c 'echo run >>$scratch/slow; sleep 2'
autorestart=unexpected
startsecs=1
[program:zero]
command=/bin/sh -c 'echo run >>$scratch/zero; sleep 0.3'
autorestart=unexpected
startsecs=0
CONF
python3 -W ignore usr/bin/supervisord -n -c supervisor.conf >/dev/null 2>&1 &
server=$!
for _ in $(seq 600); do
    ! grep -qs 'gave up: quick' log || break
    sleep 0.1
done
got=$(for name in quick slow zero; do
    statuses=$(sed -n "s/.*exited: $name (\(.*\))/\1/p" log | sort -u)
    echo "$name: $(wc -l <"$name") run(s), $statuses, $(grep -q "gave up: $name" log && echo FATAL || echo EXITED)"
done)
printf '%s\n' "$got"
[ "$got" = 'quick: 4 run(s), exit status 0; not expected, FATAL
slow: 1 run(s), exit status 0; expected, EXITED
zero: 1 run(s), exit status 0; expected, EXITED' ]
