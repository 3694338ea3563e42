#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# lighttpd 1.4.69 (Debian 12), mod_proxy: the first event of a stream leaves when the last has come.
#
# Guess: a proxy passes what it has when it has it, or when a buffer of some KiB is full: the head of an answer in any case, and
# within a second or two its first events.
# Seen: nothing, not even the status line, leaves before the answer is complete: a stream of 1.5 s is seen after 1.5 s, one that does
# not end never, while the server in front of it believes that its events are read, as they are, into memory or a temporary
# file. `server.stream-response-body = 1` passes them on at once. The same is said of requests' bodies by stream-request-body.
# What helps: that setting wherever streams are served.
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

apt-get download -q lighttpd=1.4.69-1 libxxhash0 libnettle8 >/dev/null 2>&1
for package in *.deb; do dpkg -x "$package" .; done
export LD_LIBRARY_PATH=$scratch/usr/lib/x86_64-linux-gnu

# A stream of server-sent events: one at once, one after 1.5 s, which is the last.
cat >server.py <<'PY'
import socket, threading, time

def serve(client):
    client.recv(65536)
    client.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n9\r\ndata: 1\n\n\r\n")
    time.sleep(1.5)
    client.sendall(b"9\r\ndata: 2\n\n\r\n0\r\n\r\n")
    client.close()

listener = socket.create_server(("127.0.0.1", 0))
print(listener.getsockname()[1], flush=True)
while True:
    threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()
PY
cat >client.py <<'PY'
import socket, sys, time

client = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
begin = time.monotonic()
client.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
got = client.recv(65536)
print("first byte", "at once" if time.monotonic() - begin < 1.2 else "with the last event")
PY
python3 server.py >port &
server=$!
until [ -s port ]; do sleep 0.05; done

# through SETTING: when the first byte comes through lighttpd with that line in its configuration.
through()
{
    local port
    port=$(python3 -c 'import socket; s = socket.create_server(("127.0.0.1", 0)); print(s.getsockname()[1])')
    cat >lighttpd.conf <<CONF
server.modules = ("mod_proxy")
server.document-root = "$scratch"
server.bind = "127.0.0.1"
server.port = $port
proxy.server = ("" => (("host" => "127.0.0.1", "port" => $(cat port))))
$1
CONF
    usr/sbin/lighttpd -D -f lighttpd.conf -m usr/lib/lighttpd >log 2>&1 &
    proxy=$!
    trap '{ kill "$proxy" && wait "$proxy"; } 2>/dev/null || true' EXIT # of this command substitution
    until (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; do sleep 0.05; done
    python3 client.py "$port"
}
got="directly: $(python3 client.py "$(cat port)")
through lighttpd: $(through '')
with stream-response-body: $(through 'server.stream-response-body = 1')"
printf '%s\n' "$got"
[ "$got" = 'directly: first byte at once
through lighttpd: first byte with the last event
with stream-response-body: first byte at once' ]
