#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# HAProxy 2.6.12 (Debian 12): the first chunk of a streamed answer waits for the second.
#
# Guess: HAProxy, which does not buffer answers, passes each chunk on as it comes: the first one within some
# milliseconds.
# Seen: head and first chunk leave only after 0.2 s, or with the next chunk if that comes earlier: HAProxy tells the
# kernel that more follows, and the kernel holds back what does not fill a segment. With `option
# http-no-delay` they leave at once. A client that waits for the first event of a stream waits 0.2 s
# longer through HAProxy, and no setting of time-outs changes that.
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

apt-get download -q haproxy=2.6.12-1+deb12u4 liblua5.3-0 libopentracing-c-wrapper0 libopentracing1 >/dev/null 2>&1
for package in *.deb; do dpkg -x "$package" .; done
export LD_LIBRARY_PATH=$scratch/usr/lib/x86_64-linux-gnu

# Head and first chunk, a second later the second chunk.
cat >server.py <<'PY'
import socket, threading, time

def serve(client):
    client.recv(65536)
    client.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\none\n\r\n")
    time.sleep(1)
    client.sendall(b"4\r\ntwo\n\r\n0\r\n\r\n")
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
got = b""
while b"one" not in got:
    got += client.recv(65536)
print("held back" if 0.15 < time.monotonic() - begin < 0.9 else "at once")
PY
python3 server.py >port &
server=$!
until [ -s port ]; do sleep 0.05; done

# through OPTION: when the first chunk comes through HAProxy with that option.
through()
{
    local port
    port=$(python3 -c 'import socket; s = socket.create_server(("127.0.0.1", 0)); print(s.getsockname()[1])')
    cat >haproxy.cfg <<CFG
defaults
    mode http
    timeout connect 5s
    timeout client 5s
    timeout server 5s
    $1
listen front
    bind 127.0.0.1:$port
    server back 127.0.0.1:$(cat port)
CFG
    usr/sbin/haproxy -f haproxy.cfg >log 2>&1 &
    proxy=$!
    trap '{ kill "$proxy" && wait "$proxy"; } 2>/dev/null || true' EXIT # of this command substitution
    until (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; do sleep 0.05; done
    python3 client.py "$port"
}
got="directly: $(python3 client.py "$(cat port)")
through HAProxy: $(through '')
with option http-no-delay: $(through 'option http-no-delay')"
printf '%s\n' "$got"
[ "$got" = 'directly: at once
through HAProxy: held back
with option http-no-delay: at once' ]
