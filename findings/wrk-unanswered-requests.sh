#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# wrk 4.1.0 (Debian 12): a request that is never answered is no time-out, and one that is answered after the
# time-out counts as a request without a latency.
#
# Guess: with --timeout 1s, four connections to a server that never answers are reported as four time-outs,
# or as one a second each; and what is answered later than that is left out of the figures.
# Seen: a server that never answers gives no line on errors at all, with status 0: the time-out is looked at
# only when an answer comes. A server that answers after 1.5 s gives `timeout 4` or more, all of them counted
# in `requests` and in the requests a second as well, while every percentile of the latency is 0.00us.
# So a run against a service that hangs looks like a run without errors, and one against a slow service like
# one without latency.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT
cd -- "$scratch"

apt-get download -q wrk=4.1.0-3+b2 libluajit-5.1-2 >/dev/null 2>&1
for package in *.deb; do dpkg -x "$package" .; done
LD_LIBRARY_PATH=$(dirname "$(find "$scratch" -name 'libluajit-5.1.so.2')")
export LD_LIBRARY_PATH

cat >server.py <<'PY'
import socket, sys, threading, time

def serve(client):
    try:
        while client.recv(65536):
            time.sleep(float(sys.argv[1]))
            client.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
    except OSError:
        pass

listener = socket.create_server(("127.0.0.1", 0))
print(listener.getsockname()[1], flush=True)
while True:
    threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()
PY

# against SECONDS: what wrk says of a server that takes so long.
against()
{
    python3 server.py "$1" >port &
    server=$!
    trap '{ kill "$server" && wait "$server"; } 2>/dev/null || true' EXIT # of this command substitution
    until [ -s port ]; do sleep 0.05; done
    usr/bin/wrk -t 1 -c 4 -d 4s --timeout 1s --latency "http://127.0.0.1:$(cat port)/" >out
    rm port
    printf '%s requests, %s timed out, 99%% in %s\n' "$(awk '/requests in/ { print ($1 > 0 ? "some" : "no") }' out)" \
        "$(awk '/timeout/ { n = $NF } END { print (n > 0 ? "some" : "none") }' out)" \
        "$(awk '$1 == "99%" { print $2 }' out)"
}
got="never: $(against 60)
after 1.5 s: $(against 1.5)"
printf '%s\n' "$got"
[ "$got" = 'never: no requests, none timed out, 99% in 0.00us
after 1.5 s: some requests, some timed out, 99% in 0.00us' ]
