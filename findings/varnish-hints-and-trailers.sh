#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# Varnish 7.1.1 (Debian 12): a server that sends early hints is "503 Backend fetch failed", and one that sends a trailer is cut off.
#
# Guess: a proxy that has no use for an interim answer (103) or for fields behind the last chunk skips both, as HTTP/1.1 asks for; HAProxy, Apache
# and Caddy pass interim answers on.
# Seen: an interim answer is taken for the answer itself and refused: 503, whatever comes behind it. Of an answer with a trailer the
# chunks are passed and the end is not: no last chunk, so that a client which looks says that the answer is incomplete; where
# all of it comes at once it is a 503 now and then. Both work until the server is behind Varnish.
# What helps: neither of the two from a server behind it.
set -euo pipefail
scratch=$(mktemp -d)
server='' proxy=''
clean_up()
{
    [ -z "$server" ] || { kill "$server" && wait "$server"; } 2>/dev/null || true
    [ -z "$proxy" ] || { kill "$proxy" && wait "$proxy"; } 2>/dev/null || true
    rm -rf -- "$scratch"
}
trap clean_up EXIT
cd -- "$scratch"

apt-get download -q varnish=7.1.1-2+deb12u1 libvarnishapi3=7.1.1-2+deb12u1 libjemalloc2 libedit2 libncursesw6 >/dev/null 2>&1
for package in *.deb; do dpkg -x "$package" .; done
export LD_LIBRARY_PATH=$scratch/usr/lib/x86_64-linux-gnu:$scratch/usr/lib/x86_64-linux-gnu/varnish

cat >server.py <<'PY'
import socket, threading, time

def serve(client):
    request = client.recv(65536)
    hints = b"HTTP/1.1 103 Early Hints\r\nLink: </style.css>; rel=preload\r\n\r\n" if b"/hints" in request else b""
    trailer = b"X-Jobs-Failed: 0\r\n" if b"/trailer" in request else b""
    client.sendall(hints + b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nyes\r\n")
    time.sleep(1)
    client.sendall(b"0\r\n" + trailer + b"\r\n")
    client.close()

listener = socket.create_server(("127.0.0.1", 0))
print(listener.getsockname()[1], flush=True)
while True:
    threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()
PY
python3 server.py >port &
server=$!
until [ -s port ]; do sleep 0.05; done
port=$(python3 -c 'import socket; s = socket.create_server(("127.0.0.1", 0)); print(s.getsockname()[1])')
printf 'vcl 4.1;\nbackend server { .host = "127.0.0.1"; .port = "%s"; }\n' "$(cat port)" >proxy.vcl
usr/sbin/varnishd -F -j none -n "$scratch/work" -a "127.0.0.1:$port" -f "$scratch/proxy.vcl" >log 2>&1 &
proxy=$!
until (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; do sleep 0.05; done

# What a client of HTTP/1.1 that skips interim answers sees: the status, and whether the last chunk came.
cat >client.py <<'PY'
import socket, sys

for path in ("/plain", "/hints", "/trailer"):
    for name, port in zip(("directly", "by Varnish"), sys.argv[1:]):
        client = socket.create_connection(("127.0.0.1", int(port)), timeout=10)
        client.sendall(b"GET " + path.encode() + b" HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        got = b""
        while piece := client.recv(65536):
            got += piece
        head, rest = got.split(b"\r\n\r\n", 1)
        if head.split()[1] == b"103":
            head, rest = rest.split(b"\r\n\r\n", 1)
        chunked = b"transfer-encoding: chunked" in head.lower()
        print(path, name + ":", head.split(b"\r\n")[0].decode()[9:], "without its end" if chunked and b"\r\n0\r\n" not in rest else "complete")
PY
got=$(python3 client.py "$(cat port)" "$port")
printf '%s\n' "$got"
[ "$got" = '/plain directly: 200 OK complete
/plain by Varnish: 200 OK complete
/hints directly: 200 OK complete
/hints by Varnish: 503 Backend fetch failed complete
/trailer directly: 200 OK complete
/trailer by Varnish: 200 OK without its end' ]
