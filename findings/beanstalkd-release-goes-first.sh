#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# beanstalkd 1.12 (Debian 12): a job that is released is the next one again.
#
# Guess: `release` puts a job back into its tube behind the jobs of the same priority, as it was put there last; so a
# job that fails gives way to the others, at least once round.
# Seen: among equal priorities the lowest id comes first, and a job keeps its id. A worker that releases job 1
# without delay is given job 1 again, and 2 and 3 are never tried while it fails.
# What helps: release with a delay, or with a larger (less urgent) priority.
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

file = connect().makefile("rwb")

def ask(command, body=None):
    file.write(command.encode() + b"\r\n" + (body.encode() + b"\r\n" if body else b""))
    file.flush()
    words = file.readline().split()
    if words[0] == b"RESERVED":
        file.read(int(words[2]) + 2)
    return words

for body in "abc":
    ask("put 10 0 60 1", body)
order = []
for _ in range(5):
    job = int(ask("reserve")[1])
    order.append(job)
    ask(f"release {job} 10 0")
print("released with the same priority:", order)
order = []
for _ in range(5):
    job = int(ask("reserve")[1])
    order.append(job)
    ask(f"release {job} {11 + len(order)} 0")
print("released with a larger one each time:", order)
PY
got=$(python3 client.py "$port")
printf '%s\n' "$got"
[ "$got" = 'released with the same priority: [1, 1, 1, 1, 1]
released with a larger one each time: [1, 2, 3, 1, 2]' ]
