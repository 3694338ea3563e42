#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# httperf 0.9.0 (Debian 12): of one connection the least, the mean and the greatest time are equal, and the median is another.
#
# Guess: min, avg, max and median stand in one line, so they are of the same numbers; a median lies between
# the least and the greatest.
# Seen: the first three are of the times, the median is the middle of a bin of 1 ms of a histogram: of one connection of
# 2.2 ms it is 2.5, above the maximum, of one of 2.8 ms below the minimum. With connections of some tenths of a
# millisecond, as on one machine, it is 0.5 whatever they took. Between two values it is the bin of the lower one.
# What helps: take the median only where times are many milliseconds.
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

apt-get download -q httperf=0.9.0-9+b2 >/dev/null 2>&1
dpkg -x httperf_*.deb .
cat >server.py <<'PY'
import socket
listener = socket.create_server(("127.0.0.1", 0))
print(listener.getsockname()[1], flush=True)
while True:
    client = listener.accept()[0]
    client.recv(65536)
    client.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
    client.close()
PY
python3 -u server.py >port 2>/dev/null &
server=$!
until [ -s port ]; do sleep 0.05; done
got=$(for _ in 1 2 3 4 5; do
    LC_ALL=C usr/bin/httperf --server 127.0.0.1 --port "$(cat port)" --num-conns 1 >out 2>/dev/null
    # A time of just half a millisecond more than whole ones would be its own median.
    awk '/^Connection time \[ms\]: min/ {
        print "equal: " ($5 == $7 && $7 == $9 ? "yes" : "no") ", median " ($11 == int($5) + 0.5 ? "the middle of its millisecond" : $11)
    }' out
done | sort -u)
printf '%s\n' "$got"
[ "$got" = 'equal: yes, median the middle of its millisecond' ]
