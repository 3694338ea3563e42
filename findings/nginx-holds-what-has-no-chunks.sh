#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# nginx 1.22.1 (Debian 12), proxy_buffering as it is, on: a stream in chunks passes at once, the same stream without chunks at its end.
#
# Guess: with proxy_buffering on events wait until a buffer of some KiB is full or the answer ends, whatever it is made of; that is what
# `proxy_buffering off` is told for wherever streams are served.
# Seen: it depends on how the server behind marks its end. In chunks, each goes on as it comes, though buffering is on. Without,
# ended by the connection's end, not even the status line leaves before the end. nginx asks by HTTP/1.0 unless told otherwise,
# and HTTP/1.0 has no chunks: so `proxy_http_version 1.1`, for the sake of kept connections, makes streams work that did
# not, and a server that was changed to close breaks them. With `gzip on` for the type chunks are held as well.
# What helps: `proxy_buffering off`, or X-Accel-Buffering: no from the server, with which all three pass at once.
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

apt-get download -q nginx=1.22.1-9+deb12u11 >/dev/null 2>&1
dpkg -x nginx_*.deb .

# An event at once and one after 1.5 s, in chunks if the request's version has them.
cat >server.py <<'PY'
import socket, threading, time

def serve(client):
    request = client.recv(65536)
    chunked = b"HTTP/1.1" in request
    coding = b"Transfer-Encoding: chunked\r\n" if chunked else b"Connection: close\r\n"
    buffering = b"X-Accel-Buffering: no\r\n" if b"/told" in request else b""
    client.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n" + coding + buffering + b"\r\n")
    try:
        for event in (b"data: 1\n\n", b"data: 2\n\n"):
            client.sendall(b"%x\r\n%s\r\n" % (len(event), event) if chunked else event)
            time.sleep(1.5 if event == b"data: 1\n\n" else 0)
        client.sendall(b"0\r\n\r\n" if chunked else b"")
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
read -r plain chunks gzip < <(python3 -c 'import socket
s = [socket.create_server(("127.0.0.1", 0)) for _ in range(3)]
print(*(one.getsockname()[1] for one in s))')
cat >nginx.conf <<CONF
daemon off;
master_process off;
pid pid;
error_log log;
events { }
http {
    access_log off;
    client_body_temp_path body;
    proxy_temp_path proxy;
    fastcgi_temp_path fastcgi;
    uwsgi_temp_path uwsgi;
    scgi_temp_path scgi;
    server { listen 127.0.0.1:$plain; location / { proxy_pass http://127.0.0.1:$(cat port); } }
    server { listen 127.0.0.1:$chunks; location / { proxy_pass http://127.0.0.1:$(cat port); proxy_http_version 1.1; } }
    server {
        listen 127.0.0.1:$gzip;
        location / { proxy_pass http://127.0.0.1:$(cat port); proxy_http_version 1.1; gzip on; gzip_types text/event-stream; }
    }
}
CONF
usr/sbin/nginx -e log -p "$scratch/" -c nginx.conf >out 2>&1 &
proxy=$!
until (exec 3<>"/dev/tcp/127.0.0.1/$gzip") 2>/dev/null; do sleep 0.05; done
cat >client.py <<'PY'
import socket, sys, time

for name, port in zip(("HTTP/1.0, no chunks", "HTTP/1.1, chunks", "chunks and gzip"), sys.argv[1:]):
    for path in ("/", "/told"):
        client = socket.create_connection(("127.0.0.1", int(port)), timeout=20)
        begin = time.monotonic()
        client.sendall(b"GET " + path.encode() + b" HTTP/1.1\r\nHost: x\r\nAccept-Encoding: gzip\r\n\r\n")
        # The head and what stands behind it: an event, of whatever coding.
        got = b""
        while not got.partition(b"\r\n\r\n")[2]:
            got += client.recv(65536)
        print(name + (", told not to buffer: " if path == "/told" else ": ") + ("at once" if time.monotonic() - begin < 1.2 else "at the end"))
        client.close()
PY
got=$(timeout 60 python3 client.py "$plain" "$chunks" "$gzip")
printf '%s\n' "$got"
[ "$got" = 'HTTP/1.0, no chunks: at the end
HTTP/1.0, no chunks, told not to buffer: at once
HTTP/1.1, chunks: at once
HTTP/1.1, chunks, told not to buffer: at once
chunks and gzip: at the end
chunks and gzip, told not to buffer: at once' ]
