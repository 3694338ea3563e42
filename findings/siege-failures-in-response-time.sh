#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# siege 4.0.7 (Debian 12): the time that failures took is counted as that of the successes.
#
# Guess: `response_time` is the mean of the transactions that are counted, the successful ones: here some tenths of a
# millisecond; or the mean of all, 0.25 s.
# Seen: it is 0.50 s: the time of all requests divided by the number of the successful ones. Five answers at once
# and five refusals (503) after half a second make a service "of 0.5 s", with fewer successes it is slower
# still, although no success took more than a hundredth of a second.
# What helps: the mean of the access log of the server, or a tool that keeps each time.
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

apt-get download -q siege=4.0.7-1+b1 >/dev/null 2>&1
dpkg -x siege_*.deb .
cat >server.py <<'PY'
import socket, threading, time

def serve(client):
    count = 0
    while client.recv(65536):
        count += 1
        if count % 2:
            client.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        else:
            time.sleep(0.5)
            client.sendall(b"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n")

listener = socket.create_server(("127.0.0.1", 0))
print(listener.getsockname()[1], flush=True)
while True:
    threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()
PY
python3 -u server.py >port 2>/dev/null &
server=$!
until [ -s port ]; do sleep 0.05; done
printf 'verbose = false\nlogging = false\nconnection = keep-alive\n' >siegerc
HOME=$scratch LC_ALL=C usr/bin/siege -R siegerc -j -b -c 1 -r 10 "http://127.0.0.1:$(cat port)/" >out 2>/dev/null
number() { sed -n "s/.*\"$1\":[[:space:]]*\([0-9.]*\).*/\1/p" out; }
got="successes $(number successful_transactions), failures $(number failed_transactions)
response time $(awk -v t="$(number response_time)" 'BEGIN { print(t >= 0.49 && t < 0.55 ? "0.50" : t) }') s"
printf '%s\n' "$got"
[ "$got" = 'successes 5, failures 5
response time 0.50 s' ]
