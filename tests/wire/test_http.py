#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""HTTP from outside: resources, streams, guards, /wait, and what slow, hasty and hostile
clients see.  Speaks TAP; WAITD is the program under test.
"""

import concurrent.futures
import http.client
import json
import re
import resource
import socket
import struct
import subprocess
import sys
import tempfile
import time

from daemons import GUARD_SECONDS, PROGRAM, Client, Daemon, eventually, first, settles
from examples import Tap

JSON = {"Content-Type": "application/json"}
ONE = b'{"jobs":[{"wait":0.05}]}'


class Http(Daemon):
    """A daemon whose HTTP is at self.port."""

    def __init__(self, *flags, http="127.0.0.1:0"):
        super().__init__("--http", http, *flags)
        self.http = None
        eventually(self.find)
        self.port = int(self.http.rsplit(":", 1)[1]) if not http.startswith("unix:") else 0
        if self.port:  # each loop begins with HTTP when it has a client of it
            for _ in range(4):
                self.ask("GET", "/healthz")
            self.descriptors_at_rest = self.descriptors()

    def find(self):
        for line in self.log:
            if line.startswith("listening on http://"):
                self.http = line.strip()[len("listening on http://"):]
        return self.http

    def ask(self, method, path, body=None, headers=()):
        """(status, headers, body) of one request."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=GUARD_SECONDS)
        try:
            connection.request(method, path, body=body, headers=dict(headers))
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read()
        finally:
            connection.close()

    def raw(self, data, half_close=True):
        """All that comes back, to the end of file."""
        with socket.create_connection(("127.0.0.1", self.port), GUARD_SECONDS) as sock:
            sock.sendall(data)
            if half_close:
                sock.shutdown(socket.SHUT_WR)
            return read_all(sock)


def read_all(sock):
    data = b""
    try:
        while piece := sock.recv(65536):
            data += piece
    except ConnectionError:
        data += b"(reset)"
    return data


def dechunk(data):
    body = b""
    while data:
        size, _, rest = data.partition(b"\r\n")
        body, data = body + rest[:int(size, 16)], rest[int(size, 16) + 2:]
    return body


def read_until(sock, text):
    data = b""
    while text not in data:
        piece = sock.recv(1)
        if not piece:
            return data
        data += piece
    return data


def same(got, expected, what):
    return None if got == expected else f"{what}: got {got!r}, expected {expected!r}"


def refused(answer, status, code):
    try:
        got = answer[0], json.loads(answer[2])["code"], answer[1]["Content-Type"]
    except (ValueError, KeyError):
        got = answer[0], answer[2], answer[1]["Content-Type"]
    return same(got, (status, code, "application/json"), "a refusal")


def events(body):
    return [json.loads(line) for line in body.decode().splitlines()]


def kinds(body):
    return [event["event"] for event in events(body)]


# ---- batches -----------------------------------------------------------------

def batch_streams(d):
    status, headers, body = d.ask("POST", "/v1/batches", b'{"jobs":[{"wait":0.02,"count":2}]}', JSON)
    return first(same((status, headers["Content-Type"]), (200, "application/x-ndjson"), "head"),
                 same(kinds(body), ["accepted", "done", "done", "finished"], "stream"))


def batch_is_the_sockets(d):
    request = {"clock": "virtual", "events": "all", "seed": 3, "id": "x", "jobs": [
        {"wait": {"dist": "exponential", "mean": "1s"}, "count": 50, "fail": 0.3, "retries": 2,
         "name": "a\u2028", "data": [1, 2.50]}]}
    client = Client(d)
    client.send(request)
    client.socket.shutdown(socket.SHUT_WR)
    line = client.lines.read()
    client.close()
    body = d.ask("POST", "/v1/batches", json.dumps(request), JSON)[2]
    number = re.compile(rb'"batch":\d+')
    return same(number.sub(b"", body), number.sub(b"", line), "the lines")


def large_batches(d):
    """Those are written past the library, and nobody can tell."""
    request = {"clock": "virtual", "seed": 3, "jobs": [{"wait": {"dist": "exponential", "mean": "1s"}, "count": 70000}]}
    body = json.dumps(request).encode()
    client = Client(d)
    client.send(request)
    client.socket.shutdown(socket.SHUT_WR)
    lines = client.lines.read()
    client.close()
    number = re.compile(rb'"(batch|time)":("[^"]*"|\d+)')
    status, headers, answer = d.ask("POST", "/v1/batches", body, JSON)
    framed = d.ask("POST", "/v1/batches", body, {**JSON, "Accept": "text/event-stream"})[2]
    raw = d.raw(b"POST /v1/batches HTTP/1.0\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body) +
                body).partition(b"\r\n\r\n")
    sock = socket.create_connection(("127.0.0.1", d.port), GUARD_SECONDS)
    body = b'{"jobs":[{"wait":0,"count":70000},{"wait":60}]}'
    sock.sendall(b"POST /v1/batches HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n"
                 b"Content-Type: application/json\r\n\r\n" % len(body) + body)
    read_until(sock, b"accepted")
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    sock.close()
    return first(same((status, headers["Connection"], headers["Transfer-Encoding"]), (200, None, "chunked"), "head"),
                 None if number.sub(b"", answer) == number.sub(b"", lines) else "the lines differ",
                 None if number.sub(b"", raw[2]) == number.sub(b"", lines) else "HTTP/1.0 differs",
                 same(framed.count(b"event: done\ndata: {"), 70000, "server-sent events"),
                 None if eventually(lambda: json.loads(d.ask("GET", "/v1/stats")[2])["batches"] == 0) else "it still runs")


def batch_refusals(d):
    cases = [
        (b"", 400, "invalid_request"), (b"  \n", 400, "invalid_request"),
        (b"{", 400, "bad_json"), (b"rubbish", 400, "bad_json"),
        (b'{"jobs":[{"wiat":1}]}', 400, "invalid_request"),
        (ONE + b"x", 400, "bad_json"), (ONE + b" " + ONE, 400, "invalid_request"),
        (ONE + b"]", 400, "bad_json"), (b'{"op":"ping"}', 400, "invalid_request"),
        (b'{"op":"quit"}', 400, "invalid_request"),
        (b'{"jobs":[{"wait":0,"count":100001}]}', 413, "too_large"),
    ]
    accepted = json.loads(d.ask("GET", "/v1/stats")[2])["accepted"]
    problem = first(*[refused(d.ask("POST", "/v1/batches", body, JSON), status, code)
                      for body, status, code in cases])
    return problem or same(json.loads(d.ask("GET", "/v1/stats")[2])["accepted"], accepted,
                           "jobs accepted by those")


def batch_events(d):
    headers = {**JSON, "Accept": "text/event-stream"}
    request = b'{"events":"all","jobs":[{"wait":0.01,"name":"%s"},{"wait":0.02}]}' % (b"n" * 500)
    status, head, body = d.ask("POST", "/v1/batches", request, headers)
    lines = d.ask("POST", "/v1/batches", request, JSON)[2].decode()
    framed = "".join(f"event: {json.loads(line)['event']}\ndata: {line}\n\n"
                     for line in lines.splitlines())
    strip = re.compile(r'"(at|batch|elapsed|speedup|time)":("[^"]*"|[0-9.]+)')
    return first(same((status, head["Content-Type"]), (200, "text/event-stream"), "head"),
                 same(strip.sub("", body.decode()), strip.sub("", framed), "frames"),
                 refused(d.ask("POST", "/v1/batches", b"{", headers), 400, "bad_json"))


def refusal_is_no_error_event(d):
    headers = {**JSON, "Accept": "text/event-stream"}
    body = d.ask("POST", "/v1/requests", b'{"op":"none"}', headers)[2].decode()
    return same(body.split("\n")[0], "event: refused", "the kind of an error")


def accept_chooses(d):
    cases = [("text/event-stream;q=0.5, application/x-ndjson", "application/x-ndjson"),
             ("text/event-stream, application/x-ndjson;q=0.9", "text/event-stream"),
             ("text/event-stream, */*", "text/event-stream"),
             ("text/event-stream;q=0, */*", "application/x-ndjson"),
             ("application/x-ndjson, text/event-stream", "application/x-ndjson"),
             ("application/json", "application/x-ndjson"), ("text/*, */*;q=0.1", "text/event-stream")]
    return first(*[same(d.ask("POST", "/v1/batches", ONE, {**JSON, "Accept": accept})[1]["Content-Type"],
                        kind, accept) for accept, kind in cases])


def requests_converse(d):
    """Events come while the body is still being sent."""
    with socket.create_connection(("127.0.0.1", d.port), GUARD_SECONDS) as sock:
        sock.sendall(b"POST /v1/requests HTTP/1.1\r\nHost: localhost\r\n"
                     b"Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n")
        problem = None
        for i in range(3):
            sock.sendall(b'22\r\n{"op":"ping","id":"%013d"}\r\n' % i)
            line = read_until(sock, b"}\n\r\n")
            if b'"id":"%013d"' % i not in line:
                problem = problem or f"no pong while the body goes on: {line!r}"
        sock.sendall(b"18\r\n" + ONE + b"\r\n0\r\n\r\n")
        rest = read_all(sock)
    return first(problem, None if b'"finished"' in rest else f"no end: {rest!r}",
                 None if rest.endswith(b"\r\n0\r\n\r\n") else f"no last chunk: {rest!r}")


def requests_at_once(d):
    status, _, body = d.ask("POST", "/v1/requests", b'{"op":"ping"} {"x":1} ' + ONE + b" bad", JSON)
    return first(same(status, 200, "status"),
                 same(sorted(kinds(body)), sorted(["pong", "error", "accepted", "error", "done",
                                                   "finished"]), "events"))


def requests_under_pressure(d):
    """Who does not read is not read from: memory stays, and all comes in the end."""
    n = 40000
    with socket.create_connection(("127.0.0.1", d.port), GUARD_SECONDS) as sock:
        sock.settimeout(1)
        body = b'{"op":"ping"}' * n
        sock.sendall(b"POST /v1/requests HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n"
                     b"Content-Type: application/json\r\n\r\n" % len(body))
        sent, received = 0, b""
        while sent < len(body):
            try:
                sent += sock.send(body[sent:sent + 65536])
            except TimeoutError:
                break
        sock.settimeout(GUARD_SECONDS)
        sock.setblocking(True)
        with concurrent.futures.ThreadPoolExecutor() as pool:
            sending = pool.submit(sock.sendall, body[sent:])
            received = read_all(sock)
            sending.result()
    return same(dechunk(received.partition(b"\r\n\r\n")[2]).count(b'"pong"'), n, "pongs")


def batch_goes_with_its_client(d):
    sock = socket.create_connection(("127.0.0.1", d.port), GUARD_SECONDS)
    body = b'{"jobs":[{"wait":0.02,"count":50},{"wait":60}],"mode":"sequential"}'
    sock.sendall(b"POST /v1/batches HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n"
                 b"Content-Type: application/json\r\n\r\n" % len(body) + body)
    read_until(sock, b"accepted")
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    sock.close()
    return None if eventually(lambda: json.loads(d.ask("GET", "/v1/stats")[2])["batches"] == 0) \
        else "the batch still runs"


def http10_until_close(d):
    data = d.raw(b"POST /v1/batches HTTP/1.0\r\nContent-Length: %d\r\nConnection: keep-alive\r\n"
                 b"Content-Type: application/json\r\n\r\n" % len(ONE) + ONE)
    head, _, body = data.partition(b"\r\n\r\n")
    return first(None if b"Transfer-Encoding" not in head and b"Content-Length" not in head
                 else f"framed: {head!r}", same(kinds(body), ["accepted", "done", "finished"], "events"))


# ---- HTTP itself ---------------------------------------------------------------

def get(path, version="1.1", host=b"localhost", extra=b""):
    line = f"GET {path} HTTP/{version}\r\n".encode()
    return line + (b"Host: " + host + b"\r\n" if host is not None else b"") + extra + b"\r\n"


def status_of(data):
    return int(data.split(b" ", 2)[1]) if data.startswith(b"HTTP/") else data


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
    post = (b"POST /v1/batches HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
            b"Content-Length: %d\r\n\r\n" % len(ONE) + ONE)
    data = d.raw((get("/healthz") + wait + post + get("/readyz")) * 3 + post[:-1])
    return same(re.findall(rb"HTTP/1\.1 (\d+)", data)[:12], [b"200", b"201", b"200", b"200"] * 3, "statuses")


def large_then_others(d):
    """What follows a large answer on its connection is answered as well."""
    body = b'{"clock":"virtual","jobs":[{"count":70000}]}'
    post = (b"POST /v1/batches HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
            b"Content-Length: %d\r\n\r\n" % len(body) + body)
    data = d.raw(post + post + get("/wait/1ms?status=201"))
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
                 None if time.monotonic() - began < 5 else "it stays open")


def slow_heads(d):
    socks = []
    for data in (b"", b"GET /healthz HTTP/1.1\r\nHost: lo"):
        sock = socket.create_connection(("127.0.0.1", d.port), GUARD_SECONDS)
        sock.sendall(data)
        socks.append(sock)
    began = time.monotonic()
    ends = [read_all(sock) for sock in socks]
    took = time.monotonic() - began
    return first(same(len(ends), 2, "ends"), None if 0.2 < took < 10 else f"ended after {took}")


def connect_slowly(d, data):
    """To one who reads little at a time."""
    sock = socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
    sock.settimeout(GUARD_SECONDS)
    sock.connect(("127.0.0.1", d.port))
    sock.sendall(data)
    return sock


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
    told = json.loads(d.ask("GET", "/v1/stats")[2])
    for sock in senders + readers:
        sock.close()
    return first(problem, None if told["connections"] >= 3 * n else f"{told['connections']} connections are left",
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
    post = (b"POST /v1/%s HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n%sContent-Length: %d\r\n\r\n")
    asked = [post % (path, accept, len(body)) + body for path in (b"batches", b"requests")
             for accept in (b"", b"Accept: text/event-stream\r\n")]
    asked += [get("/wait/0?bytes=1000000000"), get("/wait/0?bytes=1000000000&chunks=7"),
              post % (b"requests", b"", 1 << 30) + b'{"op":"ping"}' * 9 + body, get("/") * 2000]
    socks = [connect_slowly(d, each) for each in asked]
    gone = eventually(lambda: json.loads(d.ask("GET", "/v1/stats")[2])["connections"] == 1)
    for sock in socks:
        sock.close()
    return first(None if gone else d.ask("GET", "/v1/stats")[2].decode(), settles(d))


def too_many(d):
    socks = []
    while len(socks) < 4:  # those before may not be gone yet
        sock = socket.create_connection(("127.0.0.1", d.port), GUARD_SECONDS)
        sock.sendall(get("/healthz"))
        if b"200 OK" in read_until(sock, b"\r\n"):
            socks.append(sock)
    answer = d.ask("GET", "/healthz")
    for sock in socks:
        sock.close()
    return first(refused(answer, 503, "overloaded"), same(answer[1]["Retry-After"], "1", "Retry-After"))


def too_many_of_an_address(d):
    socks = [socket.create_connection(("127.0.0.1", d.port), GUARD_SECONDS) for _ in range(2)]
    answer = d.ask("GET", "/healthz")
    for sock in socks:
        sock.close()
    return refused(answer, 429, "overloaded")


def unix_sockets(d):
    with socket.socket(socket.AF_UNIX) as sock:
        sock.settimeout(GUARD_SECONDS)
        sock.connect(d.http[len("unix:"):])
        sock.sendall(get("/wait/10ms", host=b"anything", extra=b"Connection: close\r\n"))
        return same(status_of(read_all(sock)), 200, "status")


# ---- /wait --------------------------------------------------------------------

def timed(d, path, method="GET", body=None):
    began = time.monotonic()
    status, headers, body = d.ask(method, path, body)
    return status, headers, body, time.monotonic() - began


def waits(d):
    problem = None
    for method, path, least in (("GET", "/wait/50ms", 0.05), ("HEAD", "/wait?wait=60ms", 0.06),
                                ("POST", "/wait/0.04", 0.04), ("PUT", "/wait/0.01", 0.01), ("BREW", "/wait/0", 0)):
        status, headers, body, took = timed(d, path, method, {"POST": b"x" * 100000, "PUT": b"x" * (65 << 20)}.get(method))
        problem = problem or same((status, body, headers["X-Waitd-Waited"], headers["X-Waitd-Queued"],
                                   headers["Access-Control-Allow-Origin"]),
                                  (200, b"", f"{least:g}", "0", "*"), path)
        if not least <= took < least + 2:
            problem = problem or f"{path} took {took}"
    return problem


def waits_as_a_batch_does(d):
    """The wait and the failure are those of job n of a batch of that seed."""
    jobs = {"clock": "virtual", "seed": 7, "jobs": [
        {"wait": {"dist": "lognormal", "p50": "1ms", "p99": "9ms"}, "count": 30, "fail": 0.4}]}
    done = [event for event in events(d.ask("POST", "/v1/batches", json.dumps(jobs), JSON)[2])
            if event["event"] == "done"]
    expected = {event["job"]: (event["at"], 500 if event["status"] == "failed" else 202) for event in done}
    query = "/wait?dist=lognormal&p50=1ms&p99=9ms&seed=7&fail=0.4&fail_status=500&status=202"

    def ask(path):
        status, headers, _ = d.ask("GET", path)
        return float(headers["X-Waitd-Waited"]), status

    named = {n: ask(f"{query}&n={n}") for n in range(30)}
    counted = {n: ask(query) for n in range(30)}
    return first(same(named, expected, "by n"), same(counted, expected, "counted"))


def wait_refusals(d):
    paths = {"/wait": 400, "/wait/": 404, "/wait/x": 400, "/wait/-1s": 400, "/wait/1ms?x=1": 400,
             "/wait/1ms?wait=1ms": 400, "/wait/1ms?dist=uniform&min=0&max=1ms": 400,
             "/wait?dist=uniform&min=2ms&max=1ms": 400, "/wait?dist=uniform&min=2ms": 400,
             "/wait?dist=x": 400, "/wait/1ms?fail=2": 400, "/wait/1ms?fail=x": 400,
             "/wait/1ms?status=99": 400, "/wait/1ms?fail_status=600": 400, "/wait/1ms?bytes=-1": 400,
             "/wait/1ms?chunks=0": 400, "/wait/1ms?chunks=1": 400, "/wait/1ms?chunks=3&bytes=2": 400, "/wait/1ms?chunks=2": 400,
             "/wait/1ms?seed=1.5": 400, "/wait/1ms?n=-1": 400, "/wait/1ms?pool=none": 404,
             "/wait/1ms?status=200&status=200": 400, "/wait?wait=0&wait=0": 400, "/wait/1ms?n=1&n=2": 400,
             "/wait/1ms?p50=1ms": 400, "/wait/31d": 400, "/wait/1000h": 400}
    problem = first(*[same((path, d.ask("GET", path)[0]), (path, status), "refusals")
                      for path, status in paths.items()])
    return problem or same(d.ask("GET", "/wait")[1]["Access-Control-Allow-Origin"], "*", "a refusal's reader")


def wait_preflights(d):
    """A page anywhere may send any request there, and no draw or worker is used up by its asking."""
    headers = {"Origin": "http://evil.example", "Access-Control-Request-Method": "PUT",
               "Access-Control-Request-Headers": "x-mine"}
    status, answer, _ = d.ask("OPTIONS", "/wait/60s?fail=1&pool=one", headers=headers)
    plain = timed(d, "/wait/20ms", "OPTIONS")
    return first(same((status, answer["Access-Control-Allow-Origin"], answer["Access-Control-Allow-Methods"],
                       answer["Access-Control-Allow-Headers"]), (204, "*", "*", "*, Authorization"), "preflight"),
                 same(plain[0], 200, "a plain OPTIONS"), None if plain[3] >= 0.02 else "which is early")


def wait_bodies(d):
    status, headers, body, _ = timed(d, "/wait/10ms?bytes=100000")
    problem = same((status, len(body), headers["Content-Length"]), (200, 100000, "100000"), "body")
    with socket.create_connection(("127.0.0.1", d.port), GUARD_SECONDS) as sock:
        began = time.monotonic()
        sock.sendall(get("/wait/400ms?bytes=10&chunks=4", extra=b"Connection: close\r\n"))
        times, sizes = [], []
        read_until(sock, b"\r\n\r\n")
        while (size := int(read_until(sock, b"\r\n"), 16)) > 0:
            read_until(sock, b".\r\n")
            times.append(time.monotonic() - began)
            sizes.append(size)
    return first(problem, same(sum(sizes), 10, "chunks' sizes"), same(len(sizes), 4, "chunks"),
                 *[None if 0.1 * (j + 1) <= at < 0.1 * (j + 1) + 2 else f"chunk {j + 1} at {at}"
                   for j, at in enumerate(times)])


def pools_queue(d):
    with concurrent.futures.ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda _: timed(d, "/wait/100ms?pool=db"), range(6)))
    queued = sorted(float(headers["X-Waitd-Queued"]) for _, headers, _, _ in answers)
    problem = first(*[None if took >= 0.1 + float(headers["X-Waitd-Queued"]) else "early"
                      for _, headers, _, took in answers])
    return first(problem, *[None if lo <= q <= lo + 2 else f"queued {queued}"
                            for q, lo in zip(queued, (0, 0, 0.0, 0.0, 0.1, 0.1))])


def leavers_hold_their_worker(d):
    sock = socket.create_connection(("127.0.0.1", d.port), GUARD_SECONDS)
    sock.sendall(get("/wait/300ms?pool=one"))
    time.sleep(0.05)
    sock.close()
    headers = timed(d, "/wait/0?pool=one")[1]
    queued = float(headers["X-Waitd-Queued"])
    return None if queued > 0.1 else f"queued {queued}"


# ---- monitors, the end ----------------------------------------------------------

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
    time.sleep(0.05)
    d.process.terminate()
    d.process.terminate()
    ends = events(answer.read())
    return first(same(ends[-1]["status"], "cancelled", "status"),
                 same(waiting.getresponse().status, 503, "a wait"))


def forecasts(d):
    request = {"op": "forecast", "runs": 20, "jobs": [
        {"name": "a", "wait": {"dist": "exponential", "mean": "1s"}}, {"name": "b", "wait": 1}]}
    status, headers, body = d.ask("POST", "/v1/forecast", json.dumps(request), JSON)
    problem = same((status, headers["Content-Type"], kinds(body)), (200, "application/json", ["forecast"]), "one")
    request["events"] = "all"
    status, headers, body = d.ask("POST", "/v1/forecast", json.dumps(request), JSON)
    problem = problem or same((status, headers["Content-Type"], kinds(body)),
                              (200, "application/x-ndjson", ["run"] * 20 + ["forecast"]), "all")
    body = d.ask("POST", "/v1/forecast", json.dumps(request), {**JSON, "Accept": "text/event-stream"})[2]
    problem = problem or same(body.count(b"event: run\ndata: {"), 20, "as server-sent events")
    return first(problem,
                 refused(d.ask("POST", "/v1/forecast", b'{"op":"forecast","runs":0,"jobs":[]}', JSON), 400,
                         "invalid_request"),
                 refused(d.ask("POST", "/v1/forecast", b'{"op":"forecast","runs":10000000,"jobs":[]}', JSON), 413,
                         "too_large"),
                 refused(d.ask("POST", "/v1/batches", json.dumps(request), JSON), 400, "invalid_request"),
                 refused(d.ask("POST", "/v1/forecast", b" ", JSON), 400, "invalid_request"))


def forecasts_by_their_place(d):
    """The path says what it is: `op` need not."""
    law = [{"wait": {"dist": "exponential", "mean": "1s"}}]
    ask = lambda request: d.ask("POST", "/v1/forecast", json.dumps(request), JSON)
    bare, told = ask({"runs": 9, "seed": 1, "jobs": law}), ask({"op": "forecast", "runs": 9, "seed": 1, "jobs": law})
    return first(same((bare[0], kinds(bare[2])), (200, ["forecast"]), "without op"),
                 same(bare[2], told[2], "with op and without"),
                 same(kinds(ask({"runs": 3, "events": "all", "jobs": law})[2]), ["run"] * 3 + ["forecast"], "all"),
                 *[refused(ask(request), 400, "invalid_request") for request in
                   ({"op": "submit", "jobs": law}, {"op": "ping"}, {"op": "none"}, {"jobs": law}, {"runs": 3}, {},
                    law, [], {"op": "submit", "runs": 3, "jobs": law}, 7, {"runs": 3, "jobs": law, "detach": True})])


def keys_by_header(d):
    """`Idempotency-Key` is `key`: where both are there, they are equal."""
    def ask(header, **members):
        request = {"detach": True, "jobs": [{"wait": 0}], **members}
        return d.ask("POST", "/v1/batches", json.dumps(request), {**JSON, "Idempotency-Key": header})

    def key_of(answer):
        return json.loads(d.ask("GET", answer[1]["Location"])[2])["key"]

    cases = [('"a"', {"key": "a"}, 201), ("a", {"key": "a"}, 200), ("a", {}, 200), ('"a"', {"key": "b"}, 400),
             ("b", {"key": "a"}, 400), ('"b"', {"key": '"b"'}, 400), ("a", {"detach": False}, 400),
             ('"a', {}, 400), ('a"', {}, 400), ('""', {}, 400), ("x" * 256, {}, 400), ("x" * 255, {}, 201),
             ('"' + "y" * 255 + '"', {}, 201), ("a", {"key": 1}, 400), ("a", {"key": ""}, 400), ("\xff", {}, 400)]
    problem = first(*[same((header[:9], members, ask(header, **members)[0]), (header[:9], members, status), "status")
                      for header, members, status in cases])
    bare = d.ask("POST", "/v1/batches", b"[]", {**JSON, "Idempotency-Key": "a"})
    empty = d.ask("POST", "/v1/batches", b"{}", {**JSON, "Idempotency-Key": "a"})
    return first(problem, same(key_of(ask('"q\\"\\\\"', key='q"\\')), 'q"\\', "escapes of the draft's strings"),
                 same(key_of(ask("c\\d")), "c\\d", "a backslash outside of them"),
                 refused(bare, 400, "invalid_request"), refused(empty, 400, "invalid_request"),
                 same(json.loads(ask("a", key="b")[2])["path"], "key", "path"))


def half_closed_and_waiting(d):
    """Whoever has ended its side is answered as well where the answer is on another loop."""
    places = [d.ask("POST", "/v1/batches", b'{"detach":true,"jobs":[{"wait":0}]}', JSON)[1]["Location"] for _ in range(4)]
    with concurrent.futures.ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda i: status_of(d.raw(get(places[i % 4] + ("/events" if i % 2 else "")))), range(400)))
    return same([answer for answer in answers if answer != 200], [], "other than 200")


def long_ids(d):
    """An answer that is one line is whole, however long."""
    def ask(**members):
        return d.ask("POST", "/v1/batches", json.dumps({"id": "i" * 70000, "jobs": [{"wait": 0}], **members}), JSON)

    accepted, wrong, large = ask(detach=True), ask(mode="x"), ask(jobs=[{"wait": 0, "count": 100001}])
    return first(same((accepted[0], json.loads(accepted[2])["ref"]), (201, accepted[1]["Location"][12:]), "accepted"),
                 refused(wrong, 400, "invalid_request"), refused(large, 413, "too_large"))


def jobs_of_batches(d):
    """A job that never was is not one that has ended, and no job is forgotten alone."""
    place = d.ask("POST", "/v1/batches", b'{"detach":true,"jobs":[{"wait":0},{"wait":60}]}', JSON)[1]["Location"]
    eventually(lambda: json.loads(d.ask("GET", place)[2])["pending"] == 1)
    problem = first(refused(d.ask("DELETE", place + "/jobs/0"), 409, "conflict"),
                    refused(d.ask("DELETE", place + "/jobs/2"), 404, "not_found"),
                    refused(d.ask("DELETE", place + "/jobs/1?forget"), 400, "invalid_request"),
                    same(d.ask("DELETE", place + "/jobs/1")[0], 202, "cancelled"),
                    refused(d.ask("DELETE", place + "/jobs/1"), 409, "conflict"),
                    refused(d.ask("DELETE", place + "/jobs/2"), 404, "not_found"),
                    refused(d.ask("DELETE", place + "/jobs/0?forget"), 400, "invalid_request"))
    problem = problem or first(*[refused(d.ask("GET", f"{place}/events?from={text}"), 400, "invalid_request")
                                 for text in ("x", "", "0", "-1", "1.5", "9" * 20, "1&from=x")])
    return problem or same(d.ask("DELETE", place + "?forget")[0], 204, "forgotten")


def bodies_have_one_end(d):
    """What a proxy may take for another length is no request."""
    head = b"POST /v1/batches HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    cases = [b"Content-Length: 24\r\nContent-Length: 25", b"Content-Length: 24\r\nTransfer-Encoding: chunked",
             b"Transfer-Encoding: chunked\r\nContent-Length: 24", b"Transfer-Encoding: gzip",
             b"Transfer-Encoding: gzip, chunked", b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked"]
    chunked = head.replace(b"batches", b"requests") + b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
    return first(*[same(status_of(d.raw(head + fields + b"\r\n\r\n" + ONE)), 400, fields) for fields in cases],
                 same(status_of(d.raw(chunked)), 400, "no chunks"))


def detached_batches(d):
    body = b'{"detach":true,"jobs":[{"wait":0.2},{"wait":30,"count":2}]}'
    status, headers, line = d.ask("POST", "/v1/batches", body, {**JSON, "Idempotency-Key": '"k-1"'})
    place = headers["Location"]
    problem = same((status, kinds(line), place), (201, ["accepted"], "/v1/batches/" + events(line)[0]["ref"]),
                   "accepted")
    again = d.ask("POST", "/v1/batches", body, {**JSON, "Idempotency-Key": "k-1"})
    other = d.ask("POST", "/v1/batches", body.replace(b"30", b"31"), {**JSON, "Idempotency-Key": "k-1"})
    listed = json.loads(d.ask("GET", "/v1/batches?state=running")[2])
    problem = problem or first(
        same((again[0], events(again[2])[0]["existing"], again[1]["Location"]), (200, True, place), "again"),
        refused(other, 409, "conflict"), same(listed["count"], len(listed["batches"]), "count"),
        same(listed["batches"][-1]["key"], "k-1", "key"),
        same(json.loads(d.ask("GET", place)[2])["state"], "running", "state"),
        refused(d.ask("GET", "/v1/batches/none"), 404, "not_found"),
        refused(d.ask("DELETE", place + "?forget"), 409, "conflict"),
        same(d.ask("DELETE", place + "/jobs/1")[0], 202, "a job"),
        refused(d.ask("DELETE", place + "/jobs/1"), 409, "conflict"),
        same(kinds(d.ask("DELETE", place)[2]), ["cancelled"], "cancelled"),
        refused(d.ask("DELETE", place), 409, "conflict"))
    lines = d.ask("GET", place + "/events")[2].splitlines(True)

    def behind(query, number):
        return d.ask("GET", place + "/events" + query, headers={"Last-Event-ID": number} if number else {})

    return first(problem, same(json.loads(lines[-1])["event"], "finished", "events"),
                 same(behind("?from=3", None)[2].splitlines(True), lines[2:], "from 3"),
                 same(behind("?from=1", "3")[2].splitlines(True), lines[3:], "behind 3"),
                 same(behind(f"?from={len(lines) + 1}", None)[0], 204, "nothing behind"),
                 refused(behind("", "x"), 400, "invalid_request"),
                 same(b"\nid: 2\n" in d.ask("GET", place + "/events", headers={"Accept": "text/event-stream"})[2],
                      True, "id"),
                 same(d.ask("DELETE", place + "?forget")[0], 204, "forgotten"),
                 refused(d.ask("GET", place + "/events"), 410, "gone"), refused(d.ask("GET", place), 410, "gone"),
                 refused(d.ask("DELETE", place), 410, "gone"), refused(d.ask("DELETE", place + "?forget"), 410, "gone"),
                 refused(d.ask("POST", "/v1/batches", ONE, {**JSON, "Idempotency-Key": '""'}), 400, "invalid_request"))


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
    ("a batch's events are streamed", batch_streams),
    ("their lines are those of the socket", batch_is_the_sockets),
    ("and so are those of a large one", large_batches),
    ("what is no single batch is refused by status, and nothing runs", batch_refusals),
    ("or they are server-sent events", batch_events),
    ("an error among them is named refused", refusal_is_no_error_event),
    ("which is what Accept prefers", accept_chooses),
    ("requests are answered while more are sent", requests_converse),
    ("or all at once", requests_at_once),
    ("who does not read is not read from", requests_under_pressure),
    ("a batch is cancelled when its client goes", batch_goes_with_its_client),
    ("HTTP/1.0 gets its stream until the end", http10_until_close),
    ("hosts are guarded", hosts_are_guarded),
    ("origins are guarded", origins_are_guarded),
    ("types of content are guarded", content_is_guarded),
    ("methods and paths", methods_and_paths),
    ("expectations", expectations),
    ("a refusal arrives before the body has ended", long_bodies),
    ("a body in chunks is held to the limit", chunks_beyond_the_limit),
    ("heads are held to theirs", long_heads),
    ("malformed heads are refused as all else is", malformed_heads),
    ("and those with many fields", many_fields),
    ("heads come in pieces", heads_in_pieces),
    ("HEAD has no body", head_has_no_body),
    ("pipelined requests are answered, behind a half-close too", pipelined),
    ("and behind a large answer", large_then_others),
    ("targets in absolute form", targets_in_absolute_form),
    ("an idle client's end is seen", idle_end_is_seen),
    ("/wait waits", waits),
    ("/wait is as job n of a batch", waits_as_a_batch_does),
    ("/wait refuses what it does not know", wait_refusals),
    ("/wait lets pages ask before", wait_preflights),
    ("/wait has a body, in pieces over its time", wait_bodies),
    ("pools queue", pools_queue),
    ("who leaves holds its worker", leavers_hold_their_worker),
    ("those who watch are served", monitors),
    ("forecasts", forecasts),
    ("forecasts need no op", forecasts_by_their_place),
    ("Idempotency-Key is the key", keys_by_header),
    ("half-closed requests wait for their answer", half_closed_and_waiting),
    ("lines are whole", long_ids),
    ("jobs of detached batches", jobs_of_batches),
    ("a body has one end", bodies_have_one_end),
    ("detached batches", detached_batches),
    ("the page is there, and guarded", page_is_guarded),
    ("and all is as before", settles),
]


def attempt(tap, name, case, daemon):
    try:
        problem = case(daemon)
    except (OSError, KeyError, TypeError, ValueError, IndexError, http.client.HTTPException) as error:
        problem = f"{type(error).__name__}: {error}"
    tap.result(not problem, name, problem or "")


def is_built():
    """Whether this build has HTTP."""
    said = subprocess.run([PROGRAM, "--check-config", "--http", "0"], stderr=subprocess.PIPE, check=False).stderr
    return b"built without HTTP" not in said


def main():
    if not is_built():
        print("1..0 # SKIP built without HTTP")
        return 0
    tap = Tap()
    only = sys.argv[1:]
    daemon = Http("--http-host", "test.example", "--http-origin", "http://ok.example:3000",
                  "--service", "db=2", "--service", "one=1", "--max-jobs", "100000")
    for name, case in SHARED:
        if not only or any(word in name for word in only):
            attempt(tap, name, case, daemon)
    if not only:
        tap.result(daemon.stop() == 0, "the daemon ends in good order", "")
        with tempfile.TemporaryDirectory(prefix="waitd-test.") as scratch:
            for name, case, flags, address in (
                    ("slow heads are let go", slow_heads, ("--http-header-timeout", "300ms"), None),
                    ("thousands of slow senders and readers hold nobody up", slow_clients,
                     ("--http-header-timeout", "1h"), None),
                    ("streams may be silent", silent_streams, ("--client-timeout", "300ms"), None),
                    ("readers may not", silent_readers, ("--client-timeout", "300ms"), None),
                    ("one too many is told so", too_many, ("--max-connections", "4"), None),
                    ("and of an address", too_many_of_an_address,
                     ("--max-connections-per-address", "2"), None),
                    ("Unix sockets serve any host", unix_sockets, (), f"unix:{scratch}/http"),
                    ("a drain lets batches finish", drains, (), None),
                    ("a second signal cancels", cancels, (), None)):
                daemon = Http(*flags, http=address or "127.0.0.1:0")
                attempt(tap, name, case, daemon)
                status = daemon.process.wait(GUARD_SECONDS) if case in (drains, cancels) else daemon.stop()
                tap.result(status == 0, f"{name}: and it ends in good order", f"status {status}")
    daemon.process.kill()
    return tap.finish()


if __name__ == "__main__":
    sys.exit(main())
