#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# rinetd 0.73 (Debian 12): a client that half-closes gets no answer.
#
# Guess: rinetd passes an end of input on and keeps the other direction open, as its sources, which have
# a state for each direction that closes, let one expect, and as stunnel and `ssh -L` do.
# Seen: as soon as the client has shut its sending side both connections are closed. `nc -N` ends after
# some milliseconds with status 0 and without a line, while directly it gets both; a client that keeps
# its side open gets both through rinetd, too.
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

apt-get download -q rinetd=0.73-1 netcat-openbsd=1.219-1 >/dev/null 2>&1
for package in *.deb; do dpkg -x "$package" .; done

# Reads a line, then answers half a second later (behind the client's end of input) and another second later.
cat >server.py <<'PY'
import socket, threading, time

listener = socket.create_server(("127.0.0.1", 0))
print(listener.getsockname()[1], flush=True)

def serve(client):
    try:
        client.recv(4096)
        time.sleep(0.5)
        client.sendall(b"one\n")
        time.sleep(1)
        client.sendall(b"two\n")
    except OSError:
        pass
    client.close()

while True:
    threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()
PY
python3 server.py >port &
server=$!
until [ -s port ]; do sleep 0.05; done
port=$(cat port)
through=$(python3 -c 'import socket; s = socket.create_server(("127.0.0.1", 0)); print(s.getsockname()[1])')
echo "127.0.0.1 $through 127.0.0.1 $port" >rinetd.conf
usr/sbin/rinetd -f -c rinetd.conf >/dev/null 2>&1 &
proxy=$!
until (exec 3<>"/dev/tcp/127.0.0.1/$through") 2>/dev/null; do sleep 0.05; done

nc=bin/nc.openbsd
[ -x "$nc" ] || nc=usr/bin/nc.openbsd
ask() { echo hello | timeout 10 "$nc" "$@" | tr '\n' ' '; }
got="directly: $(ask -N 127.0.0.1 "$port")
through rinetd: $(ask -N 127.0.0.1 "$through")
without half-close: $(ask 127.0.0.1 "$through")"
printf '%s\n' "$got"
[ "$got" = 'directly: one two 
through rinetd: 
without half-close: one two ' ]
