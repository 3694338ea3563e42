#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""Requests with faults of all kinds, in pieces, pipelined, and left in the middle: the daemon
goes on, and nothing is left of them.  WAITD_TEST_SEED takes another seed, WAITD_TEST_CONNECTIONS
more of them.  Speaks TAP; WAITD is the program under test.
"""

import os
import random
import socket
import sys

from daemons import GUARD_SECONDS, settles, will_reset
from examples import Tap
from http_client import ONE, Http, attempt, get, is_built, post

HEAD = b"Host: localhost\r\nContent-Type: application/json\r\n"


def chunks(path, *pieces):
    return (b"POST " + path + b" HTTP/1.1\r\n" + HEAD + b"Transfer-Encoding: chunked\r\n\r\n" +
            b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n")


REQUESTS = [
    get("/wait/1ms?bytes=100&chunks=3"), get("/wait?dist=lognormal&p50=1ms&p99=2ms&fail=0.5").replace(b"GET", b"HEAD"),
    get("/v1/batches?limit=3&order=newest"), get("http://localhost/v1/stats"), get("/v1/batches/none"), get("/"),
    get("/v1/batches/none?forget").replace(b"GET", b"DELETE"), b"GET /metrics HTTP/1.0\r\n\r\n",
    get("/wait/0", extra=b"Origin: null\r\nAccess-Control-Request-Method: PUT\r\n").replace(b"GET", b"OPTIONS"),
    post("/v1/batches", ONE), post("/v1/batches", ONE, b"Expect: 100-continue\r\n"),
    post("/v1/batches?watch", b'{"detach":true,"key":"a","retain":0,"jobs":[{"wait":0.01}]}', b'Idempotency-Key: "a"\r\n'),
    post("/v1/batches", b'{"clock":"virtual","jobs":[{"count":70000}]}', b"Accept: text/event-stream\r\n"),
    chunks(b"/v1/requests", b'{"op":"ping"}', b'{"op":"stats"}', ONE),
    chunks(b"/v1/forecast", b'{"runs":3,"jobs":', b'[{"wait":{"dist":"exponential","mean":1}}]}'),
]


def mutated(data, chance):
    data = bytearray(data)
    for _ in range(chance.choice((0, 0, 1, 1, 2, 5))):
        at = chance.randrange(len(data) + 1)
        kind = chance.randrange(4)
        if kind == 0:
            data[at:at + 1] = bytes([chance.choice(b"\0\r\n :;,\"{}[]%/?&=019azAZ\xff")])
        elif kind == 1:
            del data[at:at + chance.randrange(1, 20)]
        elif kind == 2:
            data[at:at] = chance.choice((b"\r\n", b"\r\n\r\n", b"x" * chance.randrange(1, 9000), b"%00", b"0" * 20,
                                         b"a: b\r\n" * chance.randrange(1, 90)))
        else:
            data[at:at] = data[max(0, at - 30):at]
    return bytes(data)


def send(sock, data, chance):
    while data:
        n = len(data) if chance.random() < 0.6 else chance.randrange(1, 200)
        sock.sendall(data[:n])
        data = data[n:]
    if chance.random() < 0.3:
        sock.shutdown(socket.SHUT_WR)
    for _ in range(chance.randrange(4)):
        if chance.random() < 0.5 or not sock.recv(4096):
            break


def visit(d, chance):
    """One connection: some requests, and one of the ways to leave."""
    with socket.create_connection(("127.0.0.1", d.port), GUARD_SECONDS) as sock:
        sock.settimeout(0.01)
        try:
            send(sock, b"".join(mutated(chance.choice(REQUESTS), chance) for _ in range(chance.choice((1, 1, 2, 5)))), chance)
        except OSError:
            pass  # it may refuse, or have nothing to say
        if chance.random() < 0.1:
            will_reset(sock)


def all_of_them(d):
    chance = random.Random(int(os.environ.get("WAITD_TEST_SEED", "1")))
    for i in range(int(os.environ.get("WAITD_TEST_CONNECTIONS", "1000"))):
        visit(d, chance)
        if d.process.poll() is not None:
            return f"the daemon has ended behind connection {i}: {d.process.returncode}"
    return None


def main():
    if not is_built():
        print("1..0 # SKIP built without HTTP")
        return 0
    tap = Tap()
    d = Http("--service", "db=2", "--client-timeout", "2s", "--http-header-timeout", "2s", "--request-timeout", "2s")
    try:
        attempt(tap, "a thousand connections with faults", all_of_them, d)
        attempt(tap, "leave nothing", settles, d)
        tap.result(d.stop() == 0, "and the daemon ends in good order", "")
    finally:
        d.process.kill()
    return tap.finish()


if __name__ == "__main__":
    sys.exit(main())
