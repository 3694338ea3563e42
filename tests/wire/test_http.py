#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""HTTP itself, from outside: heads, guards, limits, ends, and what slow, hasty and hostile clients
see.  Speaks TAP; WAITD is the program under test.
"""

import concurrent.futures
import http.client
import json
import re
import resource
import signal
import socket
import sys
import tempfile
import time

from daemons import GUARD_SECONDS, Client, eventually, first, settles
from http_client import (
    JSON, ONE, Http, attempt, connect_slowly, events, get, kinds, post, read_all, read_until, refused, run, same,
    status_of)


def hosts_are_guarded(d):
    cases = [(b"localhost", 200), (b"LOCALHOST:1", 200), (b"127.0.0.1", 200), (b"127.0.0.1:99", 200),
             (b"test.example:80", 200), (b"evil.example", 421), (b"127.0.0.2", 421), (b"", 421),
             (b"[::1]", 421), (b"localhost.evil", 421), (b"localhost:", 200), (b"localhost:1x", 421),
             (b"localhost:1:1", 421), (b"[127.0.0.1]", 421), (b"x@localhost", 421), (None, 400)]
    problem = first(*[same(status_of(d.raw(get("/healthz", host=host))), status, host)
                      for host, status in cases])
    return first(problem, same(status_of(d.raw(get("/healthz", "1.0", None))), 200, "HTTP/1.0"),
                 same(status_of(d.raw(get("/healthz", extra=b"Host: localhost\r\n"))), 400, "two hosts"))


def origins_are_guarded(d):
    own = f"http://127.0.0.1:{d.port}"
    cases = [(own, 200), (f"http://localhost:{d.port}", 403), ("http://127.0.0.1", 403),
             ("null", 403), ("https://127.0.0.1:%d" % d.port, 403), ("http://ok.example:3000", 200),
             ("http://ok.example", 403)]
    problem = first(*[same(d.ask("GET", "/v1/stats", headers={"Origin": origin})[0], status, origin)
                      for origin, status in cases])
    problem = problem or first(*[same(d.ask("GET", path, headers={"Origin": "null"})[0], 403, path)
                                 for path in ("/v1", "/v1/", "/v1/nothing")])
    allowed = d.ask("POST", "/v1/batches", ONE, {**JSON, "Origin": "http://ok.example:3000"})
    preflight = {"Origin": "http://ok.example:3000", "Access-Control-Request-Method": "POST"}
    answer = d.ask("OPTIONS", "/v1/batches", headers=preflight)
    foreign = d.ask("OPTIONS", "/v1/batches", headers={**preflight, "Origin": "http://evil"})
    return first(problem,
                 same(allowed[1]["Access-Control-Allow-Origin"], "http://ok.example:3000", "allowed"),
                 same((answer[0], "POST" in answer[1]["Access-Control-Allow-Methods"],
                       "Content-Type" in answer[1]["Access-Control-Allow-Headers"]),
                      (204, True, True), "preflight"),
                 same((foreign[0], foreign[1]["Access-Control-Allow-Origin"]), (403, None), "foreign"),
                 same(d.ask("GET", "/healthz", headers={"Origin": "null"})[0], 200, "outside /v1"))


def content_is_guarded(d):
    cases = [("application/json", 200), ("application/x-ndjson", 200),
             ("Application/JSON; charset=utf-8", 200), ("text/plain", 415),
             ("application/x-www-form-urlencoded", 415), ("application/jsonp", 415)]
    problem = first(*[same(d.ask("POST", "/v1/batches", ONE, {"Content-Type": kind})[0], status, kind)
                      for kind, status in cases])
    connection = d.raw(b"POST /v1/batches HTTP/1.1\r\nHost: localhost\r\nContent-Length: 24\r\n\r\n" + ONE)
    return first(problem, same(status_of(connection), 415, "no type"))


def methods_and_paths(d):
    cases = [("PUT", "/v1/stats", 405, "GET, HEAD"), ("DELETE", "/healthz", 405, "GET, HEAD"),
             ("OPTIONS", "/v1/requests", 405, "POST"), ("GET", "/v1/requests", 405, "POST"),
             ("GET", "/nothing", 404, None), ("GET", "/v1/", 404, None),
             ("PUT", "/v1/batches", 405, "GET, HEAD, POST"), ("POST", "/v1/batches/x", 405, "GET, HEAD, DELETE"), ("GET", "/healthz/", 404, None)]
    problem = None
    for method, path, status, allow in cases:
        answer = d.ask(method, path)
        problem = problem or same((answer[0], answer[1]["Allow"]), (status, allow), f"{method} {path}")
    return first(problem, *[same(status_of(d.raw(get(path))), 404, path)
                            for path in ("/healthz%00", "/%00", "/wait/1ms%00x", "/healthz%00?a=1")])


def expectations(d):
    head = (b"POST /v1/batches HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
            b"Connection: close\r\nContent-Length: %d\r\nExpect: %s\r\n\r\n")
    with socket.create_connection(("127.0.0.1", d.port), GUARD_SECONDS) as sock:
        sock.sendall(head % (len(ONE), b"100-continue"))
        interim = read_until(sock, b"\r\n\r\n")
        sock.sendall(ONE)
        answer = read_all(sock)
    return first(same(interim, b"HTTP/1.1 100 Continue\r\n\r\n", "interim"),
                 same(status_of(answer), 200, "answer"),
                 same(status_of(d.raw(head % (1 << 30, b"100-continue"), False)), 413, "too long"),
                 same(status_of(d.raw(head % (24, b"magic"), False)), 417, "unknown"),
                 same(status_of(d.raw(get("/healthz", extra=b"Expect: magic\r\n"))), 417, "GET"))


def long_bodies(d):
    """A refusal arrives however much is still being sent."""
    body = b'{"jobs":[' + b'{"wait":0},' * 200000
    answer = d.ask("POST", "/v1/batches", b"x" + body, JSON)
    head = (b"POST /v1/batches HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
            b"Content-Length: 99999999999\r\n\r\n")
    return first(refused(answer, 400, "bad_json"),
                 same(status_of(d.raw(head + body[:100000], False)), 413, "announced"))


def chunks_beyond_the_limit(d):
    with socket.create_connection(("127.0.0.1", d.port), GUARD_SECONDS) as sock:
        sock.sendall(b"POST /v1/batches HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                     b"Transfer-Encoding: chunked\r\n\r\n")
        piece = b"10000\r\n" + b" " * 65536 + b"\r\n"
        try:
            for _ in range(2000):
                sock.sendall(piece)
        except ConnectionError:
            pass
        return same(status_of(read_all(sock)), 413, "more than any request")


def long_heads(d):
    def head_of(n):
        head = get("/healthz", extra=b"X: \r\n")
        return status_of(d.raw(head.replace(b"X: ", b"X: " + b"x" * (n - len(head)))))

    return first(same((head_of(7000), head_of(8192), head_of(8193)), (200, 200, 431), "8 KiB"),
                 same(status_of(d.raw(get("/wait/0?" + "x" * 9000))), 431, "a long path"),
                 same(status_of(d.raw(get("/healthz", extra=b"X: " + b"x" * 12000 + b"\r\n"), False)),
                      431, "12000"))


def refusal_of(data):
    """As refused() takes it."""
    head, _, body = data.partition(b"\r\n\r\n")
    fields = dict(line.split(": ", 1) for line in head.decode().split("\r\n")[1:])
    return status_of(data), {"Content-Type": fields.get("Content-Type")}, body


def malformed_heads(d):
    """What the library would refuse with a page, or twice, or without a word."""
    line = b"POST /v1/batches HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    cases = [(b"GARBAGE\r\n\r\n", 400), (b"GET /healthz\r\n\r\n", 400), (get("/healthz", "2.0"), 505),
             (get("/healthz", extra=b"X\r\n"), 400), (get("/healthz", extra=b"X : y\r\n"), 400),
             (get("/health\0z"), 400), (get("/heal thz"), 400), (line + b"Content-Length: x\r\n\r\n[]", 400),
             (line + b"Content-Length: 2, 2\r\n\r\n[]", 400), (line + b"Content-Length: 9999999999999999999999\r\n\r\n", 413),
             (get("/healthz", extra=b"X: " + b"x" * 20000 + b"\r\n"), 431), (get("/" + "x" * 20000), 431),
             (get("/healthz", extra=b"a:\r\n" * 2000), 431)]
    codes = {400: "invalid_request", 413: "too_large", 431: "too_large", 505: "invalid_request"}
    head = d.raw(b"HEAD / HTTP/2.0\r\n\r\n")
    return first(*[refused(refusal_of(d.raw(data, False)), status, codes[status]) for data, status in cases],
                 same((status_of(head), head[-4:]), (505, b"\r\n\r\n"), "HEAD"))


def only_refusal(data):
    """(status, code) of the last answer, which is ours: one, as JSON, in place of the library's page."""
    heads = list(re.finditer(rb"HTTP/1\.1 (\d+) ", data))
    if b"<html" in data.lower() or b"(reset)" in data or not heads:
        return data
    try:
        code = json.loads(data[heads[-1].end():].partition(b"\r\n\r\n")[2])["code"]
    except ValueError:
        return data
    return int(heads[-1][1]), code, len(heads) - 1


def later_requests_malformed(d):
    """What passes no gate is refused in the same words, and what is being read of others goes on."""
    line = b"POST /v1/batches HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    cases = [(b"GET /healthz\r\n\r\n", 400), (get("/healthz", "2.0"), 505), (get("/healthz", extra=b"X\r\n"), 400),
             (line + b"Content-Length: x\r\n\r\n[]", 400), (line + b"Content-Length: 9999999999999999999999\r\n\r\n", 413),
             (get("/healthz", extra=b"X: " + b"x" * 20000 + b"\r\n"), 431), (get("/healthz", extra=b"a:\r\n" * 2000), 431),
             (get("/" + "x" * 20000), 431), (get("/healthz", extra=b"X : y\r\n"), 400), (get("/healthz", extra=b"X: \1\r\n"), 400),
             (get("/heal thz"), 400), (get("/healthz").replace(b"GET", b"G(T"), 400)]
    codes = {400: "invalid_request", 413: "too_large", 431: "too_large", 505: "invalid_request"}
    with (socket.create_connection(("127.0.0.1", d.port), GUARD_SECONDS) as other,
          socket.create_connection(("127.0.0.1", d.port), GUARD_SECONDS) as idle):
        idle.sendall(get("/healthz"))
        read_until(idle, b"ok\n")
        other.sendall(get("/healthz") + line + b"Content-Length: %d\r\n\r\n" % len(ONE) + ONE[:5])
        read_until(other, b"ok\n")
        problem = None
        for data, status in cases:
            def ask(data=get("/healthz") + data):
                return only_refusal(d.raw(data, False))

            # One that has just been idle may be it, until it is looked at.
            if not eventually(lambda: ask() == (status, codes[status], 1)):  # pylint: disable=cell-var-from-loop
                problem = problem or same(ask(), (status, codes[status], 1), data[:60])
        other.sendall(ONE[5:])
        read_until(other, b'"finished"')
        idle.sendall(get("/wait/0?status=299"))
        read_until(idle, b"299")
    return problem


def chunks_malformed(d):
    """Everywhere, at once or later, and with an answer that has begun cut short."""
    head = (b"POST %s HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
            b"Transfer-Encoding: chunked\r\n\r\n")
    bodies = [(b"zz\r\n[]\r\n0\r\n\r\n", 400), (b"2\r\n[]xx\r\n", 400), (b"-1\r\n[]", 400), (b"1" * 17 + b"\r\n", 413),
              (b"2\r\n[]\r\n0\r\nrubbish\r\n\r\n", 400)]
    problem = None
    for path in (b"/v1/batches", b"/v1/requests", b"/v1/forecast", b"/wait/60s", b"/healthz", b"/nothing"):
        for body, status in bodies:
            code = "invalid_request" if status == 400 else "too_large"
            problem = problem or same(only_refusal(d.raw(head % path + body, False)), (status, code, 0), (path, body))
            with socket.create_connection(("127.0.0.1", d.port), GUARD_SECONDS) as sock:
                sock.sendall(get("/healthz") + head % path)
                read_until(sock, b"ok\n")
                sock.sendall(body)
                problem = problem or same(only_refusal(b"HTTP/1.1 200 " + read_all(sock)), (status, code, 1), (path, body))
    with socket.create_connection(("127.0.0.1", d.port), GUARD_SECONDS) as sock:
        sock.sendall(head % b"/v1/requests" + b'd\r\n{"op":"ping"}\r\n')
        begun = read_until(sock, b'"pong"')
        sock.sendall(b"zz\r\n")
        rest = read_all(sock)
    trailer = b"2\r\n[]\r\n0\r\nx:" + b"y" * 20000 + b"\r\n\r\n"
    return first(problem, same(only_refusal(d.raw(head % b"/v1/batches" + trailer, False)), (431, "too_large", 0), "trailer"),
                 same((status_of(begun), b"HTTP/1.1" in rest, b"<html" in rest, b"\r\n0\r\n" in rest),
                               (200, False, False, False), "cut short"))


def chunks_malformed_beside_others(d):
    """A body that pauses is not taken for the malformed one, once it is looked at."""
    head = (b"POST /v1/batches HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
            b"Transfer-Encoding: chunked\r\n\r\n")
    with socket.create_connection(("127.0.0.1", d.port), GUARD_SECONDS) as other:
        other.sendall(head + b"%x\r\n" % len(ONE) + ONE[:5])
        refused_well = eventually(lambda: only_refusal(d.raw(head + b"zz\r\n", False)) == (400, "invalid_request", 0))
        other.sendall(ONE[5:] + b"\r\n0\r\n\r\n")
        read_until(other, b'"finished"')
    return None if refused_well else "the library's page"


def send_late(d, sock, byte):
    """So that the daemon finds it only when it looks after what it has not read for a while."""
    d.process.send_signal(signal.SIGSTOP)
    try:
        sock.sendall(byte)
        time.sleep(0.007)
    finally:
        d.process.send_signal(signal.SIGCONT)
    time.sleep(0.002)


def chunks_in_small_pieces(d):
    """However late a loop is whenever one comes, what it then reads is not what the library leaves."""
    with socket.create_connection(("127.0.0.1", d.port), GUARD_SECONDS) as sock:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.sendall(b"POST /v1/batches HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                     b"Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n%x;" % len(ONE))
        try:
            for _ in range(30):
                send_late(d, sock, b"x")
            sock.sendall(b"\r\n" + ONE + b"\r\n0\r\n\r\n")
        except ConnectionError:
            pass  # refused
        return same(status_of(read_all(sock)), 200, "status")


def many_fields(d):
    """However many there are, the library's own refusal is not seen."""
    def ask(n, field):
        data = d.raw(get("/healthz", extra=b"".join(field % i for i in range(n))))
        return status_of(data) if status_of(data) == 200 else refused(refusal_of(data), 431, "too_large")

    numbers = [*range(1, 130, 4), 200, 400]
    answers = {(n, field): ask(n, field) for n in numbers
               for field in (b"x-%d:\r\n", b"x-%d: " + b"y" * 60 + b"\r\n", b"Cookie: a=%d; b=c; d=e\r\n")}
    query = {n: status_of(d.raw(get("/healthz?" + "a&" * n))) for n in numbers}
    return first(*[None if got in (200, None) else f"{n} of {field}: {got}" for (n, field), got in answers.items()],
                 same(answers[(41, b"x-%d:\r\n")], 200, "41 fields"),
                 same(set(query.values()) - {200}, {431}, "of a query"))


def heads_in_pieces(d):
    """A head comes byte by byte, one stops in the middle, and one is let in whole."""
    with socket.create_connection(("127.0.0.1", d.port), GUARD_SECONDS) as sock:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for byte in get("/wait/1ms?status=202", extra=b"Connection: close\r\n"):
            sock.sendall(bytes([byte]))
        slow = read_all(sock)
    return first(same(status_of(slow), 202, "byte by byte"),
                 same(d.raw(b"GET /healthz HTTP/1.1\r\nHo"), b"", "half a head"), same(d.raw(b""), b"", "nothing"))


def head_has_no_body(d):
    problem = None
    for path in ("/healthz", "/metrics", "/v1/stats", "/nothing", "/wait/1ms?bytes=10"):
        data = d.raw(get(path).replace(b"GET", b"HEAD", 1))
        if not data.startswith(b"HTTP/1.1") or not data.endswith(b"\r\n\r\n") or data.count(b"\r\n\r\n") != 1:
            problem = problem or f"{path}: {data!r}"
    return problem


def pipelined(d):
    wait = get("/wait/30ms?bytes=2&status=201")
    batch = post("/v1/batches", ONE)
    data = d.raw((get("/healthz") + wait + batch + get("/readyz")) * 3 + batch[:-1])
    return same(re.findall(rb"HTTP/1\.1 (\d+)", data)[:12], [b"200", b"201", b"200", b"200"] * 3, "statuses")


def large_then_others(d):
    """What follows a large answer on its connection is answered as well."""
    body = b'{"clock":"virtual","jobs":[{"count":70000}]}'
    batch = post("/v1/batches", body)
    data = d.raw(batch + batch + get("/wait/1ms?status=201"))
    return first(same(re.findall(rb"HTTP/1\.1 (\d+)", data), [b"200", b"200", b"201"], "statuses"),
                 same(data.count(b'{"event":"done"'), 140000, "events"))


def targets_in_absolute_form(d):
    """As a proxy's client sends them: the target's authority counts, and not Host (RFC 9112)."""
    cases = [("http://localhost/healthz", b"localhost", 200), ("HTTP://LocalHost:99/healthz", b"localhost", 200),
             ("http://localhost/healthz", b"evil.example", 200), ("http://evil.example/healthz", b"localhost", 421),
             ("http://localhost", b"localhost", 200), ("http://localhost?x", b"localhost", 200),
             ("http://localhost/wait?wait=0&status=201", b"localhost", 201), ("http://localhost/x", b"localhost", 404),
             ("http://x@localhost/healthz", b"localhost", 421), ("http://localhost/healthz%00", b"localhost", 404),
             ("http://", b"localhost", 421), ("http:///healthz", b"localhost", 421),
             ("ftp://localhost/healthz", b"localhost", 404), ("http://localhost/healthz", None, 400)]
    own = get("http://127.0.0.1:%d/v1/stats" % d.port, extra=b"Origin: http://127.0.0.1:%d\r\n" % d.port)
    return first(*[same((target, status_of(d.raw(get(target, host=host)))), (target, status), "status")
                   for target, host, status in cases],
                 same(status_of(d.raw(own)), 200, "Origin beside it"))


def idle_end_is_seen(d):
    """A half-close along with the request, and nothing after it: the connection ends."""
    began = time.monotonic()
    data = d.raw(get("/healthz"))
    return first(same(status_of(data), 200, "status"),
                 None if time.monotonic() - began < 30 else "it stays open")


def slow_heads(d):
    began = time.monotonic()
    socks = []
    for data in (b"", b"GET /healthz HTTP/1.1\r\nHost: lo"):
        sock = socket.create_connection(("127.0.0.1", d.port), GUARD_SECONDS)
        sock.sendall(data)
        socks.append(sock)
    ends = [read_all(sock) for sock in socks]
    took = time.monotonic() - began
    return first(same(len(ends), 2, "ends"), None if took >= 0.3 else f"ended after {took}")


def ends_within_heads(d):
    """Half a head with its client's end, both there before the daemon has looked."""
    socks = []
    d.process.send_signal(signal.SIGSTOP)
    for _ in range(4):
        sock = socket.create_connection(("127.0.0.1", d.port), GUARD_SECONDS)
        sock.sendall(b"GET /healthz HTTP/1.1\r\nHost: lo")
        sock.shutdown(socket.SHUT_WR)
        socks.append(sock)
    d.process.send_signal(signal.SIGCONT)
    ends = [read_all(sock) for sock in socks]
    return first(same(ends, [b""] * 4, "ends"), settles(d))


SLOW = b"POST /v1/%s HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s"


MUCH = b'{"clock":"virtual","jobs":[{"count":20000}]}'


def is_served(d):
    """Everybody else is: by HTTP, old and new connections, and by the socket."""
    client = Client(d)
    pongs = [client.ask({"op": "ping"})["event"] for _ in range(20)]
    client.close()
    connection = http.client.HTTPConnection("127.0.0.1", d.port, timeout=GUARD_SECONDS)
    statuses = []
    for _ in range(20):
        connection.request("GET", "/wait/1ms")
        answer = connection.getresponse()
        answer.read()
        statuses.append(answer.status)
    connection.close()
    return first(same(pongs, ["pong"] * 20, "pings"), same(statuses, [200] * 20, "waits"),
                 same(kinds(d.ask("POST", "/v1/batches", ONE, JSON)[2])[-1], "finished", "a batch"))


def slow_clients(d):
    """Two thousand that send a byte now and then, and a thousand that read as little, take nobody's
    service: round after round of their bytes, and pings and batches in between."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    n = min(1000, hard // 8)
    senders = [connect_slowly(d, SLOW % ((b"batches", b"requests", b"forecast")[i % 3], 100, b"{"))
               if i % 4 else connect_slowly(d, b"GET /healthz HTTP/1.1\r\nX: ") for i in range(2 * n)]
    readers = [connect_slowly(d, SLOW % ((b"batches", b"requests")[i % 2], len(MUCH), MUCH)) for i in range(n)]
    problem = is_served(d)
    for _ in range(5):
        for sock in senders:
            sock.send(b" ")
        for sock in readers:
            sock.recv(64)
        problem = problem or is_served(d)
    reported = json.loads(d.ask("GET", "/v1/stats")[2])
    for sock in senders + readers:
        sock.close()
    return first(problem, None if reported["connections"] >= 3 * n else f"{reported['connections']} connections are left",
                 settles(d))


def silent_streams(d):
    """However long nothing happens: a client that takes what there is is not slow."""
    body = b'{"jobs":[{"wait":0},{"wait":1}]}'
    many = b'{"jobs":[{"wait":0,"count":70000},{"wait":1.5}],"events":"none"}'
    with concurrent.futures.ThreadPoolExecutor(6) as pool:
        asked = [pool.submit(d.ask, "POST", path, each, {**JSON, "Accept": accept})
                 for path in ("/v1/batches", "/v1/requests") for each in (body, many)
                 for accept in ("application/x-ndjson", "text/event-stream")]
        wait = pool.submit(d.ask, "GET", "/wait/1s?bytes=9&chunks=2")
        ends = [each.result()[2].count(b'"event":"finished"') for each in asked]
    return first(same(ends, [1] * 8, "ends"), same(len(wait.result()[2]), 9, "a body of /wait"))


def silent_readers(d):
    """Who takes nothing of what there is goes, whatever it is."""
    body = b'{"clock":"virtual","jobs":[{"count":1000000}]}'
    endless = post("/v1/requests", b"").replace(b"Length: 0", b"Length: %d" % (1 << 30))
    asked = [post(path, body, accept) for path in ("/v1/batches", "/v1/requests")
             for accept in (b"", b"Accept: text/event-stream\r\n")]
    asked += [get("/wait/0?bytes=1000000000"), get("/wait/0?bytes=1000000000&chunks=7"),
              endless + b'{"op":"ping"}' * 9 + body, get("/") * 2000]
    socks = [connect_slowly(d, each) for each in asked]
    gone = eventually(lambda: json.loads(d.ask("GET", "/v1/stats")[2])["connections"] == 1)
    for sock in socks:
        sock.close()
    return first(None if gone else d.ask("GET", "/v1/stats")[2].decode(), settles(d))


def refused_beyond(d, most, status):
    """The answer to one more than most, each of whom has been served."""
    socks = []
    while len(socks) < most:  # those before may not be gone yet
        sock = socket.create_connection(("127.0.0.1", d.port), GUARD_SECONDS)
        sock.sendall(get("/healthz"))
        if b"200 OK" in read_until(sock, b"\r\n"):
            socks.append(sock)
        else:
            sock.close()
    answer = d.ask("GET", "/healthz")
    for sock in socks:
        sock.close()
    return first(refused(answer, status, "overloaded"), same(answer[1]["Retry-After"], "1", "Retry-After"))


def too_many(d):
    return refused_beyond(d, 4, 503)


def too_many_of_an_address(d):
    return refused_beyond(d, 2, 429)


def unix_sockets(d):
    with socket.socket(socket.AF_UNIX) as sock:
        sock.settimeout(GUARD_SECONDS)
        sock.connect(d.http[len("unix:"):])
        sock.sendall(get("/wait/10ms", host=b"anything", extra=b"Connection: close\r\n"))
        return same(status_of(read_all(sock)), 200, "status")


def monitors(d):
    answers = {path: d.ask("GET", path)[0] for path in ("/metrics", "/healthz", "/readyz", "/v1/stats")}
    return same(answers, dict.fromkeys(answers, 200), "statuses")


def drains(d):
    connection = http.client.HTTPConnection("127.0.0.1", d.port, timeout=GUARD_SECONDS)
    connection.request("POST", "/v1/batches", b'{"jobs":[{"wait":0.3}]}', JSON)
    answer = connection.getresponse()
    answer.readline()
    idle = socket.create_connection(("127.0.0.1", d.port), GUARD_SECONDS)
    idle.sendall(get("/healthz"))
    read_until(idle, b"ok\n")
    d.process.terminate()
    gone = read_all(idle)
    body = answer.read()
    return first(same(gone, b"", "an idle connection"), same(kinds(body), ["done", "finished"], "events"))


def cancels(d):
    connection = http.client.HTTPConnection("127.0.0.1", d.port, timeout=GUARD_SECONDS)
    connection.request("POST", "/v1/batches", b'{"jobs":[{"wait":60}]}', JSON)
    answer = connection.getresponse()
    answer.readline()
    waiting = http.client.HTTPConnection("127.0.0.1", d.port, timeout=GUARD_SECONDS)
    waiting.request("GET", "/wait/60s")
    d.catch_up()
    d.process.terminate()
    eventually(lambda: any("stopping" in line for line in d.log))  # of two at once it might see one
    d.process.terminate()
    ends = events(answer.read())
    return first(same(ends[-1]["status"], "cancelled", "status"),
                 same(waiting.getresponse().status, 503, "a wait"))


def bodies_have_one_end(d):
    """What a proxy may take for another length is no request."""
    head = b"POST /v1/batches HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    cases = [b"Content-Length: 24\r\nContent-Length: 25", b"Content-Length: 24\r\nTransfer-Encoding: chunked",
             b"Transfer-Encoding: chunked\r\nContent-Length: 24", b"Transfer-Encoding: gzip",
             b"Transfer-Encoding: gzip, chunked", b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked"]
    chunked = head.replace(b"batches", b"requests") + b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
    return first(*[same(status_of(d.raw(head + fields + b"\r\n\r\n" + ONE)), 400, fields) for fields in cases],
                 same(status_of(d.raw(chunked)), 400, "no chunks"))


def page_is_guarded(d):
    status, headers, body = d.ask("GET", "/")
    policy = headers["Content-Security-Policy"]
    wanted = ("default-src 'none'", "frame-ancestors 'none'", "form-action 'none'", "base-uri 'none'")
    parts = re.findall(rb'(?:href|src)="([^"]+)"', body)
    return first(same(status, 200, "status"), *[None if want in policy else policy for want in wanted],
                 same((headers["X-Content-Type-Options"], headers["Referrer-Policy"]),
                      ("nosniff", "no-referrer"), "headers"),
                 None if parts else "no parts",
                 *[same(d.ask("GET", path.decode())[0], 200, path) for path in parts],
                 same(d.ask("GET", "/page/none.js")[0], 404, "no part"),
                 same(d.ask("POST", "/")[0], 405, "POST"))


SHARED = [
    ("hosts are guarded", hosts_are_guarded),
    ("origins are guarded", origins_are_guarded),
    ("types of content are guarded", content_is_guarded),
    ("methods and paths", methods_and_paths),
    ("expectations", expectations),
    ("a refusal arrives before the body has ended", long_bodies),
    ("a body in chunks is held to the limit", chunks_beyond_the_limit),
    ("heads are held to theirs", long_heads),
    ("malformed heads are refused as all else is", malformed_heads),
    ("and so are those of later requests", later_requests_malformed),
    ("and malformed chunks", chunks_malformed),
    ("and those beside a body that pauses", chunks_malformed_beside_others),
    ("and chunks come in small pieces to a loop that is late", chunks_in_small_pieces),
    ("and those with many fields", many_fields),
    ("heads come in pieces", heads_in_pieces),
    ("HEAD has no body", head_has_no_body),
    ("pipelined requests are answered, behind a half-close too", pipelined),
    ("and behind a large answer", large_then_others),
    ("targets in absolute form", targets_in_absolute_form),
    ("an idle client's end is seen", idle_end_is_seen),
    ("those who watch are served", monitors),
    ("a body has one end", bodies_have_one_end),
    ("the page is there, and guarded", page_is_guarded),
    ("and all is as before", settles),
]


# With flags of their own; {scratch} is a folder.
ALONE = [
    ("slow heads are let go", slow_heads, ("--http-header-timeout", "300ms"), None),
    ("those who end within their heads are let go at once", ends_within_heads,
    ("--http-header-timeout", "1h"), None),
    ("thousands of slow senders and readers hold nobody up", slow_clients,
    ("--http-header-timeout", "1h"), None),
    ("streams may be silent", silent_streams, ("--client-timeout", "300ms"), None),
    ("readers may not", silent_readers, ("--client-timeout", "300ms"), None),
    ("one too many is refused as such", too_many, ("--max-connections", "4"), None),
    ("and of an address", too_many_of_an_address,
    ("--max-connections-per-address", "2"), None),
    ("Unix sockets serve any host", unix_sockets, (), "unix:{scratch}/http"),
    ("a drain lets batches finish", drains, (), None),
    ("a second signal cancels", cancels, ("--drain-timeout", "1h"), None),
]


def try_alone(tap):
    with tempfile.TemporaryDirectory(prefix="waitd-test.") as scratch:
        for name, case, flags, address in ALONE:
            daemon = Http(*flags, http=(address or "127.0.0.1:0").format(scratch=scratch))
            try:
                attempt(tap, name, case, daemon)
                status = daemon.process.wait(GUARD_SECONDS) if case in (drains, cancels) else daemon.stop()
                tap.result(status == 0, f"{name}: and it ends in good order", f"status {status}")
            finally:
                daemon.process.kill()


if __name__ == "__main__":
    sys.exit(run(SHARED, try_alone))
