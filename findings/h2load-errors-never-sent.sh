#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# h2load 1.52.0 (Debian 12): requests that were never sent count as failed and as errored.
#
# Guess: `started` is the number of requests that were sent, and what failed or errored is among them: with 10
# wanted and 2 sent there are at most two errors.
# Seen: when the connection ends, all requests that it was to send are counted as errors: 10 total, 2 started, 1
# succeeded, 9 failed, 9 errored. Eight of the errors are of requests that no server saw, so a rate of errors
# computed by them says how many were planned behind the break, and differs with -n.
# What helps: `started` less `succeeded`.
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

apt-get download -q nghttp2-client=1.52.0-1+deb12u3 libjemalloc2 libev4 libc-ares2 libnghttp2-14 >/dev/null 2>&1
for package in *.deb; do dpkg -x "$package" .; done
LD_LIBRARY_PATH=$scratch/usr/lib/x86_64-linux-gnu
export LD_LIBRARY_PATH
# Answers the first request of a connection and closes it at the second.
cat >server.py <<'PY'
import socket
listener = socket.create_server(("127.0.0.1", 0))
print(listener.getsockname()[1], flush=True)
while True:
    client = listener.accept()[0]
    client.recv(65536)
    client.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
    client.recv(65536)
    client.close()
PY
LD_LIBRARY_PATH='' python3 -u server.py >port 2>/dev/null &
server=$!
until [ -s port ]; do sleep 0.05; done
got=$(for n in 10 100; do
    LC_ALL=C usr/bin/h2load --h1 -n "$n" -c 1 "http://127.0.0.1:$(cat port)/" 2>/dev/null | sed -n 's/^requests: //p'
done)
printf '%s\n' "$got"
[ "$got" = '10 total, 2 started, 1 done, 1 succeeded, 9 failed, 9 errored, 0 timeout
100 total, 2 started, 1 done, 1 succeeded, 99 failed, 99 errored, 0 timeout' ]
