#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# beanstalkd 1.12 (Debian 12): with a time to run of 1 s a worker cannot wait for a second job.
#
# Guess: a client that holds a job of TTR 1 and reserves another waits until one is there, or until shortly before its
# second is over; DEADLINE_SOON is a warning in the last part of the time.
# Seen: the margin of the warning is one second whatever the TTR, so with TTR 1 it is given at once, at every
# `reserve` that has no job ready: a loop that reserves again turns without a
# pause. With TTR 2 the same `reserve` waits a second first. TTR 0 is set to 1.
# What helps: a TTR of at least 2 s plus the time that the job needs.
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

apt-get download -q beanstalkd=1.12-2+b1 >/dev/null 2>&1
dpkg -x beanstalkd_*.deb .
port=$(python3 -c 'import socket; s = socket.create_server(("127.0.0.1", 0)); print(s.getsockname()[1])')
usr/bin/beanstalkd -l 127.0.0.1 -p "$port" &
server=$!

cat >client.py <<'PY'
import socket, sys, time

def connect():
    for _ in range(100):
        try:
            return socket.create_connection(("127.0.0.1", int(sys.argv[1])))
        except OSError:
            time.sleep(0.05)
    raise SystemExit("no server")

for ttr in (1, 2):
    connection = connect()
    file = connection.makefile("rwb")

    def ask(command):
        file.write(command.encode() + b"\r\n")
        file.flush()
        words = file.readline().decode().split()
        if words[0] == "RESERVED":
            file.read(int(words[2]) + 2)
        return words[0]

    ask(f"put 10 0 {ttr} 1\r\nx")
    ask("reserve")
    began = time.monotonic()
    answer = ask("reserve-with-timeout 5")
    waited = time.monotonic() - began
    print(f"TTR {ttr}: {answer} {'at once' if waited < 0.5 else 'later'}")
    ask("delete %d" % ttr)
    connection.close()
PY
got=$(python3 client.py "$port")
printf '%s\n' "$got"
[ "$got" = 'TTR 1: DEADLINE_SOON at once
TTR 2: DEADLINE_SOON later' ]
