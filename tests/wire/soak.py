#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""Mixed load with faults for as long as one likes, against a real daemon: the
run of `make soak SOAK_TIME=1200`.

    soak.py [SECONDS]

Several client processes submit batches of all kinds, read them to their end,
and count; others among them reset, cancel, dawdle, do not read, or send what
is no request, while the daemon is stopped and continued, reloaded, and short
of descriptors now and then.  The load pauses now and then.  In each pause
nothing may be left: no pending job, no batch, no connection, no descriptor,
and the resident memory at the end is that of the first pause, within 5 % and
512 KiB, which is what pages of the program that were not needed before come to.
Jobs accepted are jobs ended, to the last one, by the clients' own count and by
the daemon's.

It is no part of `make check`, and its figures are of the machine; what it
holds true is true on any.
"""

import json
import multiprocessing
import os
import random
import resource
import signal
import socket
import sys
import tempfile
import time

from daemons import Client, Daemon, judge, settles

PAUSES_MAX = 20
STRETCH_SECONDS = 10  # the least between two pauses
WORKERS = 3
MEMORY_TOLERANCE = 1.05
MEMORY_SLACK = 1 << 19


class Lost(Exception):
    """A batch that did not come to its end, or not as promised."""


class Worker:
    """One client process: does this and that, and counts."""

    def __init__(self, daemon, seed):
        self.daemon = daemon
        self.dice = random.Random(seed)
        self.counts = dict.fromkeys(
            ("batches", "accepted", "done", "ended", "refused", "resets", "cancels"), 0)

    # ---- Batches that are read to their end ----

    def job(self):
        dice = self.dice
        kind = dice.randrange(6)
        if kind == 0:
            return {"wait": round(dice.random() * 0.05, 4), "count": dice.randint(1, 50)}
        if kind == 1:
            return {"name": "n" * dice.randint(1, 40), "wait": f"{dice.randint(0, 40)}ms",
                    "data": {"k": list(range(dice.randrange(8)))}}
        if kind == 2:
            return {"steps": [{"wait": 0.002}, {"compute": 0.001, "note": "sum"}],
                    "repeat": dice.randint(1, 4)}
        if kind == 3:
            return {"wait": 0.003, "fail": 0.4, "retries": 3,
                    "backoff": {"initial": "1ms", "max": "4ms", "jitter": "full"}}
        if kind == 4:
            return {"wait": {"dist": "lognormal", "p50": "2ms", "p99": "20ms"},
                    "timeout": "10ms", "count": dice.randint(1, 20)}
        return {}

    def batch(self):
        dice = self.dice
        jobs = [self.job() for _ in range(dice.randint(0, 30))]
        if dice.random() < 0.3:
            jobs.append({"name": "first", "wait": 0.002, "count": dice.randint(1, 5)})
            jobs.extend({"after": "first", "wait": 0.001} for _ in range(dice.randint(1, 10)))
        request = {"jobs": jobs, "seed": dice.getrandbits(30),
                   "events": dice.choice(["all", "done", "done", "none"]),
                   "mode": dice.choice(["concurrent"] * 4 + ["sequential", "blocking"]),
                   "until": dice.choice(["all"] * 6 + ["first_done", "first_failed"])}
        if dice.random() < 0.2:
            request["concurrency"] = dice.randint(1, 8)
        if dice.random() < 0.2:
            request["timeout"] = "30ms"
        if dice.random() < 0.15:
            request["clock"] = "virtual"
            jobs.append({"wait": "1h", "count": dice.randint(1, 20000)})
        return request

    def read_to_the_end(self, client, batches):
        """Reads until so many batches have finished, holding each against what
        was accepted."""
        open_batches = {}
        while batches > 0 or open_batches:
            event = client.event()
            if event is None:
                raise Lost(f"the connection ended with {batches} batches to come, {open_batches}")
            kind, number = event["event"], event.get("batch")
            if kind == "accepted":
                batches -= 1
                open_batches[number] = [event["jobs"], 0, None]
                self.counts["batches"] += 1
                self.counts["accepted"] += event["jobs"]
            elif kind == "done":
                open_batches[number][1] += 1
                self.counts["done"] += 1
            elif kind == "finished":
                jobs, done, _ = open_batches.pop(number)
                ended = sum(event[s] for s in ("ok", "failed", "timed_out", "cancelled", "skipped"))
                self.counts["ended"] += ended
                if ended != jobs or done not in (0, jobs):
                    raise Lost(f"{jobs} jobs accepted, {done} done, {event}")
            elif kind == "error":
                batches -= 1
                self.counts["refused"] += 1

    def served(self):
        client = Client(self.daemon)
        n = self.dice.randint(1, 6)
        for _ in range(n):
            client.send(self.batch())
        if self.dice.random() < 0.5:
            client.socket.shutdown(socket.SHUT_WR)
        else:
            client.send({"op": "quit"})
        self.read_to_the_end(client, n)
        if client.event() is not None:
            raise Lost("something came after the end")
        client.close()

    def slow_reader(self):
        client = Client(self.daemon, receive_bytes=4096)
        client.send({"events": "all", "jobs": [{"count": 8000, "name": "unread" * 5}]})
        time.sleep(self.dice.random() * 0.3)
        self.read_to_the_end(client, 1)
        client.close()

    def dribble(self):
        client = Client(self.daemon)
        for byte in json.dumps({"jobs": [{"wait": 0.001, "count": 3}]}).encode():
            client.send(bytes([byte]))
        self.read_to_the_end(client, 1)
        client.close()

    # ---- And others ----

    def cancelled(self):
        client = Client(self.daemon)
        client.send({"jobs": [{"wait": 60, "count": self.dice.randint(1, 2000)}]})
        accepted = client.event()
        if accepted["event"] == "accepted":
            self.counts["batches"] += 1
            self.counts["accepted"] += accepted["jobs"]
            client.send({"op": "cancel", "batch": accepted["batch"]})
            last = client.until("finished")[-1]
            if last is None or last["cancelled"] != accepted["jobs"]:
                raise Lost(f"cancelled: {last}")
            self.counts["ended"] += last["cancelled"]
            self.counts["cancels"] += 1
        client.close()

    def reset(self):
        client = Client(self.daemon)
        text = json.dumps(self.batch()).encode() * self.dice.randint(1, 3)
        client.send(text[:self.dice.randint(1, len(text))])
        if self.dice.random() < 0.5:
            client.socket.settimeout(0.01)
            try:
                client.socket.recv(100)
            except OSError:
                pass
        client.reset()
        self.counts["resets"] += 1

    def never_reads(self):
        client = Client(self.daemon, receive_bytes=4096)
        client.send({"events": "all", "jobs": [{"count": 20000}]})
        time.sleep(self.dice.random() * 0.1)
        if self.dice.random() < 0.5:
            client.close()
        else:
            client.reset()
        self.counts["resets"] += 1

    def refused(self):
        client = Client(self.daemon)
        text = self.dice.choice([b"GET / HTTP/1.1\r\n\r\n", b'{"jobs":[{"wiat":1}]}',
                                 b'{"jobs":[{"count":99999999999}]}', b"[" * 500, b"\xff",
                                 b'{"op":"cancel","batch":1}'])
        client.send(text)
        event = client.event()
        if event is None or event["event"] != "error":
            raise Lost(f"{text} was answered {event}")
        self.counts["refused"] += 1
        client.close()

    def asked(self):
        client = Client(self.daemon)
        for op in ("ping", "stats"):
            if client.ask({"op": op}) is None:
                raise Lost(f"no answer to {op}")
        client.close()

    def run(self, until):
        acts = [self.served] * 8 + [self.slow_reader, self.dribble, self.cancelled, self.cancelled,
                                    self.reset, self.reset, self.never_reads, self.refused,
                                    self.asked]
        while time.monotonic() < until:
            self.dice.choice(acts)()
        return self.counts


def work(daemon, seed, until, pipe):
    worker = Worker(daemon, seed)
    try:
        pipe.send((worker.run(until), None))
    except (Lost, OSError, KeyError, TypeError, ValueError) as error:
        pipe.send((worker.counts, f"{type(error).__name__}: {error}"))
    os._exit(0)


def disturb(daemon, dice, path):
    """One of the things that happen to a daemon from outside."""
    kind = dice.randrange(3)
    if kind == 0:
        daemon.process.send_signal(signal.SIGSTOP)
        time.sleep(dice.random() * 0.3)
        daemon.process.send_signal(signal.SIGCONT)
    elif kind == 1:
        with open(path, "w", encoding="ascii") as file:
            file.write(f"max-backlog = {dice.choice(['4K', '64K', '1M'])}\n"
                       f"log-level = {dice.choice(['info', 'warning'])}\n")
        daemon.process.send_signal(signal.SIGHUP)
    else:
        soft, hard = resource.prlimit(daemon.pid, resource.RLIMIT_NOFILE)
        resource.prlimit(daemon.pid, resource.RLIMIT_NOFILE, (daemon.descriptors() + 1, hard))
        time.sleep(dice.random() * 0.3)
        resource.prlimit(daemon.pid, resource.RLIMIT_NOFILE, (soft, hard))


def load(daemon, seconds, dice, path):
    """A stretch of load.  What the workers counted, and what went wrong."""
    until = time.monotonic() + seconds
    workers = []
    for _ in range(WORKERS):
        ours, theirs = multiprocessing.Pipe(False)
        process = multiprocessing.Process(target=work,
                                          args=(daemon, dice.getrandbits(60), until, theirs))
        process.start()
        theirs.close()
        workers.append((process, ours))
    while time.monotonic() < until:
        time.sleep(min(1 + dice.random() * 2, max(0, until - time.monotonic())))
        disturb(daemon, dice, path)
    totals, problems = {}, []
    for process, pipe in workers:
        counts, problem = pipe.recv()
        process.join()
        for name, count in counts.items():
            totals[name] = totals.get(name, 0) + count
        if problem:
            problems.append(problem)
    return totals, problems


def resident_at_rest(daemon):
    """The least in some seconds of rest: memory is released when it is quiet."""
    least = daemon.resident_bytes()
    for _ in range(30):
        time.sleep(0.1)
        least = min(least, daemon.resident_bytes())
    return least


def soak(daemon, seconds, path):
    pauses = max(2, min(PAUSES_MAX, int(seconds / STRETCH_SECONDS)))
    seed = int(os.environ.get("SOAK_SEED") or random.getrandbits(30))
    dice = random.Random(seed)
    totals, problems, memory = {}, [], []
    print(f"SOAK_SEED={seed}, {seconds:.0f} s of load, {pauses} pauses")
    for number in range(pauses):
        counts, found = load(daemon, seconds / pauses, dice, path)
        problems.extend(found)
        left = settles(daemon)
        if left:
            problems.append(left)
        for name, count in counts.items():
            totals[name] = totals.get(name, 0) + count
        memory.append(resident_at_rest(daemon))
        print(f"pause {number + 1}: {memory[-1] / 1e6:.2f} MB, so far {totals}", flush=True)
        if problems:
            break
    if totals["accepted"] != totals["ended"]:
        problems.append("by the clients' count {accepted} jobs were accepted, {ended} ended"
                        .format(**totals))
    if not daemon.is_sanitized() and memory[-1] > memory[0] * MEMORY_TOLERANCE + MEMORY_SLACK:
        problems.append(f"resident memory has grown from {memory[0]} to {memory[-1]} bytes")
    client = Client(daemon)
    stats = client.ask({"op": "stats"})
    client.close()
    print(f"memory: {memory[0] / 1e6:.2f} MB at the first pause, {memory[-1] / 1e6:.2f} MB at the "
          f"last ({100 * (memory[-1] / memory[0] - 1):+.1f} %), {max(memory) / 1e6:.2f} MB at most")
    print(f"the daemon's count: {stats}")
    return problems


def main():
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 60.0
    with tempfile.TemporaryDirectory(prefix="waitd-soak.") as scratch:
        path = os.path.join(scratch, "waitd.conf")
        with open(path, "w", encoding="ascii") as file:
            file.write("\n")
        return judge(Daemon("--config", path), soak, seconds, path)


if __name__ == "__main__":
    sys.exit(main())
