#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""A week's batches of a cluster in a minute or two:

    cluster_week.py [BATCHES]           (make cluster-week BATCHES=100000)

Clients submit batches with draws, each under a key of its own, to three nodes on one server, and
submit again what was not answered.  A node is killed every 10 s, the server every 60 s, also
while the streams are read.  Then:

- each batch was accepted once: each answer to its key names one ref;
- each of the three nodes gives each batch's stream, and its hash is the same as that of what a
  node without a cluster gives for the same request, less `ref`, `time` and `durable`.

The moments are in no step with the clients; nothing here depends on how long anything takes.
"""

import collections
import hashlib
import json
import random
import re
import shutil
import signal
import sys
import threading
import time

import nats
from daemons import Client, Daemon
from examples import Tap

NODES = 3
CLIENTS = 8
AT_ONCE = 40  # batches that a client submits in one go, or watches on one connection
SUBMITTED_A_SECOND = 1500  # so that kills fall among them
KINDS = 100  # of requests
LIMITS = ("--max-pending", "10000000", "--max-detached", "1000000")
GRACE = ("--cluster-grace", "300ms")
NODE_LIFE_SECONDS = 10
SERVER_LIFE_SECONDS = 60
RETRY_SECONDS = 0.05
DIFFERS = re.compile(rb'"(ref|time|durable)":"[^"]*",?')
BROKEN = (OSError, ValueError)


class Lost(OSError):
    """A stream that ended before its batch did."""


def request(number):
    """What the batch of that number is asked for by; those of one kind are equal."""
    seed = number % KINDS
    draw = random.Random(seed)
    job = {"wait": round(draw.uniform(0, 0.05), 3), "count": draw.randrange(1, 3), "fail": 0.3,
           "retries": 1}
    return {"detach": True, "seed": seed, "jobs": [job]}


def read_stream(client):
    """The hash of a batch's stream, to its end; None if there is no such batch."""
    digest = hashlib.sha256()
    while line := client.lines.readline():
        if b'"code":"not_found"' in line:
            return None
        if b'"event":"error"' in line or b'"event":"suspended"' in line:
            break
        digest.update(DIFFERS.sub(b"", line).replace(b",}", b"}"))
        if b'"event":"finished"' in line:
            return digest.digest()
    raise Lost


class Week:
    def __init__(self, batches, directory):
        self.server = nats.Server(directory).start()
        self.nodes = [nats.Node(self.server.url, *GRACE, *LIMITS) for _ in range(NODES)]
        self.batches = batches
        self.todo = collections.deque(range(batches))
        self.refs = {}
        self.counts = collections.Counter()
        self.lock = threading.Lock()
        self.is_over = threading.Event()

    def count(self, what, n=1):
        with self.lock:
            self.counts[what] += n

    # ---- Submitting ----

    def take(self, number, ref):
        with self.lock:
            if self.refs.setdefault(number, ref) != ref:
                self.counts["doubled"] += 1

    def submit_some(self, client, numbers):
        """Submits them, and takes out of the set what is accepted."""
        client.send(b"".join(
            json.dumps({**request(i), "id": i, "key": f"b{i}"}).encode() for i in numbers))
        unanswered = set(numbers)
        while unanswered:
            event = client.event()
            if event is None or event["event"] == "error" and "id" not in event:
                raise Lost
            if event["event"] in ("accepted", "error") and "id" in event:
                unanswered.discard(event["id"])
            if event["event"] == "accepted" and event["id"] in numbers:
                numbers.discard(event["id"])
                self.take(event["id"], event["ref"])

    def submit(self, node):
        """One client, which goes to the next node when it loses one."""
        client, mine = None, set()
        while not self.is_over.is_set():
            with self.lock:
                while self.todo and len(mine) < AT_ONCE:
                    mine.add(self.todo.popleft())
            if not mine:
                break
            try:
                client = client or Client(self.nodes[node % NODES])
                self.submit_some(client, mine)
                time.sleep(AT_ONCE * CLIENTS / SUBMITTED_A_SECOND)
            except BROKEN:
                self.count("reconnects")
                client, node = None, node + 1
                time.sleep(RETRY_SECONDS)
        if client is not None:
            client.close()

    # ---- Reading ----

    def read(self, place, expected):
        """One client's share of the batches, at each node in turn."""
        for node in range(place, place + NODES):
            share, at = range(place, self.batches, CLIENTS), 0
            while at < len(share):
                try:
                    client = Client(self.nodes[node % NODES])
                    for number in share[at:at + AT_ONCE]:
                        client.send({"op": "watch", "ref": self.refs[number]})
                        stream = read_stream(client)
                        self.count("read")
                        if stream is None:
                            self.count("lost")
                        elif stream != expected[number % KINDS]:
                            self.count("different")
                        at += 1
                    client.close()
                except BROKEN:
                    self.count("reconnects")
                    time.sleep(RETRY_SECONDS)

    # ---- Faults ----

    def kill(self):
        began, nodes, servers = time.monotonic(), 0, 0
        while not self.is_over.wait(RETRY_SECONDS):
            passed = time.monotonic() - began
            if passed > NODE_LIFE_SECONDS * (nodes + 1):
                self.nodes[nodes % NODES].kill()
                self.nodes[nodes % NODES] = nats.Node(self.server.url, *GRACE, *LIMITS)
                nodes += 1
            # Between two kills of nodes, which start by the server.
            if passed > SERVER_LIFE_SECONDS * (servers + 1) - NODE_LIFE_SECONDS / 2:
                self.server.stop(signal.SIGKILL)
                self.server.start()
                servers += 1
        self.counts.update({"nodes killed": nodes, "servers killed": servers})


def run_all(target, arguments):
    threads = [threading.Thread(target=target, args=each) for each in arguments]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def undisturbed():
    """The hashes of streams of all kinds, from a node by itself."""
    alone = Daemon(*LIMITS)
    hashes = []
    for number in range(KINDS):
        client = Client(alone)
        client.send(request(number))
        hashes.append(read_stream(client))
        client.close()
    alone.stop()
    alone.close()
    return hashes


def play(tap, batches, directory):
    expected = undisturbed()
    week = Week(batches, directory)
    faults = threading.Thread(target=week.kill)
    faults.start()
    began = time.monotonic()
    try:
        run_all(week.submit, [(i,) for i in range(CLIENTS)])
        accepted_seconds = time.monotonic() - began
        run_all(week.read, [(i, expected) for i in range(CLIENTS)])
    finally:
        week.is_over.set()
        faults.join()
        nats.end_all()
        week.server.stop(signal.SIGKILL)
    counts = week.counts
    print(f"# {batches} batches accepted in {accepted_seconds:.0f} s, "
          f"{counts['read']} streams read; {dict(counts)}")
    tap.result(len(week.refs) == batches and counts["doubled"] == 0, "each is accepted once",
               f"{len(week.refs)} of {batches}")
    tap.result(counts["read"] == NODES * batches and counts["lost"] == 0, "none is lost")
    tap.result(counts["different"] == 0, "each stream is the same at each node, and by itself")


def main(batches):
    if nats.PROGRAM is None:
        print("1..0 # SKIP no nats-server")
        return
    directory = nats.temporary()
    tap = Tap()
    try:
        play(tap, batches, directory)
    finally:
        shutil.rmtree(directory, ignore_errors=True)
    tap.finish()


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100000)
