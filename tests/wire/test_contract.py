#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""The promises of waitd-protocol(7), waitd(8) and waitctl(1), tested from outside.

Nothing here knows the sources.  The schedule is checked against a simulator of
its own, written from the text of the specification, over random batches on the
virtual clock, event for event; the rest are tables of requests and what must
come back, and short conversations with real daemons on free ports.

Set WAITD and WAITCTL to the programs under test.  Speaks TAP.  SEED and BATCHES
choose the random batches.
"""

import atexit
import calendar
import concurrent.futures
import fcntl
import heapq
import json
import math
import os
import pty
import random
import re
import select
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
from decimal import Decimal
from fractions import Fraction

WAITD = os.path.abspath(os.environ.get("WAITD", "daemon/waitd"))
WAITCTL = os.path.abspath(os.environ.get("WAITCTL", "client/waitctl"))
GUARD = 180  # seconds after which a hang is a failure; nothing waits for this long
SECOND = 10**9
SATURATED = 2**63 - 1
MAX_WAIT = 30 * 86400 * SECOND
TIMES = {"at", "due", "delay", "duration", "elapsed", "predicted", "sequential",
         "critical_path", "busy"}
COUNTS = ("ok", "failed", "timed_out", "cancelled", "skipped")
TMP = tempfile.mkdtemp(prefix="/tmp/waitd-contract.")
TESTS = []


def test(sentence):
    def register(function):
        TESTS.append((sentence, function))
        return function
    return register


def same(got, expected, what=""):
    if got != expected:
        raise AssertionError(f"{what}\n  got      {got!r}\n  expected {expected!r}")


def check(condition, what):
    if not condition:
        raise AssertionError(what)


# ---- talking to waitd ------------------------------------------------------

class Line:
    """A line of TCP or Unix socket to a daemon."""

    def __init__(self, sock):
        self.sock = sock
        self.sock.settimeout(GUARD)
        self.buffer = b""

    def send(self, data):
        if not isinstance(data, bytes):
            data = (data if isinstance(data, str) else json.dumps(data)).encode()
        self.sock.sendall(data)
        return self

    def raw_line(self):
        while b"\n" not in self.buffer:
            data = self.sock.recv(65536)
            if not data:
                check(not self.buffer, "a line without its end")
                return None
            self.buffer += data
        line, self.buffer = self.buffer.split(b"\n", 1)
        return line

    def read(self):
        line = self.raw_line()
        return None if line is None else json.loads(line)

    def rest(self):
        lines = []
        while (line := self.read()) is not None:
            lines.append(line)
        return lines

    def ask(self, data):
        return self.send(data).read()

    def half_close(self):
        self.sock.shutdown(socket.SHUT_WR)
        return self

    def reset(self):
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.sock.close()

    def close(self):
        self.sock.close()


class Daemon:
    def __init__(self, *flags, listen=("127.0.0.1:0",), lines=None):
        arguments = [WAITD]
        for address in listen:
            arguments += ["--listen", address]
        self.process = subprocess.Popen(
            arguments + list(flags), stderr=subprocess.PIPE, stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL)
        atexit.register(self.process.kill)
        self.addresses = []
        guard = threading.Timer(GUARD, self.process.kill)
        guard.start()
        while len(self.addresses) < (lines or len(listen)):
            line = self.process.stderr.readline().decode()
            check(line, "the daemon ended before it was ready")
            found = re.match(r"listening on (\S+)$", line)
            if found:
                self.addresses.append(found.group(1))
        guard.cancel()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.process.stderr.close()

    def connect(self, index=0):
        address = self.addresses[index]
        if address.startswith("unix:"):
            sock = socket.socket(socket.AF_UNIX)
            sock.connect(address[5:])
            return Line(sock)
        host, port = address.rsplit(":", 1)
        return Line(socket.create_connection((host.strip("[]"), int(port)), GUARD))

    def refuses(self):
        """Whether it has stopped listening."""
        try:
            self.connect().close()
        except OSError:
            return True
        return False

    def stop(self, number=signal.SIGTERM):
        self.process.send_signal(number)
        return self.process.wait(GUARD)


def until(question):
    """Asks again and again; the guard is for a failure only."""
    end = time.monotonic() + GUARD
    while not (answer := question()) and time.monotonic() < end:
        time.sleep(0.001)
    return answer


def stdio(data, *flags):
    return subprocess.run([WAITD, "--stdio", *flags], input=data, capture_output=True,
                          timeout=GUARD)


def answers(requests, *flags):
    """What each of many requests on one connection got, as lines of text."""
    data = b""
    for i, request in enumerate(requests):
        data += (request if isinstance(request, bytes) else request.encode())
        data += b'\n{"op":"ping","id":"mark%d"}\n' % i
    result = stdio(data, *flags)
    got = [[] for _ in requests]
    current, owner = 0, {}
    for line in result.stdout.decode().splitlines():
        event = json.loads(line)
        if str(event.get("id", "")).startswith("mark"):
            current += 1
            continue
        if event["event"] == "accepted":
            owner[event["batch"]] = current
        got[owner.get(event.get("batch"), current)].append(line)
    same(current, len(requests), "requests answered on one connection")
    return got


def control(*arguments, data=b"", env=None):
    result = subprocess.run([WAITCTL, *arguments], input=data, capture_output=True,
                            timeout=GUARD, env=env)
    return result.returncode, result.stdout.decode(), result.stderr.decode()


def ns(value):
    return int(Decimal(value) * SECOND)


# ---- the schedule, by the text ---------------------------------------------

def philox(counter, key):
    """Philox4x32-10, as the manual page names it."""
    a, b, c, d = counter
    k0, k1 = key
    for _ in range(10):
        p, q = 0xD2511F53 * a, 0xCD9E8D57 * c
        a, b, c, d = (q >> 32) ^ b ^ k0, q & 0xffffffff, (p >> 32) ^ d ^ k1, p & 0xffffffff
        k0, k1 = (k0 + 0x9E3779B9) & 0xffffffff, (k1 + 0xBB67AE85) & 0xffffffff
    return a, b, c, d


def uniforms(seed, job, attempt, step, purpose):
    w = philox((job, attempt, step, purpose), (seed & 0xffffffff, (seed >> 32) & 0xffffffff))
    return ((w[0] | w[1] << 32) >> 11) / 2.0**53, ((w[2] | w[3] << 32) >> 11) / 2.0**53


def draw(how, seed, job, attempt, step, purpose=0):
    if isinstance(how, int):
        return how
    kind = how["dist"]
    if kind == "trace":
        return how["values"][job % len(how["values"])]
    u1, u2 = uniforms(seed, job, attempt, step, purpose)
    normal = math.sqrt(-2 * math.log(1 - u1)) * math.cos(2 * math.pi * u2)
    if kind == "uniform":
        drawn = how["min"] + (how["max"] - how["min"]) * Fraction(u1)
    elif kind == "exponential":
        drawn = -how["mean"] * math.log(1 - u1)
    elif kind == "normal":
        drawn = how["mean"] + how["stddev"] * normal
    else:
        sigma = (math.log(how["p99"]) - math.log(how["p50"])) / 2.3263478740408408
        drawn = how["p50"] * math.exp(sigma * normal)
    return max(0, min(MAX_WAIT, math.floor(drawn + Fraction(1, 2))))


class Job:
    def __init__(self, index, spec):
        self.index, self.spec = index, spec
        if "steps" in spec:
            self.steps = list(spec["steps"])
        else:
            self.steps = [{k: spec[k]} for k in ("wait", "compute") if k in spec]
        self.steps *= spec.get("repeat", 1)
        self.names = spec.get("after", [])
        if isinstance(self.names, str):
            self.names = [self.names]
        self.before, self.behind = [], []
        self.status = self.since = None  # since: when the running step or delay began
        self.attempt = self.step = self.ran = self.missing = 0
        self.generation = 0  # occurrences of an earlier one no longer count
        self.in_flight = self.has_worker = self.to_skip = False
        self.chain = None
        self.priority = spec.get("priority", 0)
        self.arrival, self.arrived = 0, True
        self.pool = None  # whose worker it has or queues for
        self.waited = 0  # for its start and for workers
        self.ready_at = self.started_at = self.queued_at = self.held_at = self.ended_at = None


class Simulator:
    """Runs a batch whose durations are in nanoseconds, rule by rule."""

    def __init__(self, batch):
        self.batch, self.events, self.now = batch, [], 0
        specs = [s for s in batch["jobs"] for _ in range(s.get("count", 1))]
        self.jobs = [Job(i, s) for i, s in enumerate(specs)]
        for job in self.jobs:
            job.before = [x for x in self.jobs if x.spec.get("name") in job.names]
            job.missing = len(job.before)
            for other in job.before:
                other.behind.append(job)
        self.blocking = batch.get("mode") == "blocking"
        self.slots = 1 if batch.get("mode") == "sequential" else batch.get("concurrency", 10**9)
        self.workers = {None: batch.get("workers", 1), **batch.get("pools", {})}
        self.ready, self.queue, self.heap = [], [], []
        self.grants = {pool: [] for pool in self.workers}  # how long each was waited for
        self.busy, self.longest = dict.fromkeys(self.workers, 0), dict.fromkeys(self.workers, 0)
        self.has_ended_rest, self.fell, self.excused = False, False, set()

    def emit(self, kind, job, *members, always=False):
        level = self.batch.get("events", "done")
        if level == "all" or always and level == "done":
            name = [("name", job.spec["name"])] if "name" in job.spec else []
            self.events.append(dict([("event", kind), ("job", job.index), *name, *members]))

    def due(self, job, delay, what, order=0):
        entry = min(self.now + delay, SATURATED), job.index, order, job.generation, what
        heapq.heappush(self.heap, entry)

    def begin_step(self, job):
        step = job.steps[job.step]
        kind = "wait" if "wait" in step else "compute"
        length = draw(step[kind], self.batch.get("seed", 0), job.index, job.attempt, job.step)
        note = [("note", step["note"])] if "note" in step else []
        self.emit("step", job, ("step", job.step), ("kind", kind), *note, ("duration", length),
                  ("at", self.now))
        job.since = self.now
        self.due(job, length, self.step_ends)

    def pop_first(self, line, fits=lambda job: True):
        """Of the highest priority the one that came first."""
        head = max(filter(fits, line), key=lambda job: job.priority, default=None)
        if head:
            line.remove(head)
        return head

    def enter(self, job):
        step = job.steps[job.step]
        job.pool = step.get("pool", job.spec.get("pool"))
        if "wait" in step or self.blocking:
            self.begin_step(job)
        elif self.workers[job.pool]:
            self.workers[job.pool] -= 1
            self.grant(job, 0)
            self.begin_step(job)
        else:
            self.queue.append(job)
            job.queued_at = self.now
            self.longest[job.pool] = max(self.longest[job.pool],
                                         sum(other.pool == job.pool for other in self.queue))

    def grant(self, job, waited):
        job.has_worker = True
        job.held_at = self.now
        self.grants[job.pool].append(waited)

    def stop_queueing(self, job):
        if job.queued_at is not None:
            job.waited = min(SATURATED, job.waited + self.now - job.queued_at)
            job.queued_at = None

    def stop_holding(self, job):
        if job.held_at is not None:
            self.busy[job.pool] = min(SATURATED, self.busy[job.pool] + self.now - job.held_at)
            job.held_at = None

    def make_ready(self, job):
        job.ready_at = self.now
        self.ready.append(job)

    def give_back_worker(self, job):
        self.stop_holding(job)
        if job.has_worker:
            job.has_worker = False
            head = self.pop_first(self.queue, lambda other: other.pool == job.pool)
            if head:
                self.grant(head, self.now - head.queued_at)
                self.stop_queueing(head)
                self.begin_step(head)
            else:
                self.workers[job.pool] += 1

    def start_attempt(self, job):
        self.stop_clock(job)
        job.attempt += 1
        job.generation += 1
        job.step = 0
        self.emit("started", job, ("attempt", job.attempt), ("at", self.now))
        if "timeout" in job.spec:
            self.due(job, job.spec["timeout"], self.attempt_times_out, 1)
        if job.steps:
            self.enter(job)
        else:
            self.due(job, 0, self.attempt_ends)

    def start_ready(self):
        while self.ready and self.slots and (self.workers[None] or not self.blocking):
            job = self.pop_first(self.ready)
            job.in_flight = True
            self.slots -= 1
            job.waited = self.now - job.ready_at
            if self.blocking:
                self.workers[None] -= 1
                job.pool, job.held_at = None, self.now
                self.grants[None].append(0)
            self.start_attempt(job)

    def stop_clock(self, job):
        if job.since is not None:
            job.ran = min(SATURATED, job.ran + self.now - job.since)
            job.since = None

    def step_ends(self, job):
        self.stop_clock(job)
        if not self.blocking:
            self.give_back_worker(job)
        job.step += 1
        if job.step < len(job.steps):
            self.enter(job)
        else:
            self.attempt_ends(job)

    def attempt_ends(self, job):
        fail = job.spec.get("fail", False)
        if not isinstance(fail, bool):
            fail = uniforms(self.batch.get("seed", 0), job.index, job.attempt, 0, 1)[0] < fail
        self.attempt_over(job, "failed" if fail else "ok")

    def attempt_times_out(self, job):
        self.stop_clock(job)
        if job in self.queue:
            self.queue.remove(job)
        self.stop_queueing(job)
        if not self.blocking:
            self.give_back_worker(job)
        self.attempt_over(job, "timed_out")

    def delay(self, job):
        backoff = job.spec.get("backoff")
        if not backoff:
            return 0
        exact = backoff["initial"] * Fraction(str(backoff.get("factor", 2))) ** (job.attempt - 1)
        exact = min(exact, backoff.get("max", SATURATED))
        delay = math.floor(exact + Fraction(1, 2))
        if backoff.get("jitter") == "full":
            u = uniforms(self.batch.get("seed", 0), job.index, job.attempt, 0, 2)[0]
            delay = math.floor(delay * Fraction(u) + Fraction(1, 2))
        return delay

    def attempt_over(self, job, status):
        job.generation += 1
        if status == "ok" or job.attempt > job.spec.get("retries", 0):
            self.terminal(job, status)
            return
        delay = self.delay(job)
        self.emit("retry", job, ("attempt", job.attempt), ("status", status), ("delay", delay),
                  ("at", self.now), ("due", min(SATURATED, self.now + delay)))
        job.since = self.now
        self.due(job, delay, self.start_attempt)

    def done(self, job, status):
        job.status = status
        job.generation += 1
        job.ended_at = self.now
        self.stop_queueing(job)
        self.stop_holding(job)
        members = [("status", status), ("at", self.now)]
        if self.batch.get("events") == "all":
            members.append(("due", self.now))
        if job.attempt > 1:
            members.append(("attempts", job.attempt))
        if status == "skipped":
            members.append(("cause", min(x.index for x in self.jobs
                                         if job in x.behind and x.status not in (None, "ok"))))
        if "data" in job.spec:
            members.append(("data", job.spec["data"]))
        self.emit("done", job, *members, always=True)

    def end_rest(self, status):
        self.has_ended_rest = True
        for job in self.jobs:
            if job.status is None:
                self.stop_clock(job)
                self.done(job, status)

    def skip(self, job):
        self.terminal(job, "skipped")

    def terminal(self, job, status):
        self.done(job, status)
        if job.in_flight:
            self.slots += 1
            self.workers[None] += self.blocking
        until_what = self.batch.get("until", "all")
        if until_what == "first_done":
            self.excused = {x.index for x in self.jobs if x.status is None}
            self.end_rest("cancelled")
        elif until_what == "first_failed" and status in ("failed", "timed_out"):
            self.end_rest("cancelled")
        else:
            for other in job.behind:
                other.missing -= status == "ok"
                if status != "ok" and not other.to_skip:
                    other.to_skip = True
                    other.generation += 1
                    self.due(other, 0, self.skip)
                elif other.missing == 0 and not other.to_skip and other.arrived:
                    self.make_ready(other)
            self.start_ready()

    def arrives(self, job):
        job.arrived = True
        if job.missing == 0:
            self.make_ready(job)
            self.start_ready()

    def draw_arrivals(self):
        seed, index = self.batch.get("seed", 0), 0
        for spec in self.batch["jobs"]:
            gaps = 0
            for k in range(spec.get("count", 1)):
                job = self.jobs[index]
                if k:
                    gaps = min(SATURATED, gaps + draw(spec.get("every", 0), seed, index, 0, 0, 4))
                start = draw(spec.get("start", 0), seed, index, 0, 0, 3)
                job.arrival = min(SATURATED, start + gaps)
                job.arrived = job.arrival == 0
                if not job.arrived:
                    self.due(job, job.arrival, self.arrives)
                index += 1

    def run(self):
        self.draw_arrivals()
        for job in self.jobs:
            if not job.before and job.arrived:
                self.make_ready(job)
        self.start_ready()
        limit = self.batch.get("timeout", SATURATED)
        while not self.has_ended_rest and any(job.status is None for job in self.jobs):
            while self.heap and self.heap[0][3] != self.jobs[self.heap[0][1]].generation:
                heapq.heappop(self.heap)
            if not self.heap or self.heap[0][0] > limit:
                self.now, self.fell = limit, True
                self.end_rest("timed_out")
            else:
                self.now, index, _, _, what = heapq.heappop(self.heap)
                what(self.jobs[index])
        if self.batch.get("report"):
            self.events += self.summaries() + self.pools()
        return self.events, self.finished()

    @staticmethod
    def times(name, values):
        values = sorted(values)
        n = len(values)
        if not n:
            return {}
        percentiles = {f"p{p}": values[-(-p * n // 100) - 1] for p in (50, 90, 95, 99)}
        return {name: {"min": values[0], "mean": math.floor(Fraction(sum(values), n) + Fraction(1, 2)),
                       **percentiles, "max": values[-1]}}

    def summaries(self):
        names = {}
        for job in self.jobs:
            names.setdefault(job.spec.get("name"), []).append(job)
        return [{"event": "summary", **({} if name is None else {"name": name}), "jobs": len(jobs),
                 **{k: sum(job.status == k for job in jobs) for k in COUNTS},
                 "attempts": sum(job.attempt for job in jobs),
                 **self.times("latency", [j.ended_at - j.ready_at for j in jobs if j.status == "ok"]),
                 **self.times("queued", [job.waited for job in jobs if job.attempt])}
                for name, jobs in names.items()]

    def pools(self):
        workers = {None: self.batch.get("workers", 1), **self.batch.get("pools", {})}
        reported = []
        for pool, grants in self.grants.items():
            whole = workers[pool] * self.now
            share = Fraction(self.busy[pool] * SECOND, whole) if whole else Fraction(0)
            if grants:
                reported.append({"event": "pool", **({} if pool is None else {"pool": pool}),
                             "workers": workers[pool], "granted": len(grants),
                             "busy": self.busy[pool],
                             "utilization": Fraction(math.floor(share + Fraction(1, 2)), SECOND),
                             "queue_max": self.longest[pool], **self.times("queued", grants)})
        return reported

    def chain(self, job):
        if job.chain is None:
            arrival = job.arrival if job.attempt else 0
            before = max(map(self.chain, job.before), default=0)
            job.chain = min(SATURATED, job.ran + max(arrival, before))
        return job.chain

    def finished(self):
        sequential = min(SATURATED, sum(job.ran for job in self.jobs))
        if self.fell:
            status = "timed_out"
        elif any(j.status != "ok" and j.index not in self.excused for j in self.jobs):
            status = "failed"
        else:
            status = "ok"
        return {"event": "finished", "status": status, "jobs": len(self.jobs),
                **{k: sum(job.status == k for job in self.jobs) for k in COUNTS},
                "elapsed": self.now, "predicted": self.now, "sequential": sequential,
                "speedup": Fraction(sequential, self.now) if self.now else 1,
                "critical_path": max(map(self.chain, self.jobs), default=0)}


def simulate(batch):
    """The events between `accepted` and `finished`, and `finished`."""
    return Simulator(batch).run()


def duration_text(rng, value):
    seconds, rest = divmod(value, SECOND)
    return rng.choice([
        ("%d.%09d" % (seconds, rest)).rstrip("0").rstrip("."), '"%dns"' % value,
        '"%ds%dns"' % (seconds, rest)])


def to_text(rng, batch):
    """The request, its members in any order."""
    def any_order(pairs):
        rng.shuffle(pairs)
        return "{" + ",".join('"%s":%s' % pair for pair in pairs) + "}"

    def value(key, what):
        if key in ("wait", "compute", "start", "every", "timeout", "min", "max", "mean", "stddev", "p50", "p99",
                   "initial") and isinstance(what, int):
            return duration_text(rng, what)
        if key == "values":
            return "[" + ",".join(duration_text(rng, x) for x in what) + "]"
        if key in ("steps", "jobs"):
            return "[" + ",".join(members(x) for x in what) + "]"
        if key in ("wait", "compute", "start", "every", "backoff", "defaults"):
            return members(what)
        return json.dumps(what)

    def members(what):
        return any_order([(k, value(k, v)) for k, v in what.items()])
    sent = {k: v for k, v in batch.items() if k != "spec"}
    return members({**sent, "jobs": batch["spec"]})


class RandomBatch:
    """Small numbers, so that ties of all kinds come often."""

    def __init__(self, rng, unit, draws):
        self.rng, self.unit, self.draws = rng, unit, draws
        self.chance = {kind: rng.choice(values) for kind, values in (
            ("after", [0, .3, .7]), ("fail", [0, .2, .6]), ("timeout", [0, .2, .5]),
            ("compute", [0, .3, .8]), ("retry", [0, .3, .7]), ("arrival", [0, 0, .3, .7]),
            ("priority", [0, 0, .6]), ("pool", [0, 0, .3, .6]))}
        self.pools = {name: rng.randint(1, 2) for name in ("db", "gpu", "\u00e9")
                      if self.happens("pool")}

    def happens(self, probability):
        return self.rng.random() < self.chance.get(probability, probability)

    def time(self, longest=4):
        time = self.rng.choice([0, 1, 1, 2, 2, 3, longest]) * self.unit
        return time + self.unit // 2 if self.happens(.1) else time

    def length(self, longest=4):
        if not self.draws or not self.happens(.12):
            return self.time(longest)
        low = self.time()
        return self.rng.choice([
            {"dist": "uniform", "min": low, "max": low + self.time()},
            {"dist": "exponential", "mean": low},
            {"dist": "normal", "mean": low, "stddev": self.time()},
            {"dist": "lognormal", "p50": low or 1, "p99": low + 1 + self.time()},
            {"dist": "trace", "values": [self.time() for _ in range(self.rng.randint(1, 3))]}])

    def kind(self):
        return "compute" if self.happens("compute") else "wait"

    def step(self):
        step = {self.kind(): self.length(3)}
        if self.pools and "compute" in step and self.happens("pool"):
            step["pool"] = self.rng.choice(sorted(self.pools))
        return {**step, "note": self.rng.choice(["x", 'y"', "ü"])} if self.happens(.2) else step

    def members(self):
        rng, job = self.rng, {}
        work = rng.random()
        if work < .45:
            job[self.kind()] = self.length()
        elif work < .85:
            job["steps"] = [self.step() for _ in range(rng.randint(0, 4))]
        if self.happens(.2):
            job["repeat"] = rng.randint(1, 3)
        if self.happens("timeout"):
            job["timeout"] = rng.choice([0, 1, 2, 3, 4, 6]) * self.unit
        if self.happens("fail"):
            drawn = [0.5, 0.3, 0, 1, 1.0] if self.draws else []
            job["fail"] = rng.choice([True, True, False] + drawn)
        if self.happens("retry"):
            job["retries"] = rng.randint(0, 4)
        if self.happens("retry"):
            job["backoff"] = self.backoff()
        if self.happens(.1):
            job["data"] = rng.choice([1, "x", {"a": [1, 2]}, None, []])
        if self.happens(.3):
            job["count"] = rng.randint(1, 4)
        if self.happens("priority"):
            job["priority"] = rng.choice([-2**31, -1, 0, 1, 2, 2**31 - 1])
        for member in ("start", "every"):
            if self.happens("arrival"):
                job[member] = self.length()
        if self.pools and self.happens("pool"):
            job["pool"] = rng.choice(sorted(self.pools))
        return job

    def backoff(self):
        backoff = {"initial": self.time()}
        if self.happens(.5):
            backoff["factor"] = self.rng.choice([1, 1.5, 3, 2.25, 1.0])
        if self.happens(.4):
            backoff["max"] = self.time(6)
        if self.happens(.3):
            backoff["jitter"] = self.rng.choice(["none", "full"] if self.draws else ["none"])
        return backoff

    def batch(self, clock):
        rng = self.rng
        used = sorted(rng.sample("abcdefg", rng.randint(1, 7)))
        specs, known = [], set()
        for _ in range(rng.choice([0, 1, 2, 3, 4, 5, 6, 8, 10])):
            spec = {"name": rng.choice(used)} if self.happens(.75) else {}
            known |= set(spec.values())
            specs.append({**spec, **self.members()})
        for spec in specs:
            earlier = sorted(x for x in known if x < spec.get("name", "z"))
            if earlier and self.happens("after"):
                names = rng.sample(earlier, rng.randint(1, min(3, len(earlier))))
                spec["after"] = names[0] if len(names) == 1 and self.happens(.5) else names
            elif self.happens(.05):
                spec["after"] = []
        defaults = self.members() if self.happens(.3) else {}
        batch = {"spec": specs, "jobs": [with_defaults(defaults, spec) for spec in specs],
                 "clock": clock, "events": "all"}
        if clock == "virtual":
            batch["events"] = rng.choice(["all", "all", "all", "done", "none"])
        for probability, member, values in (
                (.7, "mode", ["concurrent", "sequential", "blocking"]),
                (.4, "concurrency", [1, 2, 3, 4]), (.5, "workers", [1, 2, 3]),
                (.4, "until", ["all", "first_done", "first_failed"]),
                (.3, "timeout", [x * self.unit for x in (0, 1, 2, 3, 5, 8, 12)]),
                (.5, "seed", [0, 1, 42, -5, 2**63 - 1, rng.randrange(2**62)])):
            if self.happens(probability):
                batch[member] = rng.choice(values)
        if defaults:
            batch["defaults"] = defaults
        if self.happens(.4):
            batch["report"] = True
        if self.pools:
            batch["pools"] = self.pools
            if batch.get("mode") == "blocking":
                del batch["mode"]
        return batch


def with_defaults(defaults, spec):
    work = {"wait", "compute", "steps"}
    return {**{k: v for k, v in defaults.items() if k not in work or not work & spec.keys()},
            **spec}


def random_batch(rng, unit=SECOND, draws=True, clock="virtual"):
    return RandomBatch(rng, unit, draws).batch(clock)


# ---- framing ---------------------------------------------------------------

@test("values may be concatenated, spread over lines and cut anywhere")
def _():
    ping = b'{"op":"ping"}'
    for data, expected in (
            (ping * 3, ["pong"] * 3), (b" \n\t\r" + ping + b"\r\n\r\n" + ping, ["pong"] * 2),
            (b"", []), (b" \n", []), (b"[][]", ["accepted", "accepted"]),
            (b"1 2", ["error"] * 2), (b"12", ["error"]), (b'1"a"null{}', ["error"] * 4),
            (b"truefalse" + ping, ["error", "error", "pong"]), (b"-0", ["error"]),
            (b"1e400", ["error"]), (b'"x"', ["error"])):
        lines = [json.loads(x) for x in stdio(data).stdout.splitlines()]
        got = [x["event"] for x in lines if x["event"] not in ("done", "finished")]
        same(got, expected, data)
        for line in lines:
            if line["event"] == "error":
                same(line["code"], "invalid_request", data)
    with Daemon() as daemon:
        line = daemon.connect()
        text = '{"clock":"virtual",\n "jobs" : [ {"wait":"1\\u0073", "name":"é\\ud83d\\ude00"}\n]}'
        for byte in text.encode():
            line.send(bytes([byte]))
        same(line.read()["event"], "accepted")
        same(line.read()["name"], "é\U0001f600")
        same(line.read()["elapsed"], 1)


BAD_JSON = [
    b"01", b"-", b"-\n", b'{"a":1}}', b"[]]", b'{},{}', b"\xef\xbb\xbf[]", b"\x00", b"[]\x00",
    b'{"op":"pi\xffng"}', b'"\xc0\xaf"', b'"\xed\xa0\x80"', b'"\xf4\x90\x80\x80"', b'"\xf0\x9f',
    b'"a\nb"', b'"a\tb"', b'"\\x"', b'"\\u12G4"', b"{'op':1}", b"{op:1}", b'{"op":"ping",}',
    b"[1,]", b"[,1]", b'{"a":}', b'{"a" 1}', b'{"a":1 "b":2}', b"[1 2]", b"NaN", b"Infinity",
    b"-Infinity", b"tru", b"tru ", b"True", b"1.", b".5", b"+1", b"1e", b"1e+", b"-01", b"// c\n",
    b"/**/", b'{"op":"ping"', b'"abc', b"[", b'{"jobs":[{"wait":1}', b'{"jobs":[{"wait":00}]}',
    b"GET / HTTP/1.1\r\n\r\n", b"\x0c[]", b"\xc2\xa0[]", b"\x16\x03\x01\x02", b"[1}", b'{"a":1]',
    b'{"jobs":[{"wait":-1}]']


@test("what is not RFC 8259 in UTF-8 is bad_json and ends the input")
def _():
    for data in BAD_JSON:
        truncated = data in (b"-", b'"\xf0\x9f', b"tru", b"1.", b"1e", b"1e+", b'{"op":"ping"',
                             b'"abc', b"[", b'{"jobs":[{"wait":1}', b'{"jobs":[{"wait":-1}]')
        result = stdio(data + (b"" if truncated else b'{"op":"ping","id":"late"}'))
        lines = [json.loads(x) for x in result.stdout.splitlines()]
        errors = [x for x in lines if x["event"] == "error"]
        same([x["code"] for x in errors][-1:], ["bad_json"], data)
        same([x for x in lines if x.get("id") == "late"], [], data)
        same(result.returncode, 2, data)
    lines = [json.loads(x) for x in stdio(b'{"op":"ping","id":"a\x7fb"}').stdout.splitlines()]
    same(lines[0]["id"], "a\x7fb")


@test("after bad_json what was accepted still streams, then the server closes")
def _():
    with Daemon() as daemon:
        line = daemon.connect()
        line.send('{"jobs":[{"wait":0.05}]}GET / HTTP/1.1\r\n\r\n{"op":"ping"}{"op":"ping"}')
        same([(e["event"], e.get("code")) for e in line.rest()],
             [("accepted", None), ("error", "bad_json"), ("done", None), ("finished", None)])


@test("an error reaches a client that has megabytes still to send")
def _():
    with Daemon() as daemon:
        for address in range(3):
            line = daemon.connect()
            try:
                line.send(b"GET /" + b"x" * 8000000)
            except OSError:
                pass
            same([e.get("code") for e in line.rest()], ["bad_json"], address)


@test("nesting and length beyond the limit are too_large and end the input")
def _():
    for data, flags in ((b"[" * 1000000, []), (b'{"jobs":[{"data":' + b"[" * 1000000, []),
                        (b'"' + b"a" * 5000, ["--max-request", "4K"]),
                        (b'{"jobs":[' + b" " * 5000 + b"]}", ["--max-request", "4096"])):
        result = stdio(data + b'{"op":"ping"}', *flags)
        same([json.loads(x).get("code") for x in result.stdout.splitlines()], ["too_large"],
             data[:20])
        same(result.returncode, 2)
    data = b'{"op":"ping"}' * 50 + b" " * 5000 + b'{"op":"ping"}'
    same(stdio(data, "--max-request", "100").stdout.count(b"pong"), 51,
         "the limit is of one request, not of a connection")


# ---- format of events ------------------------------------------------------

ORDER = {
    "accepted": ["batch", "id", "jobs", "seed", "time", "instance"],
    "started": ["batch", "job", "name", "attempt", "at"],
    "step": ["batch", "job", "name", "step", "kind", "note", "duration", "at"],
    "retry": ["batch", "job", "name", "attempt", "status", "delay", "at", "due"],
    "done": ["batch", "job", "name", "status", "at", "due", "attempts", "cause", "data"],
    "finished": ["batch", "id", "status", "jobs", "ok", "failed", "timed_out", "cancelled",
                 "skipped", "elapsed", "predicted", "sequential", "speedup", "critical_path"],
    "error": ["code", "message", "path", "id"],
}


@test("events: event first, members in their order, no blanks, plain decimals")
def _():
    requests = ['{"id":"i","clock":"virtual","events":"all","jobs":[{"name":"n","steps":'
                '[{"wait":"1ns","note":"x"},{"compute":"40us"},{"wait":123456.789012345}],'
                '"fail":true,"retries":1,"backoff":{"initial":"3ns"},"data":[1, 2]}]}',
                '{"op":"ping","id":1}', '{"op":"stats"}', '{"jobs":[{"wiat":1}],"id":1}',
                '{"clock":"virtual","jobs":[{"wait":1,"count":3},{"wait":"7ns"}]}']
    seen = set()
    for answer in answers(requests):
        for line in answer:
            event = json.loads(line)
            check(line.startswith('{"event":"'), line)
            bare = re.sub(r'"(?:[^"\\]|\\.)*"', '""', line)
            check(" " not in bare, line)
            for number in re.findall(r"[:\[,](-?[0-9][^,}\]]*)", bare):
                check(re.fullmatch(r"-?(0|[1-9][0-9]*)(\.[0-9]{1,9})?", number), line)
            members = [k for k in event if k != "event"]
            order = ORDER.get(event["event"])
            if order:
                same(members, [k for k in order if k in members], line)
                same(set(members) - set(order), set(), line)
            seen.add(event["event"])
    check(seen >= set(ORDER) | {"pong", "stats"}, seen)


@test("stats and pong have all their members")
def _():
    pong, stats = (json.loads(x[0]) for x in answers(['{"op":"ping","id":"p"}',
                                                      '{"op":"stats","id":"s"}']))
    same(set(pong), {"event", "id", "version", "protocol", "instance"})
    same((pong["id"], pong["protocol"]), ("p", 1))
    same(set(stats), {"event", "id", "uptime", "connections", "batches", "pending", "accepted",
                      "ok", "failed", "timed_out", "cancelled", "skipped", "events", "bytes_in",
                      "bytes_out", "late_p50", "late_p99", "late_max", "rss"})
    with Daemon() as daemon, Daemon() as other:
        line = daemon.connect()
        line.send({"jobs": [{"wait": 100, "count": 3}]}).read()
        line.send({"clock": "virtual", "events": "none", "jobs": [
            {}, {"fail": True, "name": "f"}, {"after": "f"}, {"wait": 1, "timeout": 0}]})
        first = line.read()
        line.read()
        now = line.ask({"op": "stats"})
        same([now[k] for k in ("connections", "batches", "pending", "accepted", *COUNTS)],
             [1, 1, 3, 7, 1, 1, 1, 0, 1])
        check(now["uptime"] > 0 and now["rss"] > 0 and now["bytes_in"] > 0, now)
        same(first["instance"], line.ask({"op": "ping"})["instance"])
        check(first["instance"] != other.connect().ask({"op": "ping"})["instance"],
              "instance is drawn anew at each start")


@test("a refusal is at most 1 KiB, quotes at most 64 bytes and stays UTF-8")
def _():
    requests = []
    for text in ("é" * 40000, "a" + "\U0001f600" * 9000, "\\u0001" * 9000, '\\"' * 9000,
                 "\\ud83d\\ude00" * 5000, "x" * 70000, "\x7f" * 5000):
        requests += [pattern.replace("@", text) for pattern in (
            '{"@":1}', '{"jobs":[{"@":1}]}', '{"jobs":[{"wait":"@"}]}', '{"mode":"@","jobs":[]}',
            '{"op":"@"}', '{"jobs":[{"after":"@"}]}', '{"jobs":[{"name":"@","after":"@"}]}', '"@"',
            '{"jobs":[{"name":"a@","after":"b@"},{"name":"b@","after":"a@"}]}',
            '{"protocol":"@"}', '{"jobs":[{"steps":[{"wait":1,"@":1}]}]}',
            '{"jobs":[{"wait":{"dist":"@"}}]}', '{"jobs":[],"defaults":{"@":1}}')]
    requests += ["1" * 90000, '{"jobs":[{"count":-%s}]}' % ("9" * 90000),
                 '{"jobs":[{"wait":%s}]}' % ("9" * 90000), '{"protocol":%s}' % ("9" * 9000)]
    for request, answer in zip(requests, answers(requests)):
        same(len(answer), 1, request[:60])
        check(len(answer[0].encode()) <= 1024, f"{len(answer[0])} bytes for {request[:60]}")
        too_long = re.search('"(wait|count)":["9-]', request) and len(request.encode()) > 65600
        same(json.loads(answer[0])["code"], "too_large" if too_long else "invalid_request",
             request[:60])
        check(not re.search(r"x{65}|9{65}|1{65}", json.loads(answer[0])["message"]), answer[0])


# ---- durations -------------------------------------------------------------

GOOD = [
    ("1", "1"), ("0.25", "0.25"), ('"250ms"', "0.25"), ('"1.5s"', "1.5"), ('"2m"', "120"),
    ('"1h"', "3600"), ('"40us"', "0.00004"), ('"5ns"', "0.000000005"), ('"1m30s"', "90"),
    ('"1h2m3s4ms5us6ns"', "3723.004005006"), ('"0.5h0.5m"', "1830"),
    ('"1h1ns"', "3600.000000001"), ('"0.0004us0.4ns"', "0.000000001"),
    ('"0.0004us0.04ns"', "0"), ('"0.4ns"', "0"), ('"0.6ns"', "0.000000001"),
    ("0.0000000004", "0"), ("0.0000000006", "0.000000001"), ("1e-9", "0.000000001"),
    ("6e-10", "0.000000001"), ("4e-10", "0"), ("1E2", "100"), ("1e+2", "100"), ("1.0", "1"),
    ("0", "0"), ("0e999999999999999999999", "0"), ("1e-400", "0"),
    ("1e-99999999999999999999", "0"), ("4.35", "4.35"), ("2592000", "2592000"),
    ('"720h"', "2592000"), ("2591999.999999999", "2591999.999999999"),
    ('"719h59m59.999999999s"', "2591999.999999999"), ("1.000000001", "1.000000001"),
    ("1.0000000014999999999999999999", "1.000000001"),
    ("1.0000000015000000000000000001", "1.000000002"),
    ('"1.0000000014999999999999999999s"', "1.000000001"),
    ('"1.0000000015000000000000000001s"', "1.000000002"), ('"01s"', "1"), ('"1m90s"', "150"),
    ('"0h0m0s"', "0"), ('"90m"', "5400"), ('"1000ms1000us"', "1.001"), ("25.92e5", "2592000"),
    ('"\\u0031s"', "1"), ("123456.789012345", "123456.789012345"),
    ('"0.' + "0" * 500 + '1s"', "0"), ("1" + "0" * 500 + "e-500", "1")]
BAD = [
    '""', '"5"', '"s"', '"1 s"', '" 1s"', '"1s "', '"1m 30s"', '"1s1m"', '"1s1s"', '".5s"',
    '"5.s"', '"+1s"', '"-1s"', '"-0s"', '"1S"', '"1e3s"', '"1,5s"', '"inf"', '"nan"', '"1µs"',
    '"1d"', '"1min"', '"1sec"', '"1s2"', '"1.5.5s"', '"1ms1s"', '"1ns1us"', '"1hs"', '"h"',
    '"1h-1m"', '"0x1s"', '"1_000s"', '"1s\\u0000"', '"∞s"', "-1", "-0.0000000001", "-5e-324",
    "2592000.000000001", "2592001", '"720h1ns"', '"43200.1m"', "1e400",
    "1e99999999999999999999", '"' + "9" * 40 + 'h"', "9223372037", "18446744074", "1e18",
    "true", "false", "null", "[]", "[1]", '"١s"']


@test("the path of a key that is too long to show is closed all the same")
def _():
    characters = ('\\"', "\\\\", "\\u0001", "\\ud800", "é", "€", "𝄞", " ", "x")
    keys = [prefix + character * 200 for character in characters for prefix in ("", "a", "ab")]
    requests = ['{"defaults":{"steps":[{"wait":{"%s":1}}]},"jobs":[]}' % key for key in keys]
    for key, lines in zip(keys, answers(requests)):
        path = json.loads(lines[0])["path"]
        check(path.startswith('defaults.steps[0].wait["') and path.endswith('…"]'), path)
        check("\ufffd" not in path and len(lines[0].encode()) <= 1024, path)


@test("durations are read exactly and rounded to the nearest nanosecond")
def _():
    got = answers(['{"clock":"virtual","jobs":[{"wait":%s}]}' % text for text, _ in GOOD])
    for (text, expected), lines in zip(GOOD, got):
        check(f'"elapsed":{expected},' in lines[-1], f"{text[:60]} gave {lines[-1]}")


@test("malformed, negative and excessive durations are refused wherever they stand")
def _():
    places = (('{"jobs":[{"wait":@}]}', "jobs[0].wait"), ('{"jobs":[],"timeout":@}', "timeout"),
              ('[{"steps":[{"wait":1},{"compute":@}]}]', "[0].steps[1].compute"),
              ('{"jobs":[{"timeout":@}]}', "jobs[0].timeout"),
              ('{"jobs":[{"backoff":{"initial":@}}]}', "jobs[0].backoff.initial"),
              ('{"jobs":[{"backoff":{"initial":1,"max":@}}]}', "jobs[0].backoff.max"),
              ('{"jobs":[],"defaults":{"compute":@}}', "defaults.compute"),
              ('{"jobs":[{"wait":{"dist":"trace","values":[1,@]}}]}', "jobs[0].wait.values[1]"),
              ('{"jobs":[{"wait":{"dist":"exponential","mean":@}}]}', "jobs[0].wait.mean"))
    asked = [(p.replace("@", bad), path) for p, path in places for bad in BAD]
    for (request, path), lines in zip(asked, answers([r for r, _ in asked])):
        event = json.loads(lines[0])
        same((event.get("code"), event.get("path")), ("invalid_request", path), request[:90])


@test("sums of times saturate at 2^63-1 ns, and max-wait moves the maximum")
def _():
    got = answers(['{"clock":"virtual","jobs":[{"wait":"720h","repeat":4000}]}',
                   '{"clock":"virtual","mode":"sequential","jobs":[{"wait":"720h","count":3600}]}'])
    for lines in got:
        final = json.loads(lines[-1], parse_float=str)
        for member in ("elapsed", "predicted", "sequential"):
            same(final[member], "9223372036.854775807", member)
    got = answers(['{"clock":"virtual","events":"all","jobs":[{"fail":true,"retries":40,'
                   '"backoff":{"initial":1}}]}'])[0]
    retries = [json.loads(x, parse_float=str) for x in got if '"event":"retry"' in x]
    same([(x["delay"], x["due"]) for x in retries[33:36]],
         [(2**33, "9223372036.854775807")] + [("9223372036.854775807",) * 2] * 2)
    got = answers(['[{"wait":11}]', '{"clock":"virtual","jobs":[{"wait":10}]}'],
                  "--max-wait", "10s")
    same([json.loads(x[0]).get("code") for x in got], ["invalid_request", None])
    got = answers(['{"clock":"virtual","jobs":[{"wait":359999999.999999999}]}'],
                  "--max-wait", "100000h")
    check('"elapsed":359999999.999999999,' in got[0][-1], got)


# ---- reading of requests ---------------------------------------------------

INVALID = "invalid_request"
REFUSED = [
    # what stands at the top
    ("5", None), ("null", None), ('"jobs"', None), ("{}", None), ('{"op":"submit"}', None),
    ('{"op":"cancel"}', None), ('{"op":null,"jobs":[]}', "op"), ('{"op":5}', "op"),
    ('{"op":"PING"}', "op"), ('{"op":"shutdown"}', "op"), ('{"op":"ping","x":1}', "x"),
    ('{"op":"ping","batch":1}', "batch"), ('{"op":"stats","jobs":[]}', "jobs"),
    ('{"op":"quit","x":1}', "x"), ('{"op":"cancel","batch":1,"mode":"x"}', "mode"),
    ('{"batch":1,"jobs":[]}', "batch"), ('{"jobs":[],"job":1}', "job"),
    ('{"op":"ping","op":"ping"}', "op"), ('{"jobs":[],"j\\u006fbs":[]}', "jobs"),
    ('{"clock":"virtual","clock":"real","jobs":[]}', "clock"), ('{"x":1,"jobs":[]}', "x"),
    ('{"jobs":{}}', "jobs"), ('{"jobs":null}', "jobs"), ('{"jobs":[5]}', "jobs[0]"),
    ('{"jobs":[[]]}', "jobs[0]"), ("[null]", "[0]"), ('[{"wait":1},{"id":1}]', "[1].id"),
    ('{"op":"cancel","batch":"1"}', "batch"), ('{"op":"cancel","batch":1.0}', "batch"),
    ('{"op":"cancel","batch":null}', "batch"), ('{"op":"cancel","batch":1,"job":-1}', "job"),
    ('{"op":"cancel","batch":1,"job":null}', "job"),
    ('{"op":"cancel","batch":1,"batch":1}', "batch"),
    # protocol, id
    ('{"op":"ping","protocol":2}', "protocol"), ('{"protocol":0,"jobs":[]}', "protocol"),
    ('{"op":"ping","protocol":1.0}', "protocol"), ('{"op":"ping","protocol":"1"}', "protocol"),
    ('{"op":"ping","protocol":null}', "protocol"), ('{"id":null,"jobs":[]}', "id"),
    ('{"id":1.5,"jobs":[]}', "id"), ('{"id":1e3,"jobs":[]}', "id"), ('{"id":true,"jobs":[]}', "id"),
    ('{"id":[1],"jobs":[]}', "id"), ('{"id":{},"jobs":[]}', "id"),
    # a batch's members
    *(('{"%s":%s,"jobs":[]}' % (m, v), m) for m in ("concurrency", "workers")
      for v in ("0", "-1", "1.0", "1e0", "null", '"1"', "true", "[]")),
    *(('{"seed":%s,"jobs":[]}' % v, "seed") for v in ("1.0", "1e1", '"1"', "null", "true")),
    *(('{"%s":%s,"jobs":[]}' % (m, v), m) for m in ("mode", "until", "clock", "events")
      for v in ('"x"', '""', "null", "1", "true", "[]", '["all"]')),
    ('{"mode":"Sequential","jobs":[]}', "mode"), ('{"timeout":null,"jobs":[]}', "timeout"),
    ('{"timeout":{"dist":"trace","values":[1]},"jobs":[]}', "timeout"),
    ('{"defaults":[],"jobs":[]}', "defaults"), ('{"defaults":null,"jobs":[]}', "defaults"),
    ('{"jobs":[],"defaults":{"x":1}}', "defaults.x"),
    ('{"jobs":[],"defaults":{"wait":1,"wait":1}}', "defaults.wait"),
    ('{"jobs":[],"defaults":{"wait":1,"compute":1}}', "defaults.compute"),
    ('{"jobs":[],"defaults":{"repeat":0}}', "defaults.repeat"),
    # a job's members
    *(('{"jobs":[{"%s":%s}]}' % (m, v), "jobs[0]." + m) for m in ("count", "repeat")
      for v in ("0", "-1", "1.0", "1e0", '"1"', "null", "true", "[]", "-" + "9" * 30)),
    *(('{"jobs":[{"retries":%s}]}' % v, "jobs[0].retries")
      for v in ("-1", "1.5", "1e0", '"1"', "null", "false")),
    *(('{"jobs":[{"fail":%s}]}' % v, "jobs[0].fail")
      for v in ("2", "-0.1", "1.0001", '"true"', "null", "1e400", "[]")),
    *(('{"jobs":[{"name":%s}]}' % v, "jobs[0].name") for v in ("5", "null", "true", '["a"]')),
    *(('{"jobs":[{"after":%s}]}' % v, "jobs[0].after") for v in ("5", "null", "true", "{}", '"q"')),
    ('{"jobs":[{"name":"a"},{"after":["a","q"]}]}', "jobs[1].after[1]"),
    ('[{"name":"a"},{"after":["a",5]}]', "[1].after[1]"),
    ('[{"name":"a"},{"after":["a",null]}]', "[1].after[1]"),
    ('{"jobs":[{"wait":1,"w\\u0061it":1}]}', "jobs[0].wait"),
    ('{"jobs":[{"data":1,"data":2}]}', "jobs[0].data"),
    ('{"jobs":[{"wait":1},{"wiat":1}]}', "jobs[1].wiat"),
    ('{"jobs":[{"wait":1,"compute":1}]}', "jobs[0].compute"),
    ('{"jobs":[{"wait":1,"steps":[]}]}', "jobs[0].steps"),
    ('{"jobs":[{"steps":[],"wait":1}]}', "jobs[0].wait"),
    ('{"jobs":[{"steps":{}}]}', "jobs[0].steps"), ('{"jobs":[{"steps":null}]}', "jobs[0].steps"),
    ('{"jobs":[{"steps":[5]}]}', "jobs[0].steps[0]"), ('{"jobs":[{"steps":[{}]}]}',
                                                       "jobs[0].steps[0]"),
    ('{"jobs":[{"steps":[{"note":"a"}]}]}', "jobs[0].steps[0]"),
    ('{"jobs":[{"steps":[{"wait":1},{"wait":1,"compute":1}]}]}', "jobs[0].steps[1].compute"),
    ('{"jobs":[{"steps":[{"wait":1,"note":5}]}]}', "jobs[0].steps[0].note"),
    ('{"jobs":[{"steps":[{"wait":1,"note":null}]}]}', "jobs[0].steps[0].note"),
    ('{"jobs":[{"steps":[{"wait":1,"x":1}]}]}', "jobs[0].steps[0].x"),
    ('{"jobs":[{"steps":[{"wait":1,"wait":1}]}]}', "jobs[0].steps[0].wait"),
    # back-off and draws
    ('{"jobs":[{"backoff":5}]}', "jobs[0].backoff"),
    ('{"jobs":[{"backoff":null}]}', "jobs[0].backoff"),
    ('{"jobs":[{"backoff":{"initial":1,"factor":0.99}}]}', "jobs[0].backoff.factor"),
    ('{"jobs":[{"backoff":{"initial":1,"factor":"2"}}]}', "jobs[0].backoff.factor"),
    ('{"jobs":[{"backoff":{"initial":1,"factor":null}}]}', "jobs[0].backoff.factor"),
    ('{"jobs":[{"backoff":{"initial":1,"jitter":"half"}}]}', "jobs[0].backoff.jitter"),
    ('{"jobs":[{"backoff":{"initial":1,"jitter":null}}]}', "jobs[0].backoff.jitter"),
    ('{"jobs":[{"backoff":{"initial":1,"x":1}}]}', "jobs[0].backoff.x"),
    ('{"jobs":[{"backoff":{"initial":1,"initial":1}}]}', "jobs[0].backoff.initial"),
    ('{"jobs":[{"wait":{"dist":"x"}}]}', "jobs[0].wait.dist"),
    ('{"jobs":[{"wait":{"dist":null}}]}', "jobs[0].wait.dist"),
    ('{"jobs":[{"wait":{"dist":"uniform","min":1,"max":2,"mean":1}}]}', "jobs[0].wait.mean"),
    ('{"jobs":[{"wait":{"mean":1,"max":2,"min":1,"dist":"uniform"}}]}', "jobs[0].wait.mean"),
    ('{"jobs":[{"wait":{"dist":"trace","values":[]}}]}', "jobs[0].wait.values"),
    ('{"jobs":[{"wait":{"dist":"trace","values":1}}]}', "jobs[0].wait.values"),
    ('{"jobs":[{"wait":{"dist":"trace","values":[1,{}]}}]}', "jobs[0].wait.values[1]"),
    ('{"jobs":[{"wait":{"dist":"trace","dist":"trace","values":[1]}}]}', "jobs[0].wait.dist"),
    # the first fault in the order of the text
    ('{"jobs":[{"wait":-1}],"mode":"x"}', "jobs[0].wait"), ('{"mode":"x"}', "mode"),
    ('{"mode":"x","jobs":[{"wait":-1}]}', "mode"), ('{"jobs":[{"wait":-1}],"op":"ping"}', "jobs"),
    ('{"mode":"sequential","op":"ping"}', "mode"), ('{"concurrency":0}', "concurrency"),
    ('{"jobs":[{"after":"q"},{"wait":-1}]}', "jobs[0].after"),
    ('{"jobs":[{"after":"q","wait":-1}]}', "jobs[0].after"),
    ('{"jobs":[{"wait":-1,"after":"q"}]}', "jobs[0].wait"),
    ('{"jobs":[{"after":["q",5]}]}', "jobs[0].after[0]"),
    ('{"jobs":[{"after":[5,"q"]}]}', "jobs[0].after[0]"),
    ('{"jobs":[{"after":"q"}],"mode":"x"}', "jobs[0].after"),
    ('{"jobs":[{"after":"q"}],"jobs":[]}', "jobs[0].after"),
    ('{"jobs":[{"after":"q"}],"defaults":{"wait":-1}}', "jobs[0].after"),
    ('{"defaults":{"after":"q"},"jobs":[{"wait":-1},{}]}', "defaults.after"),
    ('{"jobs":[{"wait":1}],"defaults":{"after":"q"},"mode":"x"}', "defaults.after"),
    ('{"jobs":[{"wait":1,"wait":-1}]}', "jobs[0].wait"),
    ('{"jobs":[{"wiat":{"a":[1,{"x":1,"x":2}]}},5]}', "jobs[0].wiat"),
    ('{"jobs":[{"wait":1,"compute":-1}]}', "jobs[0].compute"),
    ('{"jobs":[{"backoff":{"initial":1,"x":1,"initial":2}}]}', "jobs[0].backoff.x"),
    ('{"jobs":[{"after":"q"},{"count":10000000}]}', "jobs[0].after"),
]


@test("each fault is refused with its code and the path of the first one")
def _():
    wrong = []
    for (request, path), lines in zip(REFUSED, answers([r for r, _ in REFUSED])):
        event = json.loads(lines[0]) if lines else {}
        if (event.get("code"), event.get("path")) != (INVALID, path) or len(lines) != 1:
            wrong.append(f"{request} expected path {path}, got {lines}")
    check(not wrong, "\n".join(wrong))


@test("limits met late count in document order, too")
def _():
    wrong = []
    cases = [
        ('{"jobs":[{"wait":1}],"defaults":{"count":10000000},"mode":"x"}', "too_large"),
        ('{"jobs":[{"repeat":1000000001}],"defaults":{"wait":1},"mode":"x"}', "too_large"),
        ('{"defaults":{"repeat":1000000001},"jobs":[{"wait":1},{"wait":-1}]}', "too_large"),
        ('{"jobs":[{"count":10000000,"wait":-1}]}', "too_large"),
        ('{"jobs":[{"wait":1,"repeat":1000000001},{"wait":-1}]}', "too_large"),
        ('{"jobs":[{"wait":-1},{"count":10000000}]}', INVALID),
        ('{"jobs":[{"wait":-1,"count":10000000}]}', INVALID)]
    for (request, code), lines in zip(cases, answers([r for r, _ in cases])):
        if json.loads(lines[0]).get("code") != code:
            wrong.append(f"{request} expected {code}, got {lines}")
    check(not wrong, "\n".join(wrong))


@test("cycles, wrong bounds and missing members are refused in their place")
def _():
    cases = [
        ('{"jobs":[{"name":"a","after":"a"}]}', "jobs[0]"),
        ('{"jobs":[{"name":"a","count":2,"after":["a"]}]}', "jobs[0]"),
        ('[{"name":"a","after":"c"},{"name":"b","after":"a"},{"name":"c","after":"b"}]', "["),
        ('{"jobs":[{"name":"a"},{"name":"b"}],"defaults":{"after":"a"}}', "defaults.after"),
        ('{"jobs":[{"wait":{"dist":"uniform","min":2,"max":1}}]}', "jobs[0].wait"),
        ('{"jobs":[{"wait":{"dist":"uniform","min":2}}]}', "jobs[0].wait"),
        ('{"jobs":[{"wait":{"min":1,"max":2}}]}', "jobs[0].wait"),
        ('{"jobs":[{"wait":{}}]}', "jobs[0].wait"),
        ('{"jobs":[{"wait":{"dist":"normal","mean":1}}]}', "jobs[0].wait"),
        ('{"jobs":[{"wait":{"dist":"lognormal","p50":2,"p99":1}}]}', "jobs[0].wait"),
        ('{"jobs":[{"backoff":{"factor":2}},{"wait":-1}]}', "jobs[0].backoff"),
        ('{"jobs":[{"backoff":{}}]}', "jobs[0].backoff")]
    for (request, path), lines in zip(cases, answers([r for r, _ in cases])):
        event = json.loads(lines[0])
        same(event.get("code"), INVALID, request)
        check(event.get("path", "").startswith(path), f"{request}: {event}")
    lines = answers(['[{"name":"a1","after":"c3"},{"name":"b2","after":"a1"},'
                     '{"name":"c3","after":"b2"}]'])[0]
    for name in ("a1", "b2", "c3"):
        check(name in json.loads(lines[0])["message"], "the cycle is reported")


@test("id is echoed as it was written, wherever it stands")
def _():
    for text in ("7", "-1", '"x"', '""', '"a\\u0062\\n\\ud800\\"/"', '"é"', "9" * 40,
                 '"' + "y" * 5000 + '"'):
        requests = ['{"op":"ping","id":%s}', '{"id":%s,"jobs":[{"wait":-1}]}',
                    '{"jobs":[{"wait":-1}],"id":%s}', '{"op":"cancel","batch":9,"id":%s}',
                    '{"jobs":[],"clock":"virtual","id":%s}']
        got = answers([r % text for r in requests])
        for lines in got:
            for line in lines:
                check('"id":%s' % text in line, f"{line[:300]} lacks {text[:50]}")
        same([json.loads(x)["event"] for x in got[4]], ["accepted", "finished"])


@test("what is at the edge of validity is taken")
def _():
    good = [
        '{"protocol":1,"op":"submit","jobs":[]}', "[]", '{"jobs":[{}]}', '{"jobs":[{"steps":[]}]}',
        '{"jobs":[{"fail":1}]}', '{"jobs":[{"fail":0.0}]}', '{"jobs":[{"fail":1e0}]}',
        '{"jobs":[{"after":[]}]}', '{"jobs":[{"name":""},{"after":""}]}',
        '{"jobs":[{"name":"a\\u0062"},{"after":"ab"}]}', '{"jobs":[{"after":"b"},{"name":"b"}]}',
        '{"jobs":[{"name":"a"},{"after":["a","a"]}]}', '{"seed":-1,"jobs":[]}',
        '{"seed":9223372036854775807,"jobs":[]}', '{"workers":4294967297,"jobs":[{"compute":0}]}',
        '{"concurrency":9223372036854775807,"jobs":[{}]}', '{"defaults":{},"jobs":[{}]}',
        '{"jobs":[{"name":"a","after":[]},{"name":"b"}],"defaults":{"after":"a"}}',
        '{"jobs":[{"backoff":{"initial":5,"max":1,"factor":1,"jitter":"none"}}]}',
        '{"jobs":[{"wait":{"dist":"uniform","min":0,"max":0}}]}',
        '{"j\\u006fbs":[{"w\\u0061it":0}]}', '{"jobs":[{"wait":1}],"clock":"virt\\u0075al"}']
    for request, lines in zip(good, answers(good)):
        same(json.loads(lines[0])["event"], "accepted", f"{request}: {lines[:1]}")


@test("data comes back as its own text less white space, names with their escapes")
def _():
    cases = [('{ "a" : 1.50e+3 , "a":2, "z":"\\ud800 x" , "b":123456789012345678901234567890 }',
              '{"a":1.50e+3,"a":2,"z":"\\ud800 x","b":123456789012345678901234567890}'),
             ("null", "null"), ("-0.0", "-0.0"), ('"a  \\u0062 / \\/"', '"a  \\u0062 / \\/"'),
             ("[ 1 ,\n[ ] , { } ]", "[1,[],{}]"), ("1E400", "1E400"), ("false", "false"),
             ('"' + "d" * 100000 + '"', '"' + "d" * 100000 + '"')]
    got = answers(['{"clock":"virtual","jobs":[{"data":%s}]}' % a for a, _ in cases])
    for (_, expected), lines in zip(cases, got):
        check(lines[1].endswith(',"data":%s}' % expected), lines[1][:300])
    lines = answers(['{"clock":"virtual","events":"all","jobs":[{"name":"a\\u0062\\n\\"é\\ud83d'
                     '\\ude00","steps":[{"wait":0,"note":"n\\t\\u0001"}]}]}'])[0]
    event = json.loads(lines[2])
    same((event["name"], event["note"]), ('ab\n"é\U0001f600', "n\t\x01"))


@test("defaults hold before and after jobs, replaced whole and not merged")
def _():
    defaults = ('"defaults":{"wait":2,"fail":true,"retries":1,"count":2,"name":"d","data":[1],'
                '"backoff":{"initial":1,"factor":3}}')
    jobs = ('"jobs":[{},{"name":"e","compute":5,"count":1,"backoff":{"initial":4},"retries":2,'
            '"data":null},{"steps":[],"fail":false,"count":1}]')
    got = answers(['{"clock":"virtual",%s,%s}' % pair for pair in
                   ((defaults, jobs), (jobs, defaults))])
    for lines in got:
        done = [json.loads(x) for x in lines[1:-1]]
        same([(e["job"], e["name"], e["status"], e["at"], e.get("attempts"), e["data"])
              for e in done],
             [(3, "d", "ok", 0, None, [1]), (0, "d", "failed", 5, 2, [1]),
              (1, "d", "failed", 5, 2, [1]), (2, "e", "failed", 27, 3, None)])


@test("events chooses what is sent")
def _():
    job = '"jobs":[{"wait":1,"fail":true,"retries":1}],"clock":"virtual"'
    got = answers(['{%s}' % job, '{"events":"done",%s}' % job, '{"events":"none",%s}' % job,
                   '{"events":"all",%s}' % job])
    kinds = [[json.loads(x)["event"] for x in lines] for lines in got]
    same(kinds[0], ["accepted", "done", "finished"])
    same(kinds[1], kinds[0])
    same(kinds[2], ["accepted", "finished"])
    same(kinds[3], ["accepted", "started", "step", "retry", "started", "step", "done", "finished"])
    check("due" not in got[0][1] and "due" in got[3][-2], got)


@test("messages say what was got as it was written")
def _():
    cases = [('{"jobs":[{"count":99999999999999999999999}]}', "9" * 23),
             ('{"op":"cancel","batch":424242}', "424242"), ('{"mode":"fast","jobs":[]}', "fast"),
             ('{"jobs":[{"wait":"5"}]}', '"5"'), ('{"protocol":2,"jobs":[]}', "2")]
    for (request, word), lines in zip(cases, answers([r for r, _ in cases])):
        check(word in json.loads(lines[0])["message"], lines[0])


# ---- the schedule ----------------------------------------------------------

def groups(text):
    """Events of each batch by its id, in their order."""
    batches, ids = {}, {}
    for line in text.decode().splitlines():
        event = json.loads(line, parse_float=Decimal)
        check(event["event"] != "error", line)
        if event["event"] == "accepted":
            ids[event["batch"]] = event["id"]
            batches[event["id"]] = []
        batches[ids[event["batch"]]].append(event)
    return batches


def in_ns(event):
    event = {k: ns(v) if k in TIMES else v for k, v in event.items() if k != "batch"}
    for member in ("latency", "queued"):
        if member in event:
            event[member] = {k: ns(v) for k, v in event[member].items()}
    if "utilization" in event:
        event["utilization"] = Fraction(event["utilization"])
    return event


def close_to(got, expected):
    """Equal, but for the last digits of what was drawn."""
    def close(k):
        a, b = got[k], expected[k]
        if k in ("latency", "queued"):
            return a.keys() == b.keys() and all(abs(a[x] - b[x]) <= 200 for x in a)
        if k == "utilization":
            return abs(a - b) < Fraction(1, 10**6)
        return abs(a - b) <= 50 if k in TIMES else a == b
    return got.keys() == expected.keys() and all(map(close, got))


@test("random batches on the virtual clock are as the schedule has them, event for event")
def _():
    seed = int(os.environ.get("SEED", random.SystemRandom().randrange(10**6)))
    print(f"# SEED={seed}")
    rng = random.Random(seed)
    batches = []
    for i in range(int(os.environ.get("BATCHES", 2500))):
        batch = random_batch(rng)
        batch["id"] = i
        batches.append((batch, to_text(rng, batch)))
    got = groups(stdio("\n".join(text for _, text in batches).encode()).stdout)
    for batch, text in batches:
        events, final = simulate(batch)
        final["id"] = batch["id"]
        accepted, *rest = [in_ns(e) for e in got[batch["id"]]]
        same(accepted["jobs"], final["jobs"], text)
        speedup = rest[-1].pop("speedup")
        check(abs(Fraction(speedup) - final.pop("speedup")) <= Fraction(1, 10**9), text)
        expected = events + [final]
        drawn = '"dist"' in text or '"full"' in text
        for a, b in zip(rest, expected):
            check(close_to(a, b) if drawn else a == b, f"{text}\n got      {a}\n expected {b}")
        same(len(rest), len(expected), text)


def nearest_root(square):
    """The integer nearest to the root of a fraction."""
    floor = math.isqrt(4 * square.numerator // square.denominator)
    return (floor + 1) // 2


def spread(values):
    values, n = sorted(values), len(values)
    mean = Fraction(sum(values), n)
    variance = sum((x - mean) ** 2 for x in values) / (n - 1) if n > 1 else Fraction(0)
    return {"min": values[0], "mean": math.floor(mean + Fraction(1, 2)),
            "stddev": nearest_root(variance),
            **{"p%02d" % p: values[-(-p * n // 100) - 1] for p in (5, 25, 50, 75, 90, 95, 99)},
            "max": values[-1]}


def critical_names(simulator):
    """The names on the longest chain, backwards by the words of the specification."""
    def longest(jobs):
        return max(jobs, key=lambda job: (simulator.chain(job), -job.index))
    names, job = set(), simulator.jobs and longest(simulator.jobs)
    while job:
        names.add(job.spec.get("name"))
        behind = job.before and longest(job.before)
        arrival = job.arrival if job.attempt else -1
        job = behind if behind and arrival <= simulator.chain(behind) else None
    return names


def shares(names_of_runs, batch):
    """At most 20 names, by share, then by the lowest index."""
    order, counts = {}, {}
    for spec in batch["jobs"]:
        order.setdefault(spec.get("name"), len(order))
    for names in names_of_runs:
        for name in names:
            counts[name] = counts.get(name, 0) + 1
    return [({} if name is None else {"name": name}) |
            {"share": Fraction(round(Fraction(n * SECOND, len(names_of_runs))), SECOND)}
            for name, n in sorted(counts.items(), key=lambda x: (-x[1], order[x[0]]))][:20]


@test("a forecast is what its runs come to, and each run is a batch with its seed")
def _():
    rng = random.Random(int(os.environ.get("SEED", 11)))
    requests, batches = [], []
    for i in range(150):
        batch = random_batch(rng)
        for member in ("clock", "report"):
            batch.pop(member, None)
        batch["events"] = rng.choice(["all", "all", "done", "none"])
        runs, first = rng.choice([1, 2, 3, 7]), rng.choice([0, 5, 2**63 - 2, -2**63])
        batch["seed"] = first
        batches.append((batch, runs))
        requests.append(to_text(rng, {**batch, "op": "forecast", "runs": runs, "id": "f%d" % i}))
        for k in range(runs):
            seed = (first + k + 2**63) % 2**64 - 2**63
            requests.append(to_text(rng, {**batch, "clock": "virtual", "events": "none",
                                          "seed": seed, "id": "s%d.%d" % (i, k)}))
    events = {}
    for text in stdio("\n".join(requests).encode()).stdout.decode().splitlines():
        event = json.loads(text, parse_float=Decimal)
        check(event["event"] != "error", text)
        if event["event"] != "accepted":
            events.setdefault(event.pop("id"), []).append(event)
    for i, (batch, runs) in enumerate(batches):
        *reported, forecast = events["f%d" % i]
        finished = [events["s%d.%d" % (i, k)][0] for k in range(runs)]
        same(len(reported), runs if batch["events"] == "all" else 0, "runs reported")
        for k, run in enumerate(reported):
            seed = (batch["seed"] + k + 2**63) % 2**64 - 2**63
            same(run, {"event": "run", "run": k, "seed": seed, "status": finished[k]["status"],
                       "elapsed": finished[k]["predicted"],
                       "critical_path": finished[k]["critical_path"]})
        same(list(forecast), ["event", "runs", "jobs", "ok", "failed", "timed_out", "elapsed",
                              "critical_path", "sequential", "critical"])
        same([forecast["runs"], forecast["jobs"]], [runs, finished[0]["jobs"]])
        for status in ("ok", "failed", "timed_out"):
            same(forecast[status], sum(f["status"] == status for f in finished), status)
        for member, source in (("elapsed", "predicted"), ("critical_path", "critical_path"),
                               ("sequential", "sequential")):
            same({k: ns(v) for k, v in forecast[member].items()},
                 spread([ns(f[source]) for f in finished]), f"{member} of {batch}")
        if '"dist"' in json.dumps(batch):
            continue  # what is drawn may differ in its last digits, and so which is longest
        names = []
        for k in range(runs):
            simulator = Simulator({**batch, "seed": (batch["seed"] + k + 2**63) % 2**64 - 2**63})
            simulator.run()
            names.append(critical_names(simulator))
        got = [{**c, "share": Fraction(c["share"])} for c in forecast["critical"]]
        same(got, shares(names, batch), batch)


@test("a forecast is refused by name, and its runs are limited")
def _():
    jobs = '"jobs":[{"wait":1}]'
    cases = [
        ('{"op":"forecast",%s}' % jobs, "invalid_request", None),
        ('{"op":"forecast","runs":1}', "invalid_request", None),
        ('{"op":"forecast","runs":0,%s}' % jobs, "invalid_request", "runs"),
        ('{"op":"forecast","runs":1.0,%s}' % jobs, "invalid_request", "runs"),
        ('{"op":"forecast","runs":"1",%s}' % jobs, "invalid_request", "runs"),
        ('{"op":"forecast","runs":1000001,%s}' % jobs, "too_large", "runs"),
        ('{"op":"forecast","runs":1000000,"jobs":[{"count":1001}]}', "too_large", "runs"),
        ('{"jobs":[{"count":1001}],"runs":1000000,"op":"forecast"}', "too_large", "runs"),
        ('{"op":"forecast","runs":1,"clock":"real",%s}' % jobs, "invalid_request", "clock"),
        ('{%s,"runs":1}' % jobs, "invalid_request", "runs"),
        ('{"op":"cancel"}', "invalid_request", None),
        ('{"op":"cancel","id":1,"job":0}', "invalid_request", None),
        ('{"op":"cancel","id":1}', "not_found", "id")]
    cases += [('{"op":"forecast","runs":1,"%s":%s,%s}' % (member, value, jobs),
               "invalid_request", member)
              for member, value in (("report", "false"), ("report", "5"), ("detach", "true"),
                                    ("key", '"k"'), ("retain", "1"), ("on_restart", '"x"'),
                                    ("heartbeat", "1"))]
    for (request, code, path), lines in zip(cases, answers([c[0] for c in cases])):
        event = json.loads(lines[0])
        same([event["event"], event.get("code"), event.get("path")], ["error", code, path], request)
        same(len(lines), 1, request)
    request = '{"op":"forecast","runs":2,"clock":"virtual",%s}' % jobs
    same(json.loads(stdio(request.encode()).stdout)["runs"], 2)
    drawn = ('{"op":"forecast","runs":2,"events":"all","seed":%s,"jobs":[{"wait":'
             '{"dist":"uniform","min":0,"max":9}}]}')
    first, second, forecast = map(json.loads, stdio((drawn % '"random"').encode()).stdout.splitlines())
    same([first["seed"], second["seed"]], [forecast["seed"], forecast["seed"] + 1])
    again = stdio((drawn % forecast["seed"]).encode()).stdout.splitlines()
    same([json.loads(again[0]), "seed" in json.loads(again[2])], [first, False])


@test("an id is the string that it spells, however it is written")
def _():
    big = '{"op":"forecast","runs":1000000,"id":%s,"jobs":[{"count":900,"wait":1}]}'
    with Daemon("--threads", "1") as daemon:
        for reported, asked, code in ((r'"a"', r'"\u0061"', "cancelled"), (r'"\u00e9\/"', '"é/"', "cancelled"),
                                  (r'"\ud83d\ude00"', '"😀"', "cancelled"), ('"\u2028"', r'"\u2028"', "cancelled"),
                                  ('"5"', "5", "not_found"), ('"a"', '"ab"', "not_found"), ('"a"', '"b"', "not_found"),
                                  (r'"a\u0000"', '"a"', "not_found")):
            line = daemon.connect()
            line.send(big % reported)
            same(line.ask('{"op":"cancel","id":%s}' % asked)["code"], code, f"{reported} {asked}")
            line.reset()


@test("figures that there is no memory for are refused by the member that wants them")
def _():
    batch = {"clock": "virtual", "events": "none", "jobs": [{"count": 100000}]}
    requests = [batch, {**batch, "report": True}, {"op": "forecast", "runs": 100000, "jobs": []}]
    fine, report, runs = answers([json.dumps(request) for request in requests], "--max-text", "1000000")
    same([json.loads(line)["event"] for line in fine], ["accepted", "finished"])
    for lines, member, size in ((report, "report", 1600000), (runs, "runs", 2400000)):
        event = json.loads(lines[0])
        same(event["code"], "overloaded")
        check(event["message"].startswith('"%s" takes ' % member) and "max-text" in event["message"], lines)
        check(int(event["message"].split()[2]) >= size, lines)


@test("others are served while a forecast is made, and it is ended by cancel and reset")
def _():
    big = {"op": "forecast", "runs": 1000000, "jobs": [{"count": 900, "wait": 1}]}
    full = {"clock": "virtual", "events": "none", "jobs": [{"count": 3600}]}
    with Daemon("--threads", "1", "--max-pending", "3600") as daemon:
        line, other = daemon.connect(), daemon.connect()
        for i in ("a", "b", "a", 3):
            line.send({**big, "id": i})
        same(line.ask({"op": "ping", "id": "p"})["event"], "pong")
        for _ in range(20):
            same(other.ask('{"jobs":[],"clock":"virtual"}')["event"], "accepted")
            same(other.read()["event"], "finished")
        same(other.ask({"jobs": [{}]})["code"], "overloaded", "their jobs count")
        line.send({"op": "cancel", "id": "a"})
        for _ in range(2):
            event = line.read()
            same([event["event"], event["code"], event["id"]], ["error", "cancelled", "a"])
        same(line.ask({"op": "cancel", "id": "a"})["code"], "not_found")
        same(line.ask({"op": "cancel", "id": 3})["code"], "cancelled")
        same(line.ask({"op": "cancel", "id": "3"})["code"], "not_found")
        line.reset()
        check(until(lambda: other.ask(full)["event"] == "accepted"), "a reset ends the rest")
        same(other.read()["event"], "finished")
        other.send({**big, "runs": 1000, "id": "last"}).half_close()
        same([(e["event"], e["id"], e["ok"]) for e in other.rest()], [("forecast", "last", 1000)])


@test("a real run has the same events in the same order, none before it is due")
def _():
    rng = random.Random(7)
    batches = [random_batch(rng, unit=2 * 10**6, draws=False, clock="real") for _ in range(150)]
    for i, batch in enumerate(batches):
        batch["id"] = i
    with Daemon() as daemon:
        line = daemon.connect()
        line.send("".join(to_text(rng, b) for b in batches)).half_close()
        lines = []
        while (text := line.raw_line()) is not None:
            lines.append(text)
    got = groups(b"\n".join(lines))
    for batch in batches:
        events, final = simulate(batch)
        _, *rest, finished = [in_ns(e) for e in got[batch["id"]]]
        what = json.dumps(batch)
        same([{k: v for k, v in e.items() if k != "at"} for e in rest],
             [{k: v for k, v in e.items() if k != "at"} for e in events], what)
        for a, b in zip(rest, events):
            check(a.get("at", 0) >= b.get("at", 0), f"{a} is early in {what}")
        for member in ("status", "jobs", *COUNTS, "predicted", "sequential", "critical_path"):
            same(finished[member], final[member], f"{member} of {what}")
        check(finished["elapsed"] >= final["elapsed"], what)
        ratio = Fraction(finished["sequential"], finished["elapsed"] or 1)
        check(abs(Fraction(finished["speedup"]) - ratio) <= Fraction(1, 10**9) or
              not batch["jobs"], what)


@test("back-off is min(max, initial * factor^(k-1)), rounded to the nearest nanosecond")
def _():
    cases = [("1", "2", None), ("999", "1.1", None), ("12345", "1.5", None), ("7", "3.3", None),
             ("1000000000", "1.25", "60000000000"), ("3", "1", None), ("30", "10", "1000"),
             ("250000000", "2", "1000000000"), ("10", "1.7", None), ("100", "1e1", "99")]
    # Up to where they saturate, in each way to write a factor.
    cases += [(initial, factor, None) for initial in ("3", "1000000001", "2591999999999999")
              for factor in ("10", "1e1", "100", "1.0e2", "120", "1.2e2", "3", "3.0", "1.005", "10.5", "1050e-2",
                             "9007199254740992", "9007199254740993", "1e16")]
    requests = []
    for initial, factor, limit in cases:
        backoff = '"initial":"%sns","factor":%s' % (initial, factor)
        backoff += ',"max":"%sns"' % limit if limit else ""
        requests.append('{"clock":"virtual","events":"all","jobs":[{"fail":true,"retries":12,'
                        '"backoff":{%s}}]}' % backoff)
    for (initial, factor, limit), lines in zip(cases, answers(requests)):
        delays = [ns(json.loads(x, parse_float=Decimal)["delay"]) for x in lines if "retry" in x]
        same(len(delays), 12)
        for k, delay in enumerate(delays):
            exact = Fraction(initial) * Fraction(Decimal(factor)) ** k
            exact = min(exact, Fraction(limit)) if limit else exact
            same(delay, min(math.floor(exact + Fraction(1, 2)), SATURATED), f"{initial} {factor} {limit} {k}")


@test("what stats says as accepted has ended or is pending, at every instant")
def _():
    def balance(line):
        now = line.ask({"op": "stats"})
        same(now["accepted"], now["pending"] + sum(now[k] for k in COUNTS), now)
        return now
    with Daemon("--threads", "2") as daemon:
        asker, half = daemon.connect(), daemon.connect()
        half.send(b'{"jobs":[' + b'{"wait":1},' * 50000)
        check(until(lambda: asker.ask({"op": "stats"})["bytes_in"] > 500000), "half is read")
        same(balance(asker)["pending"], 0, "what is read is not accepted")
        busy = [daemon.connect() for _ in range(4)]
        for line in busy:
            line.send(b'{"events":"none","clock":"virtual","jobs":[{"count":20000,"wait":1}]}' * 20)
            line.half_close()
        while balance(asker)["accepted"] < 4 * 20 * 20000:
            pass
        for line in busy:
            line.rest()
        same(balance(asker)["ok"], 4 * 20 * 20000)


@test("line separators of Unicode come back as escapes, wherever they stand")
def _():
    for raw, escape in (("\u2028", "\\u2028"), ("\u2029", "\\u2029")):
        request = ('{"id":"i%s","clock":"virtual","events":"all","pools":{"p%s":1},"jobs":['
                   '{"name":"n%s","steps":[{"compute":1,"note":"%so","pool":"p%s"}],'
                   '"data":["d%s",{"k%s":"\\\\%s"}]},{"after":"n%s","data":"%s%s"},'
                   '{"after":"n\\u202%s","name":"plain"}]}') % (*(raw,) * 11, escape[-1])
        lines = "\n".join(answers([request])[0])
        check(raw not in lines, lines)
        for text in ('"id":"i%s"', '"name":"n%s"', '"note":"%so"',
                     '"data":["d%s",{"k%s":"\\\\%s"}]', '"data":"%s%s"'):
            check(text.replace("%s", escape) in lines, f"{text} in {lines}")
        for request in ('[{"x%s":1}]', '[{"after":"x%s"}]', '{"id":"%s","op":"x%s"}',
                        '[{"name":"%s","after":"%s"}]'):
            error = answers([request.replace("%s", raw)])[0][0]
            check(raw not in error and escape in error, error)


@test("messages quote at most 64 bytes of a name, NUL or not")
def _():
    for name in ("\\u0000" + "a" * 200, "a" * 200, "\\u0000" * 100, "\u00e9" * 100):
        for request in ('[{"after":"%s"}]', '[{"name":"%s","after":"%s"}]', '[{"%s":1}]',
                        '[{"pool":"%s","wait":1}]', '[{"wait":"%s"}]', '{"op":"%s"}',
                        '{"%s":1,"jobs":[]}', '{"mode":"%s","jobs":[]}', '[{"name":["%s"],"%s":1}]'):
            message = json.loads(answers([request.replace("%s", name)])[0][0])["message"]
            quoted = re.search(r'((?:\\u0000|a|\u00e9){3,})\u2026?', message)
            if quoted:
                check(len(quoted[1].encode()) <= 64, message)
            check(quoted or "name" in request or "not an array" in message, message)


@test("a random seed is drawn by the daemon, reported, and gives the same draws again")
def _():
    batch = '"clock":"virtual","jobs":[{"count":5,"wait":{"dist":"uniform","min":0,"max":9}}]}'
    first, second = answers(['{"seed":"random",' + batch] * 2)
    seeds = [json.loads(answer[0])["seed"] for answer in (first, second)]
    check(seeds[0] != seeds[1], seeds)
    check(all(0 <= seed < 2**53 for seed in seeds), seeds)
    again = answers(['{"seed":%d,%s' % (seeds[0], batch)])[0]
    check("seed" not in json.loads(again[0]), again[0])
    same([json.loads(line)["at"] for line in again[1:-1]],
         [json.loads(line)["at"] for line in first[1:-1]])
    for wrong in ('"Random"', '"random "', '""', "1.5"):
        error = json.loads(answers(['{"seed":%s,"jobs":[]}' % wrong])[0][0])
        same([error["code"], error["path"]], ["invalid_request", "seed"], wrong)
        check('or "random", not ' in error["message"], error["message"])


@test("a pool reports as many workers as were asked for")
def _():
    jobs = 100000
    numbers = (1, 2**32 - 2, 2**32 - 1, 2**32, 2**33, 2**53 + 1, 2**63, 2**64 - 1)
    batch = ('{"clock":"virtual","events":"none","report":true,"workers":%d,"pools":{"p":%d},'
             '"jobs":[{"count":%d,"compute":1},{"compute":1,"pool":"p"}]}')
    for workers, answer in zip(numbers, answers([batch % (n, n, jobs) for n in numbers])):
        *_, default, pool, finished = (json.loads(line, parse_float=Decimal) for line in answer)
        same([default["workers"], pool["workers"]], [workers] * 2)
        share = Fraction(jobs * SECOND, workers * finished["predicted"])
        same(Fraction(default["utilization"]) * SECOND, math.floor(share + Fraction(1, 2)), workers)


@test("accepted says the time of day on the real clock alone")
def _():
    before = time.time_ns()
    real, virtual = (json.loads(answer[0]) for answer in
                     answers(["[{}]", '{"clock":"virtual","jobs":[{}]}']))
    after = time.time_ns()
    check("time" not in virtual, virtual)
    match = re.fullmatch(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\.(\d{9})Z", real["time"])
    check(match, real)
    seconds = calendar.timegm(time.strptime(match[1], "%Y-%m-%dT%H:%M:%S"))
    check(before <= seconds * 10**9 + int(match[2]) <= after, real)


@test("draws depend on seed, job, attempt and step alone")
def _():
    jobs = ['{"wait":{"dist":"exponential","mean":1},"count":5}',
            '{"steps":[{"compute":{"dist":"normal","mean":1,"stddev":1}},'
            '{"wait":{"dist":"lognormal","p50":1,"p99":3}}],"repeat":2,"fail":0.5,"retries":3}']
    base = '"events":"all","clock":"virtual","jobs":[%s' % ",".join(jobs)
    requests = ['{"seed":5,%s]}' % base, '{"seed":5,%s,{"wait":1}]}' % base,
                '{"seed":5,"mode":"blocking","workers":2,%s]}' % base,
                '{"seed":5,"mode":"sequential",%s]}' % base, '{"seed":6,%s]}' % base,
                '{%s]}' % base, '{"seed":0,%s]}' % base]
    drawn = []
    for lines in answers(requests):
        steps, attempt = {}, {}
        for event in map(json.loads, lines):
            if event["event"] == "started":
                attempt[event["job"]] = event["attempt"]
            elif event["event"] == "step" and event["job"] < 6:
                key = event["job"], attempt[event["job"]], event["step"]
                steps[key] = event["duration"]
        drawn.append(steps)
    for other in drawn[1:4]:
        same(other, drawn[0])
    check(drawn[4] != drawn[0], "another seed gives other draws")
    same(drawn[5], drawn[6], "seed is 0 by default")
    lines = answers(['{"clock":"virtual","jobs":[{"count":200,"wait":{"dist":"normal","mean":0,'
                     '"stddev":10}}]}', '{"clock":"virtual","jobs":[{"count":200,"wait":{"dist":'
                     '"exponential","mean":10}}]}'], "--max-wait", "10s")
    ends = [[json.loads(x)["at"] for x in part[1:-1]] for part in lines]
    check(0 in ends[0] and min(ends[0]) == 0 and max(ends[1]) == 10, "cut at 0 and the maximum")


@test("an empty batch finishes ok at 0 on either clock")
def _():
    for lines in answers(["[]", '{"jobs":[],"clock":"virtual","timeout":0,"until":"first_done"}']):
        final = json.loads(lines[1])
        same([final[k] for k in ("status", "jobs", "elapsed", "predicted", "speedup")],
             ["ok", 0, 0, 0, 1])


@test("a name may stand for half a million jobs, and chains may be long")
def _():
    chain = ",".join('{"name":"%d","after":"%d"}' % (i, i - 1) for i in range(1, 30000))
    got = answers(['{"clock":"virtual","events":"none","jobs":[{"name":"a","count":300000},'
                   '{"after":"a","count":300000,"wait":1}]}',
                   '{"clock":"virtual","events":"none","jobs":[{"name":"0","wait":1,"fail":true},'
                   '%s]}' % chain])
    same([json.loads(got[0][1])[k] for k in ("ok", "elapsed", "critical_path")], [600000, 1, 1])
    same([json.loads(got[1][1])[k] for k in ("failed", "skipped")], [1, 29999])


# ---- cancel and the other operations ---------------------------------------

@test("cancel of a batch, of a job, of what is not there, and twice")
def _():
    with Daemon() as daemon:
        line, other = daemon.connect(), daemon.connect()
        number = line.ask({"id": "x", "jobs": [{"wait": 100, "name": "a", "count": 2},
                                               {"wait": 1, "after": "a"}, {"wait": 100}]})["batch"]
        same(other.ask({"op": "cancel", "batch": number})["code"], "not_found", "of another's")
        line.send({"op": "cancel", "batch": number, "job": 1, "id": 9})
        got = [line.read() for _ in range(3)]
        same((got[0]["event"], got[0]["batch"], got[0]["jobs"], got[0]["id"]),
             ("cancelled", number, 1, 9))
        same([(e["event"], e["job"], e["status"]) for e in got[1:]],
             [("done", 1, "cancelled"), ("done", 2, "skipped")])
        for job in (1, 2, 4, 77, 2**70):
            answer = line.ask('{"op":"cancel","batch":%d,"job":%d,"id":"n"}' % (number, job))
            same((answer["event"], answer["code"], answer["id"]), ("error", "not_found", "n"))
        line.send({"op": "cancel", "batch": number})
        got = [line.read() for _ in range(4)]
        same((got[0]["event"], got[0]["jobs"]), ("cancelled", 2))
        same([(e["job"], e["status"]) for e in got[1:3]], [(0, "cancelled"), (3, "cancelled")])
        same([got[3][k] for k in ("event", "id", "status", "jobs", "cancelled", "skipped")],
             ["finished", "x", "cancelled", 4, 3, 1])
        same(line.ask({"op": "cancel", "batch": number})["code"], "not_found", "twice")
        same(line.ask({"op": "cancel", "batch": 10**30})["code"], "not_found")
        for got, reported in ((2**64 - 2, "18446744073709551614"),
                          (10**30, "18446744073709551615 or more")):
            message = line.ask({"op": "cancel", "batch": got})["message"]
            check(message.endswith(f", not {reported}"), message)
        # as the batch's events has it
        number = line.ask({"events": "none", "jobs": [{"wait": 100}]})["batch"]
        line.send({"op": "cancel", "batch": number, "job": 0})
        same([line.read()["event"], line.read()["status"]], ["cancelled", "failed"])
        # a job that queues for a worker, one that holds it, one that backs off
        number = line.ask({"events": "all", "jobs": [
            {"compute": 100}, {"compute": 90}, {"compute": 0.001},
            {"fail": True, "retries": 1, "backoff": {"initial": 100}}]})["batch"]
        while line.read()["event"] != "retry":
            pass
        line.send({"op": "cancel", "batch": number, "job": 1})
        same([line.read()["event"], line.read()["job"]], ["cancelled", 1])
        line.send({"op": "cancel", "batch": number, "job": 3})
        same([line.read()["event"], line.read()["job"]], ["cancelled", 3])
        line.send({"op": "cancel", "batch": number, "job": 0})
        same(line.read()["event"], "cancelled")
        same({(e["event"], e["job"]) for e in (line.read(), line.read())},
             {("done", 0), ("step", 2)})
        same([line.read()["job"], line.read()["status"]], [2, "failed"])
        # it counts for first_done and not for first_failed
        number = line.ask({"until": "first_done", "jobs": [{"wait": 100, "count": 2}]})["batch"]
        line.send({"op": "cancel", "batch": number, "job": 1})
        same([line.read().get("status") for _ in range(4)],
             [None, "cancelled", "cancelled", "failed"])
        number = line.ask({"until": "first_failed", "jobs": [{"wait": 100, "count": 2}, {}]})["batch"]
        same(line.read()["status"], "ok")
        for job, after in ((0, {"event": "pong"}), (1, {"event": "finished", "status": "failed"})):
            line.send({"op": "cancel", "batch": number, "job": job}).send({"op": "ping"})
            same([line.read().get("status") for _ in range(2)], [None, "cancelled"])
            got = line.read()
            same({member: got.get(member) for member in after}, after)


@test("work without end at one instant is sliced, and heeds a cancel, with right sums")
def _():
    with Daemon("--threads", "1") as daemon:
        line, other = daemon.connect(), daemon.connect()
        wrong = []
        for clock in ("virtual", "real"):
            for job in ('{"fail":true,"retries":999999999}', '{"wait":0,"repeat":999999999}',
                        '{"fail":true,"compute":0,"retries":400000000}'):
                number = line.ask('{"clock":"%s","events":"none","jobs":[%s]}' %
                                  (clock, job))["batch"]
                for _ in range(3):
                    same(other.ask({"op": "ping"})["event"], "pong")
                line.send({"op": "cancel", "batch": number})
                same(line.read()["event"], "cancelled")
                final = line.read()
                same(final["status"], "cancelled")
                if not 0 <= final["critical_path"] <= final["sequential"] <= final["elapsed"]:
                    wrong.append(f"{clock} {job}: {final}")
        check(not wrong, "\n".join(wrong))


@test("half-close and quit let everything run, then the server closes")
def _():
    with Daemon(listen=("127.0.0.1:0", f"unix:{TMP}/half")) as daemon:
        for index in (0, 1):
            line = daemon.connect(index)
            line.send('{"jobs":[{"wait":0.03}]}').half_close()
            same([e["event"] for e in line.rest()], ["accepted", "done", "finished"])
            line = daemon.connect(index)
            line.send('{"jobs":[{"wait":0.03}]}{"op":"quit"}{"op":"ping"} rubbish "')
            same([e["event"] for e in line.rest()], ["accepted", "done", "finished"])
            same(daemon.connect(index).send({"op": "quit"}).rest(), [])
            same(daemon.connect(index).half_close().rest(), [])


@test("a reset, and a full close of a Unix socket, cancel at once")
def _():
    with Daemon(listen=("127.0.0.1:0", f"unix:{TMP}/full")) as daemon:
        watch = daemon.connect()

        def idle():
            return watch.ask({"op": "stats"})["batches"] == 0
        for index, half, how in ((0, False, Line.reset), (0, True, Line.reset),
                                 (1, False, Line.close), (1, True, Line.close)):
            line = daemon.connect(index)
            same(line.ask({"jobs": [{"wait": 1000}]})["event"], "accepted")
            if half:
                line.half_close()
            check(not idle(), "it runs")
            how(line)
            check(until(idle), f"still running: {index} {half} {how.__name__}")
        for index, how in ((0, Line.reset), (1, Line.close)):
            for last, answers in (('{"op":"quit"}', 1), ("}", 2)):
                line = daemon.connect(index)
                line.send('{"jobs":[{"wait":1000}]}' + last)
                same([line.read()["event"] for _ in range(answers)],
                     ["accepted", "error"][:answers])
                how(line)
                check(until(idle), f"still running: {index} {last} {how.__name__}")
        line = daemon.connect()
        line.send({"jobs": [{"wait": 0.3}, {"wait": 0.6}, {"wait": 0.9}, {"wait": 1000}]}).read()
        line.close()
        check(until(idle), "a TCP close cancels when events are sent")


# ---- limits ----------------------------------------------------------------

@test("limits of jobs, steps, pending jobs and connections, each with its error")
def _():
    with Daemon("--max-jobs", "10", "--max-pending", "15", "--max-steps", "100",
                "--max-connections", "3") as daemon:
        line = daemon.connect()
        same(line.ask({"jobs": [{"wait": 50, "count": 10}]})["jobs"], 10)
        for request, code in (({"jobs": [{"wait": 1, "count": 6}]}, "overloaded"),
                              ({"jobs": [{"count": 11}], "id": 1}, "too_large"),
                              ({"jobs": [{}] * 11}, "too_large"),
                              ({"jobs": [{"wait": 1, "repeat": 101}]}, "too_large"),
                              ({"jobs": [{"wait": 1, "repeat": 50, "count": 2, "retries": 1}]},
                               "too_large"),
                              ({"jobs": [{"steps": [{"wait": 1}] * 101}]}, "too_large")):
            same(line.ask(request).get("code"), code, request)
        line.send({"events": "none", "clock": "virtual",
                   "jobs": [{"wait": 1, "repeat": 10, "count": 5, "retries": 1}]})
        same([line.read()["event"], line.read()["status"]], ["accepted", "ok"])
        line.send({"op": "cancel", "batch": 1})
        for _ in range(12):
            line.read()
        same(line.ask({"jobs": [{"wait": 50, "count": 10}]})["event"], "accepted")
        others = [daemon.connect() for _ in range(2)]
        for other in others:
            same(other.ask({"op": "ping"})["event"], "pong")
        same([e.get("code") for e in daemon.connect().rest()], ["overloaded"])
        others[0].close()
        check(until(lambda: line.ask({"op": "stats"})["connections"] == 2), "one has left")
        same(daemon.connect().ask({"op": "ping"})["event"], "pong")
    for lines in answers(['{"jobs":[{"count":1000000000000000}]}', '{"jobs":[{"count":1000001}]}']):
        same(json.loads(lines[0])["code"], "too_large")


@test("a client that never reads is held back, others are served, it loses nothing")
def _():
    with Daemon("--max-backlog", "64K", "--threads", "1") as daemon:
        slow, other = daemon.connect(), daemon.connect()
        slow.send({"clock": "virtual", "jobs": [{"count": 50000}]}).send({"op": "ping", "id": 5})

        def pending():
            return other.ask({"op": "stats"})["pending"]
        check(until(lambda: 0 < pending() < 50000), "it begins")
        until(lambda: (a := pending()) == pending() and a > 0)
        check(pending() > 10000, "its batch is held back")
        same(other.ask({"op": "ping"})["event"], "pong")
        lines = slow.half_close().rest()
        same([e["job"] for e in lines if e["event"] == "done"], list(range(50000)))
        same(sum(e["event"] == "pong" for e in lines), 1)


@test("client-timeout and idle-timeout disconnect whom they should")
def _():
    with Daemon("--client-timeout", "200ms", "--max-backlog", "64K") as daemon:
        slow, other = daemon.connect(), daemon.connect()
        slow.send({"clock": "virtual", "jobs": [{"count": 300000}]})
        check(until(lambda: other.ask({"op": "stats"})["accepted"]), "it is accepted")
        check(until(lambda: other.ask({"op": "stats"})["connections"] == 1), "it is thrown out")
        other.send({"jobs": [{"wait": 0.4}]}).half_close()
        same([e["event"] for e in other.rest()][-1], "finished", "nothing waiting, no time-out")
    with Daemon("--idle-timeout", "500ms") as daemon:
        same(daemon.connect().rest(), [])

        def served():
            """What it waits for is no idleness; it may come too late with it."""
            line = daemon.connect().send({"jobs": [{"wait": 0.8}]})
            return [e["event"] for e in line.rest()] == ["accepted", "done", "finished"]
        check(until(served), "one that waits for a batch is not idle")


# ---- the daemon's life -----------------------------------------------------

@test("every kind of --listen has its ready line and is served")
def _():
    with Daemon(listen=("127.0.0.1:0", "[::1]:0", "0", f"unix:{TMP}/kinds")) as daemon:
        for i, pattern in enumerate((r"127\.0\.0\.1:[1-9]\d*", r"\[::1\]:[1-9]\d*",
                                     r"127\.0\.0\.1:[1-9]\d*", f"unix:{TMP}/kinds")):
            check(re.fullmatch(pattern, daemon.addresses[i]), daemon.addresses)
            same(daemon.connect(i).ask({"op": "ping"})["event"], "pong")
        same(daemon.stop(), 0)
    with Daemon("--insecure", listen=(":0",), lines=1) as daemon:
        port = int(daemon.addresses[0].rsplit(":", 1)[1])
        for host in ("127.0.0.1", "::1"):
            line = Line(socket.create_connection((host, port), GUARD))
            same(line.ask({"op": "ping"})["event"], "pong", host)


@test("a socket handed over replaces --listen and may be any, with a warning")
def _():
    for address in ("127.0.0.1", "0.0.0.0"):
        with socket.create_server((address, 0)) as server:
            os.set_inheritable(server.fileno(), True)
            process = subprocess.Popen(
                [sys.executable, "-c", "import os, sys\nos.dup2(int(sys.argv[1]), 3)\n"
                 "os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS='1')\n"
                 "os.execv(sys.argv[2], sys.argv[2:])", str(server.fileno()), WAITD, "--listen",
                 "127.0.0.1:1"],
                pass_fds=[server.fileno()], stderr=subprocess.PIPE)
            line = Line(socket.create_connection(("127.0.0.1", server.getsockname()[1]), GUARD))
            same(line.ask({"op": "ping"})["event"], "pong")
            process.terminate()
            log = process.communicate(timeout=GUARD)[1].decode()
            same(process.returncode, 0, log)
            same("warning" in log, address == "0.0.0.0", log)


@test("what waitd refuses to start with: one line on standard error and 1 or 2")
def _():
    files = {"good": 'listen = "127.0.0.1:0"\nmax-jobs = 7\n', "unknown": "max-jobs = 7\nfoo = 3\n",
             "value": 'max-jobs = "x"\n', "stdio": "stdio = true\n", "syntax": "max-jobs = {\n",
             "open": 'listen = "192.0.2.1:0"\n'}
    for name, text in files.items():
        with open(f"{TMP}/{name}.conf", "w", encoding="utf-8") as file:
            file.write(text)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        for arguments, status in (
                (["--foo"], 2), (["extra"], 2), (["--listen"], 2), (["--listen", "foo"], 2),
                (["--listen", "127.0.0.1:99999"], 2), (["--listen", "0.0.0.0:0"], 2),
                (["--listen", ":0"], 2), (["--listen", "[::]:0"], 2), (["--max-jobs", "0"], 2),
                (["--max-jobs", "x"], 2), (["--max-wait", "foo"], 2), (["--threads", "0"], 2),
                (["--log-level", "loud"], 2), (["--drain-timeout", "5x"], 2),
                (["--listen", f"127.0.0.1:{port}"], 1),
                (["--listen", "unix:/nonexistent/directory/x"], 1),
                (["--config", "/nonexistent"], 1), (["--config", f"{TMP}/unknown.conf"], 2),
                (["--check-config", "--config", f"{TMP}/unknown.conf"], 2),
                (["--check-config", "--config", f"{TMP}/value.conf"], 2),
                (["--check-config", "--config", f"{TMP}/stdio.conf"], 2),
                (["--check-config", "--config", f"{TMP}/syntax.conf"], 2),
                (["--check-config", "--config", f"{TMP}/good.conf"], 0),
                (["--check-config", "--listen", "0.0.0.0:0"], 2),
                (["--check-config", "--listen", ":0", "--listen", "127.0.0.1:0"], 2),
                (["--check-config", "--listen", "[::]:0"], 2),
                (["--check-config", "--config", f"{TMP}/open.conf"], 2),
                (["--check-config", "--insecure", "--config", f"{TMP}/open.conf"], 0),
                (["--check-config", "--listen", "[::1]:0", "--listen", "unix:/x"], 0),
                (["--check-config", "--listen", "nowhere.invalid:0"], 0),
                (["--check-config", "--state", "/nonexistent"], 1),
                (["--check-config", "--state", f"{TMP}/good.conf"], 1),
                (["--check-config", "--state", TMP], 0),
                (["--check-config", "--max-wait", "5s"], 0)):
            result = subprocess.run([WAITD, *arguments], capture_output=True, timeout=GUARD,
                                    stdin=subprocess.DEVNULL)
            same(result.returncode, status, f"{arguments} {result.stderr}")
            same(result.stdout, b"", arguments)
            same(result.stderr.count(b"\n"), 1 if status else 0, f"{arguments} {result.stderr}")
    for program in (WAITD, WAITCTL):
        for flag in ("--help", "--version"):
            result = subprocess.run([program, flag], capture_output=True, timeout=GUARD)
            check(result.returncode == 0 and result.stdout and not result.stderr, result)
            with open("/dev/full", "wb") as full:
                result = subprocess.run([program, flag], stdout=full, stderr=subprocess.PIPE,
                                        timeout=GUARD)
            check(result.returncode == 1 and result.stderr.count(b"\n") == 1
                  and b"No space left" in result.stderr, result)


@test("SIGTERM drains: idle ones closed, new ones refused, the rest cancelled in the end")
def _():
    with Daemon("--drain-timeout", "10m") as daemon:
        busy, idle = daemon.connect(), daemon.connect()
        idle.ask({"op": "ping"})
        busy.ask({"jobs": [{"wait": 100}], "id": "long"})
        busy.ask({"jobs": [{"wait": 0.2}], "id": "short", "events": "none"})
        daemon.process.send_signal(signal.SIGTERM)
        same(idle.rest(), [])
        check(daemon.refuses(), "it still listens")
        busy.send({"jobs": [], "id": "new"})
        got = [busy.read(), busy.read()]  # in one order or the other
        same([(e["code"], e["id"]) for e in got if e["event"] == "error"],
             [("shutting_down", "new")])
        same([(e["event"], e["status"]) for e in got if e["event"] != "error"], [("finished", "ok")])
        daemon.process.send_signal(signal.SIGTERM)
        same([(e["event"], e["status"]) for e in busy.rest()], [("done", "cancelled"), ("finished", "cancelled")])
        same(daemon.process.wait(GUARD), 0)
    with Daemon("--drain-timeout", "1s") as daemon:
        busy = daemon.connect()
        busy.ask({"jobs": [{"wait": 100}]})
        daemon.process.send_signal(signal.SIGTERM)
        got = busy.rest()
        same([(e["event"], e["status"]) for e in got], [("done", "cancelled"), ("finished", "cancelled")])
        check(got[-1]["elapsed"] >= 1, got[-1])
        same(daemon.process.wait(GUARD), 0)


@test("a drain is never cut short, however often its loop is woken meanwhile")
def _():
    for _ in range(10):
        with Daemon("--drain-timeout", "20ms") as daemon:
            line = daemon.connect()
            line.ask({"jobs": [{"wait": 100}]})
            daemon.process.send_signal(signal.SIGTERM)
            event = line.ask({"op": "ping"})
            while event["event"] != "finished":
                if event["event"] == "pong":
                    line.send({"op": "ping"})
                event = line.read()
            check(event["elapsed"] >= 0.02, event)


@test("drained early it ends early; a second signal cuts the wait short")
def _():
    for second in (None, signal.SIGTERM, signal.SIGINT):
        with Daemon("--drain-timeout", "10m") as daemon:
            line = daemon.connect()
            line.ask({"jobs": [{"wait": 1000 if second else 0.05}]})
            daemon.process.send_signal(signal.SIGINT)
            if second:
                check(until(daemon.refuses), "it stops listening at once")
                same(line.ask({"jobs": []})["code"], "shutting_down")
                daemon.process.send_signal(second)
            same([e["status"] for e in line.rest()], ["cancelled"] * 2 if second else ["ok"] * 2)
            same(daemon.process.wait(GUARD), 0)


@test("SIGHUP reads the configuration again, flags win, a bad one changes nothing")
def _():
    path = f"{TMP}/hup.conf"

    def write(text):
        with open(path, "w", encoding="utf-8") as file:
            file.write('listen = "127.0.0.1:0"\n' + text)

    def takes(line, count):
        line.send({"clock": "virtual", "events": "none", "jobs": [{"count": count}]})
        return line.read()["event"] == "accepted" and bool(line.read())
    write("max-jobs = 5\nmax-steps = 100\n")
    with Daemon("--config", path, "--max-steps", "50", listen=(), lines=1) as daemon:
        line = daemon.connect()
        check(takes(line, 5) and not takes(line, 6), "the file counts")
        same(line.ask({"jobs": [{"wait": 1, "repeat": 51}]}).get("code"), "too_large")
        write("max-jobs = 7\nmax-steps = 100\n")
        daemon.process.send_signal(signal.SIGHUP)
        check(until(lambda: takes(line, 7)), "the new limit counts on the old connection")
        same(line.ask({"jobs": [{"wait": 1, "repeat": 51}]}).get("code"), "too_large")
        write("max-jobs = 9\nfoo = 1\n")
        daemon.process.send_signal(signal.SIGHUP)
        while b"foo" not in daemon.process.stderr.readline():
            pass
        check(takes(line, 7) and not takes(line, 8), "a bad file changes nothing")
        same(daemon.stop(), 0)


# ---- --stdio ---------------------------------------------------------------

BATCH = b'{"clock":"virtual","jobs":[{"wait":1}]}'


@test("--stdio exits with 0, 1 if a batch ended otherwise, 2 if a request was refused")
def _():
    failed = b'{"clock":"virtual","jobs":[{"fail":true}]}'
    for data, status, lines in (
            (BATCH, 0, 3), (b"", 0, 0), (failed, 1, 3), (BATCH + b'{"jobs":[{"x":1}]}', 2, 4),
            (failed + b'{"x":1}', 2, 4), (b"nope", 2, 1), (b'{"op":"cancel","batch":4}', 2, 1),
            (b'{"jobs":[{"wait":90}]}{"op":"cancel","batch":1}', 1, 4), (b'{"op":"ping"}', 0, 1),
            (BATCH + b'{"op":"quit"}rubbish', 0, 3), (BATCH + b'{"jobs":', 2, 4),
            (b'{"jobs":[{"wait":0.01}]}', 0, 3)):
        result = stdio(data)
        same((result.returncode, result.stdout.count(b"\n"), result.stderr), (status, lines, b""),
             data)


@test("--stdio ends the input of a client that takes too long over a request")
def _():
    daemon = subprocess.Popen([WAITD, "--stdio", "--request-timeout", "0.2"],
                              stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    daemon.stdin.write(BATCH + b'[{"wait":')
    daemon.stdin.flush()
    try:  # standard input stays open: the time-out alone can end it
        status = daemon.wait(timeout=GUARD)
    except subprocess.TimeoutExpired:
        daemon.kill()
        status = None
    out = daemon.stdout.read()
    daemon.stdin.close()
    daemon.stdout.close()
    same((status, out.count(b'"finished"'), out.count(b'"too_large"')), (2, 1, 1), out)


def flags_of(fd):
    return fcntl.fcntl(fd, fcntl.F_GETFL)


@test("--stdio takes files, /dev/null, pipes, sockets and terminals, and leaves them as they were")
def _():
    with open(f"{TMP}/in", "wb") as file:
        file.write(BATCH)
    for mode in ("wb", "ab"):
        with open(f"{TMP}/in", "rb") as source, open(f"{TMP}/out", mode) as target:
            same(subprocess.run([WAITD, "--stdio"], stdin=source, stdout=target,
                                timeout=GUARD).returncode, 0)
    with open(f"{TMP}/out", "rb") as file:
        same(file.read().count(b"\n"), 6)
    with open(f"{TMP}/in", "rb") as source, open("/dev/null", "r+b") as null:
        same(subprocess.run([WAITD, "--stdio"], stdin=source, stdout=null,
                            timeout=GUARD).returncode, 0)
        same(subprocess.run([WAITD, "--stdio"], stdin=null, stdout=null, timeout=GUARD).returncode,
             0)
    # pipes, blocking and not
    for blocking in (True, False):
        (r1, w1), (r2, w2) = os.pipe(), os.pipe()
        os.set_blocking(r1, blocking)
        os.set_blocking(w2, blocking)
        before = [flags_of(fd) for fd in (r1, w2)]
        process = subprocess.Popen([WAITD, "--stdio"], stdin=r1, stdout=w2)
        os.write(w1, b'{"jobs":[{"wait":0.03}]}')
        got = os.read(r2, 4096)
        same([flags_of(fd) for fd in (r1, w2)], before, "while it runs")
        os.close(w1)
        same(process.wait(GUARD), 0)
        same([flags_of(fd) for fd in (r1, w2)], before)
        os.close(w2)
        while data := os.read(r2, 4096):
            got += data
        same(got.count(b"\n"), 3)
        os.close(r1)
        os.close(r2)
    # a pair of sockets, half-closed, then one closed for good
    for full in (False, True):
        ours, theirs = socket.socketpair()
        before = flags_of(theirs.fileno())
        process = subprocess.Popen([WAITD, "--stdio"], stdin=theirs, stdout=theirs)
        line = Line(ours).send({"jobs": [{"wait": 1000 if full else 0.01}]})
        same(line.read()["event"], "accepted")
        same(flags_of(theirs.fileno()), before)
        if full:
            theirs.close()
            line.close()
            same(process.wait(GUARD), 1)
        else:
            line.half_close()
            same([line.read()["event"], line.read()["event"]], ["done", "finished"])
            same(process.wait(GUARD), 0)
            theirs.close()
            same(line.read(), None)
    # a terminal
    master, slave = pty.openpty()
    before = flags_of(slave)
    process = subprocess.Popen([WAITD, "--stdio"], stdin=slave, stdout=slave,
                               start_new_session=True)
    os.write(master, BATCH + b"\n")
    got = b""
    while got.count(b"\n") < 4 and select.select([master], [], [], GUARD)[0]:
        got += os.read(master, 4096)
    os.write(master, b"\x04")
    same(process.wait(GUARD), 0)
    check(b'"event":"finished"' in got, got)
    same(flags_of(slave), before)
    os.close(master)
    os.close(slave)


@test("--stdio ends when nobody reads any more")
def _():
    r, w = os.pipe()
    process = subprocess.Popen([WAITD, "--stdio"], stdin=subprocess.PIPE, stdout=w,
                               stderr=subprocess.PIPE)
    os.close(w)
    process.stdin.write(b'{"jobs":[{"wait":0.01},{"wait":1000}]}')
    process.stdin.flush()
    os.read(r, 1)
    os.close(r)
    process.wait(GUARD)
    same(process.stderr.read(), b"")


# ---- waitctl ---------------------------------------------------------------

@test("waitctl's commands and exit statuses")
def _():
    with Daemon() as daemon:
        env = dict(os.environ, WAITD_SERVER=daemon.addresses[0])
        failed = b'{"clock":"virtual","jobs":[{"fail":true}]}'
        refused = b'{"jobs":[{"wiat":1}]}'
        for name, data in (("ok", BATCH + b"[]"), ("failed", failed), ("refused", refused)):
            with open(f"{TMP}/{name}.json", "wb") as file:
                file.write(data)
        paths = {n: f"{TMP}/{n}.json" for n in ("ok", "failed", "refused")}
        for arguments, data, status in (
                (["ping"], b"", 0), (["stats"], b"", 0), (["run", "10ms"], b"", 0),
                (["submit"], BATCH, 0), (["submit", "-"], BATCH, 0), (["submit", paths["ok"]], b"",
                                                                      0),
                (["submit", paths["failed"]], b"", 1), (["submit", paths["refused"]], b"", 2),
                (["submit", paths["failed"], paths["refused"], paths["ok"]], b"", 2),
                (["submit", paths["ok"], paths["failed"]], b"", 1),
                (["submit"], b'{"jobs":[', 2), (["submit", "/nonexistent"], b"", 2),
                (["run", "--timeout", "5ms", "1s"], b"", 1), ([], b"", 2), (["nonsense"], b"", 2),
                (["ping", "--foo"], b"", 2), (["run"], b"", 2), (["run", "foo"], b"", 2),
                (["run", "-n", "0", "1s"], b"", 2), (["submit", "--mode", "x"], BATCH, 2),
                (["ping", "--server", "127.0.0.1:1"], b"", 3),
                (["ping", "--server", f"unix:{TMP}/nobody"], b"", 3),
                (["ping", "--server", "rubbish"], b"", 2), (["ping", "--local"], b"", 0),
                (["submit", "--local", paths["ok"]], b"", 0),
                (["submit", "--local", paths["failed"]], b"", 1),
                (["submit", "--local", paths["refused"]], b"", 2)):
            got = control(*arguments, data=data, env=env)
            same(got[0], status, f"{arguments} {got}")
            if "--foo" in arguments or arguments == ["nonsense"]:
                same((got[1], got[2].count("\n")), ("", 1), arguments)
        status, out, _ = control("run", "-n", "3", "--name", "tea", "--virtual", "1s", "2s",
                                 env=env)
        events = [json.loads(x) for x in out.splitlines()]
        same([(e["name"], e["at"]) for e in events if e["event"] == "done"],
             [("tea", 1)] * 3 + [("tea", 2)] * 3)
        same(control("run", "--virtual", "-o", "summary", "1s", env=env)[1].count("\n"), 1)
        same(control("run", "--virtual", "-o", "human", "1s", "2s", env=env)[1].count(" ok"), 2)


@test("waitctl's flags override the file and leave the rest of it alone")
def _():
    data = (b'{"mo\\u0064e":"sequential","events":"none","jobs":[{"wait":2,"data":{"n": 1.50e+400}}'
            b',{"wait":1}],"until":"all","timeout":9,"seed":1}[{"wait":1}]{"op":"ping"}')
    status, out, _ = control("submit", "--local", "--virtual", "--mode", "concurrent", "--events",
                             "all", "--timeout", "1.5s", "--until", "first_failed", "--workers",
                             "2", "--concurrency", "7", "--seed", "-3", data=data)
    events = [json.loads(x) for x in out.splitlines()]
    same(status, 1, out)
    same([e["status"] for e in events if e["event"] == "finished"], ["timed_out", "ok"])
    same(sum(e["event"] == "step" for e in events), 3)
    same(sum(e["event"] == "pong" for e in events), 1)
    check('"data":{"n":1.50e+400}' in out, out)


@test("waitctl compare sets the three modes side by side")
def _():
    with open(f"{TMP}/compare.json", "w", encoding="utf-8") as file:
        file.write('{"jobs":[{"count":3,"steps":[{"wait":1},{"compute":1}]}]}')
    status, out, _ = control("compare", "--local", "-o", "human", f"{TMP}/compare.json")
    same(status, 0, out)
    rows = {x.split()[0]: x for x in out.splitlines()}
    for mode, elapsed in (("sequential", "6.0"), ("blocking", "6.0"), ("concurrent", "4.0")):
        check(elapsed in rows.get(mode, ""), out)


@test("an interrupt cancels what waitctl submitted, status 130, whatever it is doing")
def _():
    with Daemon() as daemon:
        env = dict(os.environ, WAITD_SERVER=daemon.addresses[0])
        watch = daemon.connect()
        for arguments, group in ((["run", "1000s"], False), (["run", "--local", "1000s"], False),
                                 (["run", "--local", "1000s"], True), (["submit"], False),
                                 (["submit", "--local"], False)):
            process = subprocess.Popen([WAITCTL, *arguments], stdin=subprocess.PIPE, env=env,
                                       stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                       start_new_session=True)
            if arguments[0] == "run":
                process.stdout.readline()
            else:
                process.stdin.write(b'{"jobs":[{"wait":1000}]}')
                process.stdin.flush()
                process.stdout.readline()
            (os.killpg if group else os.kill)(process.pid, signal.SIGINT)
            out, _ = process.communicate(timeout=GUARD)
            same(process.returncode, 130, arguments)
            check(b'"status":"cancelled"' in out, f"{arguments} {out}")
            check(until(lambda: watch.ask({"op": "stats"})["batches"] == 0), arguments)
        check(until(lambda: watch.ask({"op": "stats"})["connections"] == 1), "all have left")
        # before anything has come from its standard input
        process = subprocess.Popen([WAITCTL, "submit"], stdin=subprocess.PIPE, env=env,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        check(until(lambda: watch.ask({"op": "stats"})["connections"] == 2), "it is connected")
        try:
            for _ in range(10 * GUARD):  # whenever it comes, it ends it
                process.send_signal(signal.SIGINT)
                try:
                    process.wait(0.1)
                    break
                except subprocess.TimeoutExpired:
                    pass
            same(process.poll(), 130, "an interrupt while it waits for its input")
        finally:
            process.kill()
            process.communicate()


@test("waitctl: a lost connection is 3, a closed pipe ends it quietly")
def _():
    with Daemon() as daemon:
        env = dict(os.environ, WAITD_SERVER=daemon.addresses[0])
        for arguments in (["run"], ["run", "--local"]):
            process = subprocess.Popen([WAITCTL, *arguments, "-n", "100000", "--virtual", "1s"],
                                       env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            process.stdout.readline()
            process.stdout.close()
            process.wait(GUARD)
            same(process.stderr.read(), b"")
        process = subprocess.Popen([WAITCTL, "run", "1000s"], env=env, stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE)
        process.stdout.readline()
        daemon.process.kill()
        _, err = process.communicate(timeout=GUARD)
        same((process.returncode, err.count(b"\n")), (3, 1), err)


@test("on a terminal waitctl is human, coloured unless NO_COLOR; json is the server's lines")
def _():
    for extra, variables, colour in (([], {}, True), ([], {"NO_COLOR": "1"}, False),
                                     (["-o", "json"], {}, None)):
        master, slave = pty.openpty()
        env = {k: v for k, v in os.environ.items() if k != "NO_COLOR"}
        process = subprocess.Popen(
            [WAITCTL, "run", "--local", "--name", "tea", "10ms", *extra], stdin=slave,
            stdout=slave, stderr=subprocess.PIPE, env={**env, "TERM": "xterm", **variables})
        _, err = process.communicate(timeout=GUARD)
        os.close(slave)
        out = b""
        try:  # which fails where the last writer's bytes end
            while piece := os.read(master, 65536):
                out += piece
        except OSError:
            pass
        os.close(master)
        same(process.returncode, 0, err)
        same(out.startswith(b'{"event":"accepted"'), colour is None, out)
        check(b"tea" in out, out)
        same(b"\x1b[3" in out, bool(colour), out)
        check(b"\x1b[3" not in err, err)


# ---- running them ----------------------------------------------------------

def run(entry):
    try:
        entry[1]()
    except subprocess.TimeoutExpired as error:
        return f"it hangs: {error}"
    except Exception as error:  # pylint: disable=broad-exception-caught
        return f"{type(error).__name__}: {error}"
    return None


def main():
    wanted = sys.argv[1] if len(sys.argv) > 1 else ""
    chosen = [t for t in TESTS if wanted in t[0]]
    print(f"1..{len(chosen)}")
    failures = 0
    try:
        with concurrent.futures.ThreadPoolExecutor(max_workers=6) as pool:
            for i, (entry, fault) in enumerate(zip(chosen, pool.map(run, chosen)), 1):
                print(f"{'not ok' if fault else 'ok'} {i} - {entry[0]}", flush=True)
                if fault:
                    failures += 1
                    for line in fault.splitlines()[:20]:
                        print("#  ", line[:600])
    finally:
        shutil.rmtree(TMP, ignore_errors=True)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
