#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""Batches over HTTP: streams, refusals, conversations, forecasts, and batches that are kept.
Speaks TAP; WAITD is the program under test.
"""

import concurrent.futures
import json
import re
import socket
import sys
import tempfile

from daemons import GUARD_SECONDS, Client, eventually, first, settles, will_reset
from http_client import (
    JSON, ONE, Http, attempt, dechunk, events, get, kinds, post, read_all, read_until, refused, run, same, status_of)


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


def reset_behind_accepted(d, batch):
    with socket.create_connection(("127.0.0.1", d.port), GUARD_SECONDS) as sock:
        sock.sendall(post("/v1/batches", batch))
        read_until(sock, b"accepted")
        will_reset(sock)


def large_batches(d):
    """Those are written past the library, and nobody can see it."""
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
    reset_behind_accepted(d, b'{"jobs":[{"wait":0,"count":70000},{"wait":60}]}')
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


def requests_that_end_early(d):
    """Whatever follows quit or what is no JSON is not waited for: the answer and the connection end."""
    head = post("/v1/requests", b"").replace(b"Content-Length: 0", b"Transfer-Encoding: chunked")
    quit_, ping, batch = b'd\r\n{"op":"quit"}\r\n', b'd\r\n{"op":"ping"}\r\n', b'17\r\n{"jobs":[{"wait":0.1}]}\r\n'
    problem = None
    for body, expected in ((quit_, []), (ping + quit_, ["pong"]), (batch + quit_, ["accepted", "done", "finished"]),
                           (ping + b"1\r\n]\r\n", ["pong", "error"])):
        answer, _, rest = d.raw(head + body, half_close=False).partition(b"\r\n\r\n")
        problem = problem or first(same(status_of(answer), 200, "status"), same(kinds(dechunk(rest)), expected, "events"),
                                   same(rest[-5:], b"0\r\n\r\n", "the last chunk"))
    return problem


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
    reset_behind_accepted(d, b'{"jobs":[{"wait":0.02,"count":50},{"wait":60}],"mode":"sequential"}')
    return None if eventually(lambda: json.loads(d.ask("GET", "/v1/stats")[2])["batches"] == 0) \
        else "the batch still runs"


def refused_within_their_bodies(d):
    """A client may take its time over a body that nobody wants, and gets its refusal at the end."""
    heads = [f"{method} {path} HTTP/1.1\r\nHost: localhost\r\n{fields}Content-Length: 4\r\n\r\nxx".encode()
             for method, path in (("POST", "/v1/batches"), ("POST", "/v1/forecast"), ("POST", "/v1/requests"),
                                  ("DELETE", "/v1/batches/none-1"), ("DELETE", "/v1/batches/none-1/jobs/0"),
                                  ("POST", "/v1/batches/none-1/events"), ("PUT", "/v1/batches"), ("POST", "/healthz"),
                                  ("POST", "/none"), ("POST", "/wait/0?status=1"), ("POST", "/v1/batches?no"))
             for fields in ("", "Content-Type: application/json\r\nOrigin: http://other.example\r\n",
                            "Content-Type: application/json\r\nIdempotency-Key: \"\r\n")
             if path != "/v1/requests" or "Idempotency" not in fields]
    socks = [socket.create_connection(("127.0.0.1", d.port), GUARD_SECONDS) for _ in heads]
    for sock, head in zip(socks, heads):
        sock.sendall(head)
    d.ask("GET", "/wait/500ms")  # longer than it takes to have a look at whoever is silent
    answers = []
    for sock in socks:
        sock.sendall(b"xx")
        answers.append(read_until(sock, b"\r\n\r\n"))
        sock.close()
    return same([status_of(answer) for answer in answers if status_of(answer) not in (400, 403, 404, 405, 415)],
                [], "other than refusals")


def http10_until_close(d):
    data = d.raw(b"POST /v1/batches HTTP/1.0\r\nContent-Length: %d\r\nConnection: keep-alive\r\n"
                 b"Content-Type: application/json\r\n\r\n" % len(ONE) + ONE)
    head, _, body = data.partition(b"\r\n\r\n")
    return first(None if b"Transfer-Encoding" not in head and b"Content-Length" not in head
                 else f"framed: {head!r}", same(kinds(body), ["accepted", "done", "finished"], "events"))


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
    drawn = [{"wait": {"dist": "exponential", "mean": "1s"}}]
    ask = lambda request: d.ask("POST", "/v1/forecast", json.dumps(request), JSON)
    bare, reported = ask({"runs": 9, "seed": 1, "jobs": drawn}), ask({"op": "forecast", "runs": 9, "seed": 1, "jobs": drawn})
    return first(same((bare[0], kinds(bare[2])), (200, ["forecast"]), "without op"),
                 same(bare[2], reported[2], "with op and without"),
                 same(kinds(ask({"runs": 3, "events": "all", "jobs": drawn})[2]), ["run"] * 3 + ["forecast"], "all"),
                 *[refused(ask(request), 400, "invalid_request") for request in
                   ({"op": "submit", "jobs": drawn}, {"op": "ping"}, {"op": "none"}, {"jobs": drawn}, {"runs": 3}, {},
                    drawn, [], {"op": "submit", "runs": 3, "jobs": drawn}, 7, {"runs": 3, "jobs": drawn, "detach": True})])


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
                                 for text in ("x", "", "0", "-1", "1.5", "1&from=x", "1&from=1")])
    for method, path, allow in (("GET", "/jobs/1", "DELETE"), ("DELETE", "/events", "GET, HEAD"), ("PUT", "/jobs/1", "DELETE"),
                                ("PUT", "/events", "GET, HEAD"), ("OPTIONS", "/events", "GET, HEAD"),
                                ("POST", "", "GET, HEAD, DELETE"), ("PATCH", "", "GET, HEAD, DELETE")):
        answer = d.ask(method, place + path)
        problem = problem or same((answer[0], answer[1]["Allow"]), (405, allow), f"{method} {path}")
    for path in ("/", "/event", "/events/", "/jobs", "/jobs/", "/jobs/x", "/jobs/1/", "//events"):
        problem = problem or refused(d.ask("DELETE", place + path), 404, "not_found")
    return problem or same(d.ask("DELETE", place + "?forget")[0], 204, "forgotten")


def fields_several_times(d):
    """A list may be spread over several fields; another field is there once, or is the same each time.
    Blanks behind a value are no part of it."""
    detached = b'{"detach":true,"jobs":[]}'
    accepted = d.raw(post("/v1/batches", ONE, b"Accept: application/x-ndjson;q=0.3\r\nAccept: text/event-stream\r\n"))
    twice = [status_of(d.raw(post("/v1/batches", detached, field + b": twice-1\r\n" + field + b": twice-" + last + b"\r\n")))
             for field in (b"Idempotency-Key", b"idempotency-key") for last in (b"1 ", b"2")]
    place = d.ask("POST", "/v1/batches", detached, JSON)[1]["Location"]
    blanks = [status_of(d.raw(get(place + "/events", extra=field + b" \t\r\n", host=b"localhost ")))
              for field in (b"Last-Event-ID: 2", b"Origin: http://ok.example:3000", b"Origin: http://other.example")]
    unmet = status_of(d.raw(post("/v1/batches", ONE, b"Expect: 100-continue \r\n"), half_close=False))
    return first(same(unmet, 417, "Expect"), same(b"event-stream" in accepted, True, "Accept"), same(twice, [201, 400, 200, 400], "keys"),
                 same(blanks, [204, 200, 403], "blanks"))


def large_numbers(d):
    """What is a number is taken as one, however large."""
    place = d.ask("POST", "/v1/batches", b'{"detach":true,"jobs":[]}', JSON)[1]["Location"]
    eventually(lambda: json.loads(d.ask("GET", place)[2])["state"] == "finished")
    problem = None
    for text in (str((1 << 63) - 2), str((1 << 63) - 1), str((1 << 64) - 1), str(1 << 64), "9" * 400):
        problem = problem or first(
            same(d.ask("GET", f"{place}/events?from={text}")[0], 204, "from"),
            same(d.ask("GET", place + "/events", headers={"Last-Event-ID": text})[0], 204, "Last-Event-ID"),
            same(d.ask("GET", "/v1/batches?limit=" + text)[0], 200, "limit"),
            refused(d.ask("DELETE", f"{place}/jobs/{text}"), 404, "not_found"))
    return problem


def head_of_streams(d):
    """Nothing of a stream comes behind its head, not even its end: what follows is the next answer."""
    place = d.ask("POST", "/v1/batches", b'{"detach":true,"jobs":[{"wait":0}]}', JSON)[1]["Location"]
    problem = None
    for path in (place + "/events", "/wait/1ms?bytes=4&chunks=2", "/wait/1ms?bytes=4", place):
        data = d.raw(get(path).replace(b"GET", b"HEAD", 1) + get("/wait/0?status=299"))
        head, _, rest = data.partition(b"\r\n\r\n")
        problem = problem or same((status_of(head), rest[:12]), (200, b"HTTP/1.1 299"), path)
    return problem


def heads_of_silent_streams(d):
    """Whoever follows a batch from its next event on has the head before that happens."""
    problem = None
    for accept in (b"", b"Accept: text/event-stream\r\n"):
        place = d.ask("POST", "/v1/batches", b'{"detach":true,"jobs":[{"wait":3600}]}', JSON)[1]["Location"]
        with socket.create_connection(("127.0.0.1", d.port), GUARD_SECONDS) as sock:
            sock.sendall(get(f"{place}/events?from=2", extra=accept))
            head = read_until(sock, b"\r\n\r\n")
            status = d.ask("DELETE", place)[0]
            rest = read_until(sock, b"0\r\n\r\n")
        problem = problem or same((status_of(head), status, b'"finished"' in rest), (200, 202, True), accept)
    return problem


def parameters(d):
    """Each resource has its own, once each; all else is refused by its name, and nothing is done."""
    place = d.ask("POST", "/v1/batches", b'{"detach":true,"jobs":[{"wait":60}]}', JSON)[1]["Location"]
    before = json.loads(d.ask("GET", "/v1/stats")[2])["accepted"]
    cases = [("GET", "/v1/stats", "x", "x"), ("GET", "/v1/batches", "colour=red", "colour"),
             ("GET", "/v1/batches", "limit=1&limit=1", "limit"), ("GET", "/v1/batches", "state=%00", "state"),
             ("GET", place, "ref=x", "ref"), ("GET", place, "watch", "watch"),
             ("GET", place + "/events", "from=1&form=2", "form"), ("GET", place + "/events", "from=1&from=1", "from"),
             ("DELETE", place, "forgot", "forgot"), ("DELETE", place, "forget=no", "forget"),
             ("DELETE", place, "forget&forget", "forget"), ("DELETE", place + "/jobs/0", "x", "x"),
             ("POST", "/v1/batches", "watch=0", "watch"), ("POST", "/v1/batches", "watch&detach", "detach"),
             ("POST", "/v1/forecast", "events=all", "events"), ("POST", "/v1/requests", "watch", "watch"),
             ("GET", "/wait/0", "Seed=1", "Seed"), ("GET", "/wait/0", "wait=0", "wait")]
    problem = None
    for method, path, query, name in cases:
        answer = d.ask(method, f"{path}?{query}", *([ONE, JSON] if method == "POST" else []))
        problem = problem or refused(answer, 400, "invalid_request") or same(
            (events(answer[2])[0]["path"] if name in ("x", "watch") else name, f'"{name}"' in events(answer[2])[0]["message"]),
            (name, True), f"{method} {path}?{query}")
    for path, query, takes in (("/v1/batches", "limit=x", "an integer of 0 or more"),
                               ("/v1/batches", "state=a+b", "running, finished or foreign"),
                               ("/v1/batches", "after=%22", "the ref of a batch"),
                               (place + "/events", "from=-1", "an event's number")):
        name, got = query.split("=")
        message = f'"{name}" takes {takes}, not "{got.replace("+", " ").replace("%22", chr(34))}"'
        problem = problem or same([(event["message"], event["path"]) for event in events(d.ask("GET", f"{path}?{query}")[2])],
                                  [(message, name)], query)
    after = json.loads(d.ask("GET", "/v1/stats")[2])["accepted"]
    taken = [d.ask(*case)[0] for case in (
        ("GET", "/healthz?verbose"), ("GET", "/metrics?x=1"), ("GET", "/?batch=1"), ("GET", "/v1/batches?&&"),
        ("POST", "/v1/batches?watch=", ONE, JSON), ("GET", "/v1/batches?%73tate=running&limit=1"))]
    return first(problem, same(after, before, "accepted"), same(taken, [200] * 6, "taken"),
                 same(d.ask("DELETE", place)[0], 202, "cancelled"))


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
        refused(d.ask("DELETE", place + "?forget=0"), 400, "invalid_request"),
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


def with_a_journal(tap):
    """A journal may answer a cancel before it has listed the batch."""
    def unknown(d):
        return first(*[refused(d.ask("DELETE", "/v1/batches/none-1" + job), 404, "not_found")
                       for job in ("", "/jobs/0") * 50])

    with tempfile.TemporaryDirectory() as state:
        daemon = Http("--state", state, "--max-jobs", "100000")
        for name, case in (("unknown batches are not cancelled", unknown), ("durable batches", detached_batches),
                           ("jobs of durable batches", jobs_of_batches)):
            attempt(tap, name, case, daemon)
        tap.result(daemon.stop() == 0, "the daemon with a journal ends in good order", "")


def with_little_time(tap):
    """Who does not complete a request in time is refused, whatever else would have been refused."""
    def late(d):
        heads = [f"{method} {path} HTTP/1.1\r\nHost: localhost\r\n{kind}Content-Length: 40\r\n\r\n[{{".encode()
                 for method, path in (("POST", "/v1/batches"), ("POST", "/v1/forecast"), ("POST", "/wait/0"),
                                      ("DELETE", "/v1/batches/none"), ("PUT", "/v1/stats"))
                 for kind in ("", "Content-Type: application/json\r\n")]
        return first(*[same((status_of(answer), b'"code":"too_large"' in answer, b"request-timeout" in answer),
                            (413, True, True), head.decode())
                       for head in heads for answer in [d.raw(head, half_close=False)]])

    daemon = Http("--request-timeout", "50ms")
    attempt(tap, "late bodies are refused", late, daemon)
    tap.result(daemon.stop() == 0, "the daemon with little time ends in good order", "")


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
    ("or end early", requests_that_end_early),
    ("who does not read is not read from", requests_under_pressure),
    ("a batch is cancelled when its client goes", batch_goes_with_its_client),
    ("refusals wait for bodies that take their time", refused_within_their_bodies),
    ("HTTP/1.0 gets its stream until the end", http10_until_close),
    ("forecasts", forecasts),
    ("forecasts need no op", forecasts_by_their_place),
    ("Idempotency-Key is the key", keys_by_header),
    ("half-closed requests wait for their answer", half_closed_and_waiting),
    ("lines are whole", long_ids),
    ("jobs of detached batches", jobs_of_batches),
    ("fields several times, and with blanks", fields_several_times),
    ("numbers of any size", large_numbers),
    ("HEAD of streams", head_of_streams),
    ("heads of streams that are silent", heads_of_silent_streams),
    ("parameters are known or refused", parameters),
    ("detached batches", detached_batches),
    ("and all is as before", settles),
]


if __name__ == "__main__":
    sys.exit(run(SHARED, lambda tap: (with_a_journal(tap), with_little_time(tap))))
