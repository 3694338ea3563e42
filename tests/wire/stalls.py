#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""TLS handshakes that stall by the thousand: are others served meanwhile, and does
everything that was held come back?

    stalls.py [--connections N]

N connections (10,000, or as many as the limit of descriptors allows) send nothing, or
the beginning of a handshake, and then nothing more.  While they are held, clients with
certificates handshake and ask anew, and one over a Unix socket asks again and
again: it prints how long they waited.  After --auth-timeout all must be gone, each with its
descriptor and its place.
"""

import argparse
import os
import resource
import shutil
import socket
import ssl
import subprocess
import sys
import tempfile
import time

from daemons import Client, Daemon, eventually, judge, settles

# A record's and a message's head, of a hello that does not come.
HELLO = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"
ROUNDS = 20
TIMEOUT_SECONDS = 20
GUARD_SECONDS = 120


def certificate(folder):
    """One that vouches for itself, for the daemon and its clients alike."""
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days",
                    "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-keyout", f"{folder}/key",
                    "-out", f"{folder}/crt"], check=True, stderr=subprocess.DEVNULL)


def handshake(port, folder):
    """Seconds until a client that comes now, with a certificate, has its answer."""
    context = ssl.create_default_context(cafile=f"{folder}/crt")
    context.load_cert_chain(f"{folder}/crt", f"{folder}/key")
    began = time.monotonic()
    with socket.create_connection(("127.0.0.1", port), GUARD_SECONDS) as plain:
        with context.wrap_socket(plain, server_hostname="localhost") as client:
            client.sendall(b'{"op":"ping"}')
            if not client.recv(4096).startswith(b'{"event":"pong"'):
                return None
    return time.monotonic() - began


def ask(client):
    began = time.monotonic()
    return time.monotonic() - began if (client.ask({"op": "ping"}) or {}).get("event") == "pong" else None


def port_of(daemon):
    for line in daemon.log:
        if line.startswith("listening on tls:"):
            return int(line.rsplit(":", 1)[1])
    return None


def stall(port, n):
    held = []
    for i in range(n):
        held.append(socket.create_connection(("127.0.0.1", port), GUARD_SECONDS))
        if i % 2:
            held[-1].sendall(HELLO)
    return held


def test(daemon, folder, n):
    port = eventually(lambda: port_of(daemon))
    bystander = Client(daemon)
    alone = [max(handshake(port, folder) for _ in range(ROUNDS)), max(ask(bystander) for _ in range(ROUNDS))]
    began = time.monotonic()
    held = stall(port, n)
    resident = daemon.resident_bytes() - daemon.resident_at_rest
    beside = [[handshake(port, folder), ask(bystander)] for _ in range(ROUNDS)]
    at_once = time.monotonic() - began < TIMEOUT_SECONDS
    print(f"{n} held after {time.monotonic() - began:.1f} s, {resident / n / 1024:.1f} KiB each")
    problems = [] if at_once else [f"they were not held at once: {TIMEOUT_SECONDS} s is too little on this machine"]
    for i, what in enumerate(("handshake and ping", "ping")):
        waits = [row[i] for row in beside]
        if None in waits:
            problems.append(f"{what}: not served meanwhile")
        else:
            print(f"{what}: at most {max(waits) * 1000:.1f} ms beside them, {alone[i] * 1000:.1f} ms alone")
    bystander.close()
    left = settles(daemon)
    for sock in held:
        sock.close()
    return problems + ([left] if left else [])


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--connections", type=int, default=10000, metavar="N")
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    n = min(parser.parse_args().connections, most - 500)
    if shutil.which("openssl") is None:
        print("SKIPPED: there is no openssl program")
        return 0
    with tempfile.TemporaryDirectory() as folder:
        certificate(folder)
        daemon = Daemon("--listen", "tls:127.0.0.1:0", "--tls-cert", f"{folder}/crt", "--tls-key", f"{folder}/key",
                        "--tls-client-ca", f"{folder}/crt", "--max-unauthenticated", str(n + 100), "--auth-timeout",
                        f"{TIMEOUT_SECONDS}s", listen=f"unix:{os.path.join(folder, 'socket')}")
        return judge(daemon, test, folder, n)


if __name__ == "__main__":
    sys.exit(main())
