#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# Caddy 2.6.2 and h2o 2.2.5 (Debian 12): an answer that the server behind broke off comes to its proper end.
#
# Guess: if the server dies in the middle of an answer in chunks, the proxy ends its own answer in the same way, without the last chunk, so
# that a client sees that something is missing; what came so far cannot be taken back.
# Seen: nginx, Apache, squid and nghttpx do that. Caddy and h2o write the last chunk, `0`, and keep the connection: to any client
# the answer is complete, and an array of results, a download or a log is just shorter. Caddy has a line about it in its own log, "aborting
# with incomplete response".
# What helps: an end that is part of the data, as a last event or a count.
set -euo pipefail
scratch=$(mktemp -d)
server='' caddy='' h2o=''
clean_up()
{
    local one
    for one in "$server" "$caddy" "$h2o"; do
        [ -z "$one" ] || { kill "$one" && wait "$one"; } 2>/dev/null || true
    done
    rm -rf -- "$scratch"
}
trap clean_up EXIT
cd -- "$scratch"

apt-get download -q caddy=2.6.2-5 h2o=2.2.5+dfsg2-7 libuv1 >/dev/null 2>&1
for package in *.deb; do dpkg -x "$package" .; done

# Breaks off behind the first of its chunks.
cat >server.py <<'PY'
import socket

listener = socket.create_server(("127.0.0.1", 0))
print(listener.getsockname()[1], flush=True)
while True:
    client = listener.accept()[0]
    client.recv(65536)
    client.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n8\r\n{\"a\": 1}\r\n")
    client.close()
PY
python3 server.py >port &
server=$!
until [ -s port ]; do sleep 0.05; done
read -r first second < <(python3 -c 'import socket
s = [socket.create_server(("127.0.0.1", 0)) for _ in range(2)]
print(*(one.getsockname()[1] for one in s))')
printf '{\n admin off\n auto_https off\n}\nhttp://127.0.0.1:%s {\n reverse_proxy 127.0.0.1:%s\n}\n' "$first" "$(cat port)" >Caddyfile
HOME=$scratch usr/bin/caddy run --adapter caddyfile --config Caddyfile >caddy.log 2>&1 &
caddy=$!
cat >h2o.conf <<CONF
listen: { host: 127.0.0.1, port: $second }
hosts: { default: { paths: { "/": { proxy.reverse.url: "http://127.0.0.1:$(cat port)/" } } } }
CONF
[ "$(id -u)" != 0 ] || echo 'user: root' >>h2o.conf
LD_LIBRARY_PATH=$scratch/usr/lib/x86_64-linux-gnu usr/bin/h2o -c h2o.conf >h2o.log 2>&1 &
h2o=$!
for port in "$first" "$second"; do
    until (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; do sleep 0.05; done
done
cat >client.py <<'PY'
import http.client, sys

for name, port in zip(("directly", "by Caddy", "by h2o"), sys.argv[1:]):
    connection = http.client.HTTPConnection("127.0.0.1", int(port), timeout=20)
    connection.request("GET", "/")
    try:
        print(name + ": complete,", connection.getresponse().read().decode())
    except http.client.IncompleteRead as error:
        print(name + ": incomplete,", error.partial.decode())
PY
got=$(timeout 60 python3 client.py "$(cat port)" "$first" "$second")
printf '%s\n' "$got"
[ "$got" = 'directly: incomplete, {"a": 1}
by Caddy: complete, {"a": 1}
by h2o: complete, {"a": 1}' ]
