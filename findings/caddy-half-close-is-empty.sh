#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# Caddy 2.6.2 (Debian 12): a client that shuts its sending side behind the request is answered "200 OK", without a body.
#
# Guess: the end of a client's input behind a complete request is allowed, and the answer comes, as directly and by Apache and h2o; or the client
# is taken for gone and the connection closed without an answer, as by nginx, squid and nghttpx.
# Seen: Caddy takes the client for gone, breaks off its request to the server, and answers all the same: 200 with Content-Length: 0. The
# client, which is there and reads, has a success and no data; in the log of the server behind the request was broken off.
# What helps: to keep the sending side open until the answer is there (`nc` without -N, no shutdown()).
set -euo pipefail
scratch=$(mktemp -d)
server='' caddy=''
clean_up()
{
    [ -z "$server" ] || { kill "$server" && wait "$server"; } 2>/dev/null || true
    [ -z "$caddy" ] || { kill "$caddy" && wait "$caddy"; } 2>/dev/null || true
    rm -rf -- "$scratch"
}
trap clean_up EXIT
cd -- "$scratch"

apt-get download -q caddy=2.6.2-5 >/dev/null 2>&1
dpkg -x caddy_*.deb .
# Answers after half a second, by which time the client's end of input has been seen.
cat >server.py <<'PY'
import socket, threading, time

def serve(client):
    client.recv(65536)
    time.sleep(0.5)
    try:
        client.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 6\r\n\r\nresult")
    except OSError:
        pass
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
printf '{\n admin off\n auto_https off\n}\nhttp://127.0.0.1:%s {\n reverse_proxy 127.0.0.1:%s\n}\n' "$port" "$(cat port)" >Caddyfile
HOME=$scratch usr/bin/caddy run --adapter caddyfile --config Caddyfile >caddy.log 2>&1 &
caddy=$!
until (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; do sleep 0.05; done
cat >client.py <<'PY'
import http.client, socket, sys

for name, port in zip(("directly", "by Caddy"), sys.argv[1:]):
    for shut in (False, True):
        connection = http.client.HTTPConnection("127.0.0.1", int(port), timeout=20)
        connection.request("GET", "/", headers={"Host": "127.0.0.1"})
        if shut:
            connection.sock.shutdown(socket.SHUT_WR)
        answer = connection.getresponse()
        print(f"{name}{', half-closed' if shut else ''}: {answer.status} {answer.read()!r}")
PY
got=$(timeout 60 python3 client.py "$(cat port)" "$port")
printf '%s\n' "$got"
[ "$got" = "directly: 200 b'result'
directly, half-closed: 200 b'result'
by Caddy: 200 b'result'
by Caddy, half-closed: 200 b''" ]
