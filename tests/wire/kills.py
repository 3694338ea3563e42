#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""A daemon with a journal that is killed at random moments under load, again and again, and
its clients, who come back each time:

    kills.py [ROUNDS]           (make kills KILLS=1000)

Each client submits batches with draws under keys of their own, reads them to their end over as
many connections and daemons as it takes, and cancels some of them or of their jobs meanwhile.
One life of the daemon in eight ends by SIGTERM, the others by SIGKILL.  Then, of each batch:

- the stream that was put together is 1, 2, 3, ... without a gap and without a double;
- it is to the byte what a watcher is sent who comes when all is over;
- it is what the same request gives in a run that nothing disturbs (up to the first cancel);
- no line came before its time;
- what was answered stands: each accepted batch is there once, each cancel fell where it said.

The moments are random and the clients are in no step with them; nothing here depends on how
long anything takes.  WAITD_TEST_SEED repeats the load, though not the moments.
"""

import datetime
import json
import os
import random
import re
import subprocess
import sys
import tempfile
import threading
import time

import daemons
from examples import Tap

CLIENTS = 64
LONGEST_LIFE_SECONDS = 0.12
RETRY_SECONDS = 0.01
# The wall clock, by which `time` is given, and the boot clock, by which events are due, may
# drift by this much while a batch runs.
DRIFT_SECONDS = 0.005

EXISTING = re.compile(r',"existing":true')
OURS = ("ref", "seq", "batch", "time", "durable", "instance", "id")


def batch(dice):
    """Draws of all kinds, back-offs, dependencies, computes: some tenths of a second."""
    mean = dice.choice((0.005, 0.02, 0.06))
    jobs = [{"name": "a", "count": dice.randrange(1, 12),
             "wait": {"dist": "exponential", "mean": mean}, "fail": 0.2, "retries": 1,
             "backoff": {"initial": "5ms", "jitter": "full"}},
            {"count": dice.randrange(3), "steps": [{"wait": "10ms", "note": "n"}, {"compute": "2ms"}]},
            {"after": "a", "wait": {"dist": "lognormal", "p50": mean, "p99": 4 * mean}}]
    return {"jobs": [job for job in jobs if job.get("count") != 0],
            "events": dice.choice(("all", "done")), "seed": dice.randrange(1 << 40),
            "concurrency": dice.randrange(1, 6), "report": dice.random() < 0.3}


class Stream:
    """One batch, and what was sent of it."""

    def __init__(self, key, request):
        self.request = {"detach": True, "key": key, **request}
        self.key = key
        self.ref = None
        self.lines = []
        self.early = []
        self.accepted = None
        self.cancel_at_line = self.cancel_job = self.cancelled = None
        self.has_asked = False


def seconds(event):
    """When it was accepted, in seconds of the epoch."""
    when = event["time"]
    return datetime.datetime.fromisoformat(when[:26] + "+00:00").timestamp()


class Worker(threading.Thread):
    """Submits one batch after another, and reads each to its end."""

    def __init__(self, load, number):
        super().__init__(daemon=True)
        self.load = load
        self.number = number
        self.dice = random.Random(load.seed * 1000 + number)
        self.streams = []
        self.problem = None
        self.reconnections = 0

    def run(self):
        try:
            while not self.load.over.is_set():
                stream = self.next_stream()
                self.streams.append(stream)
                while not self.read(stream):
                    self.reconnections += 1
                    time.sleep(RETRY_SECONDS)
        except Exception as problem:  # reported by the main thread
            self.problem = f"client {self.number}: {problem!r}"

    def next_stream(self):
        stream = Stream(f"{self.number}/{len(self.streams)}", batch(self.dice))
        if self.dice.random() < 0.3:
            stream.cancel_at_line = self.dice.randrange(1, 12)
            if self.dice.random() < 0.5:
                stream.cancel_job = self.dice.randrange(len(stream.request["jobs"]))
        return stream

    def read(self, stream):
        """Over one connection.  Whether its end has come."""
        try:
            client = daemons.Client(self.load)
        except OSError:
            return False
        try:
            if stream.ref is None:
                client.send(stream.request)
            else:
                client.send({"op": "watch", "ref": stream.ref, "from": len(stream.lines) + 1})
            while True:
                line = client.lines.readline()
                if not line.endswith(b"\n"):
                    return False
                if self.take(stream, client, line.decode().rstrip("\n")):
                    return True
        except OSError:
            return False
        finally:
            client.close()

    def take(self, stream, client, line):
        now = time.time()
        event = json.loads(line)
        kind = event["event"]
        if kind == "suspended":
            if event["last"] != len(stream.lines):
                raise ValueError(f"{line} behind {len(stream.lines)} events")
            return False
        if kind == "cancelled":
            stream.cancelled = event
            return False
        if kind == "error":
            if event["code"] in ("shutting_down", "unavailable") or \
                    (event["code"] == "not_found" and stream.has_asked):
                return False
            raise ValueError(f"{line} to {stream.key}")
        if kind == "accepted":
            stream.accepted = seconds(event)
            if stream.ref is not None and event["ref"] != stream.ref:
                raise ValueError(f"{line} of {stream.ref}")
            stream.ref = event["ref"]
        elif "at" in event and now < stream.accepted + event["at"] - DRIFT_SECONDS:
            stream.early.append(line)
        stream.lines.append(EXISTING.sub("", line) if kind == "accepted" else line)
        if len(stream.lines) == stream.cancel_at_line and kind != "finished":
            stream.has_asked = True
            job = {} if stream.cancel_job is None else {"job": stream.cancel_job}
            client.send({"op": "cancel", "ref": stream.ref, **job})
        return kind == "finished"


class Load:
    """The daemon's lives and its clients."""

    def __init__(self, folder, seed):
        self.seed = seed
        self.flags = ("--state", folder, "--max-replays", "64")
        self.over = threading.Event()
        self.daemon = daemons.Daemon(*self.flags, listen=f"127.0.0.1:{daemons.free_port()}")
        self.address = self.daemon.address
        self.kills = self.stops = 0
        self.workers = [Worker(self, number) for number in range(CLIENTS)]

    def run(self, rounds):
        dice = random.Random()
        for worker in self.workers:
            worker.start()
        for _ in range(rounds):
            time.sleep(dice.random() * LONGEST_LIFE_SECONDS)
            if dice.random() < 0.125:
                self.stops += 1
                self.daemon.stop()
            else:
                self.kills += 1
                self.daemon.process.kill()
                self.daemon.process.wait()
            self.daemon.close()
            self.daemon = daemons.Daemon(*self.flags, listen=self.address)
        self.over.set()
        for worker in self.workers:
            worker.join(daemons.GUARD_SECONDS)
            if worker.is_alive() and worker.problem is None:
                worker.problem = f"client {worker.number} waits for {worker.streams[-1].key}"

    def streams(self):
        return [stream for worker in self.workers for stream in worker.streams]


class Undisturbed:
    """What requests give when nothing disturbs them: on the virtual clock."""

    def __init__(self):
        self.process = subprocess.Popen([daemons.PROGRAM, "--stdio"], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE)

    def events(self, request):
        attached = {member: value for member, value in request.items()
                    if member not in ("detach", "key")}
        self.process.stdin.write(json.dumps({**attached, "clock": "virtual"}).encode())
        self.process.stdin.flush()
        events = []
        while not events or events[-1]["event"] != "finished":
            events.append(less_ours(self.process.stdout.readline()))
        return events

    def close(self):
        self.process.stdin.close()
        self.process.wait(daemons.GUARD_SECONDS)
        self.process.stdout.close()


def less_ours(line):
    """The event less what only a detached, or only an attached, or only a timed one has."""
    return {member: value for member, value in json.loads(line).items() if member not in OURS}


def is_as_undisturbed(stream, undisturbed):
    """Up to where a cancel fell, if one did."""
    expected = undisturbed.events(stream.request)
    got = [less_ours(line) for line in stream.lines]
    fell = min((event["at"] for event in got if event.get("status") == "cancelled" and "at" in event),
               default=None)
    if fell is not None:
        got, expected = ([event for event in events if event.get("at", fell) < fell]
                         for events in (got, expected))
    return got == expected and (fell is None or stream.has_asked)


def cancel_stands(stream):
    """What a cancel was answered is what the stream has."""
    reported = stream.cancelled
    if reported is None:
        return True
    fallen = [event for event in map(json.loads, stream.lines)
              if event.get("status") == "cancelled" and event.get("at") == reported["at"]]
    if len(fallen) != reported["jobs"]:
        return False
    return stream.cancel_job is None or [event["job"] for event in fallen] == [stream.cancel_job]


def watched(client, ref):
    client.send({"op": "watch", "ref": ref})
    lines = []
    while not lines or not lines[-1].startswith('{"event":"finished"'):
        lines.append(client.lines.readline().decode().rstrip("\n"))
        if not lines[-1] or lines[-1].startswith('{"event":"error"'):
            break
    return lines


def listed(client):
    client.send({"op": "batches"})
    return [event for event in client.until("batches") if event["event"] == "batch"]


def check(load, tap):
    streams = load.streams()
    client = daemons.Client(load)
    tap.ok(all(worker.problem is None for worker in load.workers), "every client came to its end",
           [worker.problem for worker in load.workers if worker.problem])
    gaps = [stream.key for stream in streams
            if [json.loads(line)["seq"] for line in stream.lines] != list(range(1, len(stream.lines) + 1))]
    tap.ok(not gaps, "no stream has a gap or a double", gaps)
    tap.ok(not any(stream.early for stream in streams), "nothing came before its time",
           [stream.early for stream in streams if stream.early])
    others = [stream.key for stream in streams if watched(client, stream.ref) != stream.lines]
    tap.ok(not others, "each has the bytes that every watcher is sent", others)
    undisturbed = Undisturbed()
    differing = [stream.key for stream in streams if not is_as_undisturbed(stream, undisturbed)]
    undisturbed.close()
    tap.ok(not differing, "and of the run that nothing disturbs, draws and all", differing)
    undone = [stream.key for stream in streams if not cancel_stands(stream)]
    tap.ok(not undone, "each cancel fell where its answer said", undone)
    batches = listed(client)
    strays = set(batch["key"] for batch in batches) ^ set(stream.key for stream in streams)
    running = [batch for batch in batches if batch["state"] != "finished"]
    tap.ok(not strays and not running and len(batches) == len(streams),
           "each batch is there once, and has ended", (strays, running))
    client.close()
    cancels = sum(stream.cancelled is not None for stream in streams)
    print(f"# {load.kills} kills and {load.stops} stops; {CLIENTS} clients, "
          f"{sum(worker.reconnections for worker in load.workers)} connections lost or refused, "
          f"{len(streams)} batches of {sum(len(stream.lines) for stream in streams)} events, "
          f"{cancels} cancels answered")


def main(rounds):
    seed = int(os.environ.get("WAITD_TEST_SEED") or random.randrange(1 << 30))
    print(f"# WAITD_TEST_SEED={seed}")
    tap = Tap()
    with tempfile.TemporaryDirectory() as folder:
        load = Load(folder, seed)
        load.run(rounds)
        check(load, tap)
        tap.ok(load.daemon.stop() == 0, "and the last daemon ends in good order")
    tap.finish()


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1000)
