#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""A crowd of connections at once, each with work in flight, while others reset
by the hundred: is anybody late, is anything lost, is anything left?

    crowd.py [--connections N] [--resets N] [--seconds S] [--figures]

N connections (10,000) by several client processes, each with a batch whose
jobs fall due all through the run; beside them so many resets a second (1,000),
by clients with a batch running; and ten bystanders with a job due every 20 ms.
The table compares the bystanders' lateness with that of a bare timer in a
process of its own in the same seconds.

Exits with 0 if all that was accepted ended as it should, and the counts and
descriptors are what they were.  How late anybody was depends on the machine:
it is reported, and is a failure with --figures alone, where the bystanders' 99th
percentile must be within 20 ms of the bare timer's.
"""

import argparse
import json
import multiprocessing
import os
import selectors
import socket
import struct
import sys
import time

from daemons import Client, Daemon, eventually, judge, settles

PROCESSES = 4
BYSTANDERS = 10
SPACING_SECONDS = 0.02
WITHIN_SECONDS = 0.02
GUARD_SECONDS = 300


def connect(port):
    made = socket.socket()
    made.settimeout(GUARD_SECONDS)
    made.connect(("127.0.0.1", port))
    return made


def crowd(port, connections, seconds, ready, answer):
    """Holds so many connections, each with two jobs due in every second."""
    request = json.dumps({"jobs": [{"wait": {"dist": "uniform", "min": 0, "max": seconds},
                                    "count": int(2 * seconds)}], "seed": os.getpid()}).encode()
    unread, problem = {}, None
    selector = selectors.DefaultSelector()
    for _ in range(connections):
        each = connect(port)
        each.sendall(request)
        each.shutdown(socket.SHUT_WR)
        unread[each] = bytearray(each.recv(65536))  # it has been accepted
        selector.register(each, selectors.EVENT_READ)
    ready.release()
    guard = time.monotonic() + seconds + GUARD_SECONDS
    done = finished = 0
    while unread and time.monotonic() < guard:
        for key, _ in selector.select(1):
            each = key.fileobj
            try:
                data = each.recv(65536)
            except OSError as error:
                data, problem = b"", problem or str(error)
            unread[each] += data
            if data:
                continue
            lines = bytes(unread.pop(each)).splitlines()
            selector.unregister(each)
            each.close()
            done += sum(b'"done"' in line and b'"ok"' in line for line in lines)
            last = json.loads(lines[-1]) if lines else {}
            finished += last.get("event") == "finished" and last.get("status") == "ok"
    answer.send((done, finished, problem or (f"{len(unread)} do not end" if unread else None)))
    os._exit(0)


def resets(port, a_second, seconds, go, answer):
    """Connects, has a batch running, and resets."""
    request = b'{"jobs":[{"wait":60,"count":10}]}'
    linger = struct.pack("ii", 1, 0)
    go.wait()
    began, n = time.monotonic(), 0
    while (now := time.monotonic()) < began + seconds:
        for _ in range(max(0, min(50, int((now - began) * a_second) - n))):
            each = connect(port)
            each.sendall(request)
            each.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            each.close()
            n += 1
        time.sleep(0.005)
    answer.send(n / (time.monotonic() - began))
    os._exit(0)


def bare_timer(seconds, go, answer):
    """How late a process is that does nothing but wait for absolute times."""
    go.wait()
    late, due = [], time.monotonic()
    end = due + seconds
    while due < end:
        due += SPACING_SECONDS
        time.sleep(max(0, due - time.monotonic()))
        late.append(time.monotonic() - due)
    answer.send(late)
    os._exit(0)


def bystander(port, seconds, go, answer):
    client = Client.__new__(Client)
    client.socket = connect(port)
    client.lines = client.socket.makefile("rb")
    go.wait()
    count = int(seconds / SPACING_SECONDS)
    client.send({"events": "all", "mode": "sequential",
                 "jobs": [{"wait": SPACING_SECONDS, "count": count}]})
    events = client.until("finished")
    late = [e["at"] - e["due"] for e in events if e and e["event"] == "done"]
    answer.send(late if events[-1] and events[-1]["ok"] == count else None)
    os._exit(0)


def start(target, *arguments):
    ours, theirs = multiprocessing.Pipe(False)
    process = multiprocessing.Process(target=target, args=(*arguments, theirs))
    process.start()
    theirs.close()
    return process, ours


def answers(started):
    got = []
    for process, pipe in started:
        try:
            got.append(pipe.recv())
        except EOFError:
            got.append(None)
        process.join()
    return got


def percentile(values, share):
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]


def show(what, late):
    print(f"{what:<24}" + "".join(f"{1e3 * percentile(late, s):>12.3f}" for s in (0.5, 0.99, 1)) +
          f"{len(late):>10}")


def run(daemon, options):
    port = int(daemon.address.rsplit(":", 1)[1])
    go, ready = multiprocessing.Event(), multiprocessing.Semaphore(0)
    seconds, each = options.seconds, options.connections // PROCESSES
    # The crowd's jobs fall due from when it comes until well after it is watched.
    crowd_seconds = 2 * seconds + each / 1000
    crowds = [start(crowd, port, each, crowd_seconds, ready) for _ in range(PROCESSES)]
    for _ in range(PROCESSES):
        if not ready.acquire(timeout=GUARD_SECONDS):
            return ["the crowd does not get in"]
    resetters = [start(resets, port, options.resets, seconds, go)]
    bystanders = [start(bystander, port, seconds, go) for _ in range(BYSTANDERS)]
    bare = start(bare_timer, seconds, go)
    client = Client(daemon)
    connections = client.ask({"op": "stats"})["connections"]
    resident = daemon.resident_bytes()
    go.set()
    problems = []
    ended = answers(crowds)
    done = sum(e[0] for e in ended if e)
    finished = sum(e[1] for e in ended if e)
    rate = answers(resetters)[0]
    late = [seconds for one in answers(bystanders) for seconds in
            (one if one is not None else problems.append("a bystander was not served") or [])]
    bare_late = answers([bare])[0]
    client.close()
    print(f"{connections} connections, {PROCESSES * each} of them with work in flight; "
          f"{rate:.0f} resets a second; {resident / 1e6:.1f} MB when all were connected\n"
          f"{'lateness in ms':<24}{'p50':>12}{'p99':>12}{'max':>12}{'waits':>10}")
    show("a bare timer", bare_late)
    if late:
        show("the bystanders' jobs", late)
    problems += [f"a crowd: {e[2] if e else 'lost'}" for e in ended if not e or e[2]]
    if finished != PROCESSES * each or done != finished * int(2 * crowd_seconds):
        problems.append(f"{finished} of {PROCESSES * each} batches and {done} of "
                        f"{PROCESSES * each * int(2 * crowd_seconds)} jobs ended as they should")
    if options.figures and late and \
            percentile(late, 0.99) > percentile(bare_late, 0.99) + WITHIN_SECONDS:
        problems.append("the bystanders were later than a bare timer by more than 20 ms")
    left = settles(daemon)
    if not left and not daemon.is_sanitized() and \
            not eventually(lambda: daemon.resident_bytes() < resident + (8 << 20)):
        left = f"{daemon.resident_bytes()} bytes of memory are left"
    return problems + ([left] if left else [])


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--connections", type=int, default=10000)
    parser.add_argument("--resets", type=int, default=1000)
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--figures", action="store_true")
    options = parser.parse_args()
    return judge(Daemon(), run, options)


if __name__ == "__main__":
    sys.exit(main())
