#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""/wait: a slow back end.  Speaks TAP; WAITD is the program under test."""

import concurrent.futures
import json
import socket
import sys
import time

from daemons import GUARD_SECONDS, first, settles
from http_client import JSON, events, get, read_until, run, same


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
        if not least <= took < least + 30:
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
    got = {"/wait/1000h": "1000h", "/wait?dist=uniform&min=2ms&max=1ms": "1ms", "/wait?dist=lognormal&p50=0s&p99=1": "0s",
           "/wait?dist=lognormal&p50=2&p99=1.5": "1.5", "/wait/1ms?chunks=3&bytes=2": "2", "/wait/1ms?chunks=2": "0"}
    for path, quoted in got.items():
        message = json.loads(d.ask("GET", path)[2])["message"]
        problem = problem or (None if message.endswith(f', not "{quoted}"') else f"{path}: {message}")
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
                 *[None if 0.1 * (j + 1) <= at < 30 else f"chunk {j + 1} at {at}"
                   for j, at in enumerate(times)])


def pools_queue(d):
    """Six on two workers: three rounds, and what each says it was queued for is a part of its time."""
    began = time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda _: timed(d, "/wait/100ms?pool=db"), range(6)))
    all_took = time.monotonic() - began
    return first(None if all_took >= 0.3 else f"all in {all_took}",
                 *[None if took >= 0.1 + float(headers["X-Waitd-Queued"]) else "early"
                   for _, headers, _, took in answers])


def leavers_hold_their_worker(d):
    began = time.monotonic()
    with socket.create_connection(("127.0.0.1", d.port), GUARD_SECONDS) as sock:
        sock.sendall(get("/wait/500ms?pool=one"))
        d.catch_up()
    status = timed(d, "/wait/0?pool=one")[0]
    took = time.monotonic() - began
    return first(same(status, 200, "status"), None if took >= 0.5 else f"it is free after {took}")


SHARED = [
    ("/wait waits", waits),
    ("/wait is as job n of a batch", waits_as_a_batch_does),
    ("/wait refuses what it does not know", wait_refusals),
    ("/wait lets pages ask before", wait_preflights),
    ("/wait has a body, in pieces over its time", wait_bodies),
    ("pools queue", pools_queue),
    ("who leaves holds its worker", leavers_hold_their_worker),
    ("and all is as before", settles),
]


if __name__ == "__main__":
    sys.exit(run(SHARED))
