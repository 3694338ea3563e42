#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# Varnish 7.1.1 (Debian 12): who asks for a stream of events later is given the old events of somebody else's.
#
# Guess: a stream without a length and without an end is passed through: each client has a request of its own to the server, and
# what one of them saw is not for another; what may be kept at most is an answer that is complete.
# Seen: without a Cache-Control an answer may be kept for two minutes from its head on, also while it still comes. A second client, a
# second later, joins the first one's stream at its beginning, in one request to the server, and after the
# end a third gets all of it at once, as it was. With `Cache-Control: no-cache`, as examples of server-sent events have it, each
# client has its own.
# What helps: that header from the server, for lines of JSON too.
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

# Each request has a number, which is in its events: five of them, every 0.4 s.
cat >server.py <<'PY'
import socket, threading, time

def serve(client, number):
    request = client.recv(65536)
    control = b"Cache-Control: no-cache\r\n" if b"/no-cache" in request else b""
    client.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n" + control + b"Transfer-Encoding: chunked\r\n\r\n")
    for i in range(1, 6):
        client.sendall(b"b\r\ndata: %d.%d\n\n\r\n" % (number, i))
        time.sleep(0.4)
    client.sendall(b"0\r\n\r\n")
    client.close()

listener = socket.create_server(("127.0.0.1", 0))
print(listener.getsockname()[1], flush=True)
number = 0
while True:
    client = listener.accept()[0]
    number += 1
    threading.Thread(target=serve, args=(client, number), daemon=True).start()
PY
python3 server.py >port &
server=$!
until [ -s port ]; do sleep 0.05; done
port=$(python3 -c 'import socket; s = socket.create_server(("127.0.0.1", 0)); print(s.getsockname()[1])')
printf 'vcl 4.1;\nbackend server { .host = "127.0.0.1"; .port = "%s"; }\n' "$(cat port)" >proxy.vcl
usr/sbin/varnishd -F -j none -n "$scratch/work" -a "127.0.0.1:$port" -f "$scratch/proxy.vcl" >log 2>&1 &
proxy=$!
until (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; do sleep 0.05; done

cat >client.py <<'PY'
import sys, threading, time, urllib.request

def ask(name, path, lines):
    with urllib.request.urlopen("http://127.0.0.1:%s%s" % (sys.argv[1], path)) as answer:
        lines[name] = " ".join(answer.read().decode().replace("data: ", "").split())

for path in ("/events", "/no-cache"):
    lines = {}
    first = threading.Thread(target=ask, args=("first", path, lines))
    first.start()
    time.sleep(1)
    ask("second, 1 s later", path, lines)
    first.join()
    ask("third, behind the end", path, lines)
    for name in ("first", "second, 1 s later", "third, behind the end"):
        print(path + ", " + name + ":", lines[name])
PY
got=$(python3 client.py "$port")
printf '%s\n' "$got"
[ "$got" = '/events, first: 1.1 1.2 1.3 1.4 1.5
/events, second, 1 s later: 1.1 1.2 1.3 1.4 1.5
/events, third, behind the end: 1.1 1.2 1.3 1.4 1.5
/no-cache, first: 2.1 2.2 2.3 2.4 2.5
/no-cache, second, 1 s later: 3.1 3.2 3.3 3.4 3.5
/no-cache, third, behind the end: 4.1 4.2 4.3 4.4 4.5' ]
