#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""Traces as a viewer draws them.

speedscope's own importer, out of its npm package, reads traces of every sample on
both clocks, and of random batches.  It reports what it cannot make sense of as
warnings, and goes on with a picture that is wrong; so there may be no warning,
and each job has to be drawn as its events say: the same slices, of the same
lengths, within one another.
"""

import glob
import json
import os
import random
import re
import shutil
import subprocess
import tempfile

from examples import TOP, Tap

WAITCTL = os.environ.get("WAITCTL", "client/waitctl")
SAMPLES = sorted(glob.glob(os.path.join(TOP, "tests", "samples", "*.json")))
DRIVER = os.path.join(TOP, "tests", "wire", "speedscope.mjs")
PACKAGE = os.path.join(TOP, "tests", "wire", "speedscope", "package")  # see ./bootstrap
TOO_LONG_SECONDS = 30  # to wait for a sample on the real clock
SLACK_NS = 1000000  # a real step that begins later than this behind another has queued

# On lanes, nesting and order these are the hardest: what takes no time stands
# before, behind and in what does.
HARD = [
    {"mode": "sequential", "jobs": [{"wait": 1}, {}, {"wait": 3}]},
    {"jobs": [{"steps": [{"wait": 1}, {"wait": 0}]}]},
    {"jobs": [{"steps": [{"wait": 0}, {"wait": 1}, {"wait": 0}, {"compute": 0}]}]},
    {"jobs": [{"steps": [{"wait": 1}], "repeat": 4}]},
    {"jobs": [{"fail": True, "retries": 3}]},
    {"jobs": [{"fail": True, "retries": 3, "backoff": {"initial": 1}}]},
    {"jobs": [{"fail": True, "retries": 1, "steps": [{"wait": 1}, {"wait": 0}]}]},
    {"jobs": [{"wait": 9, "timeout": 1, "retries": 2}]},
    {"jobs": [{"count": 3, "steps": [{"compute": 1}, {"compute": 0}, {"compute": 2}]}]},
    {"jobs": [{"count": 3, "steps": [{"compute": "400ns"}, {"wait": "700ns"}], "repeat": 5}]},
    {"jobs": [{"name": "x", "count": 3, "wait": "499ns"}, {"after": "x", "wait": "1us"}]},
    {"timeout": 1, "jobs": [{"wait": 1, "fail": True, "retries": 5}, {"wait": 2}]},
    {"mode": "sequential", "jobs": [{"name": "same", "count": 5, "wait": 1}]},
]


# ---- What the events say ---------------------------------------------------


def to_ns(seconds):
    whole, _, fraction = seconds.partition(".")
    return int(whole) * 10**9 + int(fraction.ljust(9, "0"))


def to_us(ns):
    """Whole microseconds, a half upwards, as all times are rounded."""
    return (ns + 500) // 1000


class Job:
    """One job's slices, (depth, name, begin, end) in nanoseconds, by its events."""

    def __init__(self, started, slack_ns):
        self.index = started["job"]
        self.name = started.get("name", f"#{self.index}")
        self.slack_ns = slack_ns
        self.begin = self.attempt_begin = started["at"]
        self.parts = []  # of the attempt: (name, begin, end)
        self.slices = []
        self.attempt = 1
        self.enter(None, started["at"], started["at"])

    def enter(self, name, at, due):
        self.phase = (name, at, due)

    def leave(self, now, may_queue):
        name, begin, due = self.phase
        queues = may_queue and name != "back-off" and now - due > self.slack_ns
        end = due if queues else now
        if name is not None:
            self.parts.append((name, begin, end))
        if queues:
            self.parts.append(("queueing", end, now))

    def end_attempt(self, now):
        self.slices.append((1, f"attempt {self.attempt}", self.attempt_begin, now))
        self.slices += [(2, *part) for part in self.parts]
        self.parts = []

    def take(self, event, now):
        kind, status = event["event"], event.get("status")
        if kind == "step":
            self.leave(now, event["kind"] == "compute")
            self.enter(event.get("note", event["kind"]), now, now + to_ns(event["duration"]))
        elif kind == "retry":
            self.leave(now, status not in ("ok", "failed"))
            self.end_attempt(now)
            self.enter("back-off", now, now)
        elif kind == "started":
            self.slices.append((1, "back-off", self.phase[1], now))
            self.attempt += 1
            self.attempt_begin = now
            self.enter(None, now, now)
        else:
            self.end(now, status)

    def end(self, now, status):
        if self.phase[0] == "back-off":
            self.slices.append((1, "back-off", self.phase[1], now))
        else:
            self.leave(now, status not in ("ok", "failed"))
            if self.attempt > 1:
                self.end_attempt(now)
            else:
                self.slices += [(1, *part) for part in self.parts]
        self.slices.insert(0, (0, self.name, self.begin, now))

    def drawn(self):
        """What has a length, in whole microseconds."""
        rounded = [(depth, name, to_us(begin), to_us(end))
                   for depth, name, begin, end in self.slices]
        return [drawn for drawn in rounded if drawn[3] > drawn[2]]


def jobs_of(lines, slack_ns):
    """The slices of each job, by batch and index."""
    jobs = {}
    for line in lines:
        event = json.loads(line, parse_float=str, parse_int=str)
        if "job" not in event:
            continue
        key = int(event["batch"]), int(event["job"])
        now = event["at"] = to_ns(event["at"])
        if key in jobs:
            jobs[key].take(event, now)
        elif event["event"] == "started":
            jobs[key] = Job(event, slack_ns)
    return {key: job.drawn() for key, job in jobs.items() if job.drawn()}


# ---- What speedscope draws --------------------------------------------------


def read_traces(paths):
    result = subprocess.run(["node", DRIVER, PACKAGE, *paths], capture_output=True, text=True,
                            timeout=120, check=True)
    return [json.loads(line) for line in result.stdout.splitlines()]


def plain_name(frame):
    return re.sub(r' \{"(job|step|attempt|status)":.*\}$', "", frame, flags=re.S)


def drawn_jobs(drawn, events):
    """The slices of each job, by batch and index, and what is no job's."""
    origins = {}
    numbers = {}
    for event in events:
        if event["ph"] == "X":
            lane = event["pid"], event["tid"]
            origins[lane] = min(origins.get(lane, event["ts"]), event["ts"])
        if event["name"] == "process_name":
            numbers[event["pid"]] = int(event["args"]["name"].split()[1].rstrip(":"))
    jobs, strays = {}, []
    for lane in drawn["lanes"]:
        pid, tid = (int(number) for number in re.search(r"pid (\d+)\).*tid (\d+)\)$",
                                                        lane["name"], re.S).groups())
        if tid == 1:  # the batch, and its critical path
            continue
        job = None
        for depth, frame, begin, end in lane["calls"]:
            if depth == 0:
                index = re.search(r' \{"job":(\d+),"status":.*\}$', frame, re.S)
                job = None
                if index and (numbers[pid], int(index.group(1))) not in jobs:
                    job = jobs.setdefault((numbers[pid], int(index.group(1))), [])
            origin = origins[pid, tid]
            call = (depth, plain_name(frame), begin + origin, end + origin)
            (strays if job is None else job).append(call)
    return jobs, strays


def differences(drawn, trace, lines, slack_ns):
    """What is not drawn as the events say, for people."""
    with open(trace, encoding="utf-8") as file:
        events = json.load(file)
    expected = jobs_of(lines, slack_ns)
    jobs, strays = drawn_jobs(drawn, events)
    found = [f"warning: {text}" for text in drawn["warnings"]]
    found += [f"stray: {call}" for call in strays]
    for key in sorted(expected.keys() | jobs.keys()):
        if expected.get(key) != jobs.get(key):
            found.append(f"job {key}: drawn as {jobs.get(key)}, not as {expected.get(key)}")
    return found


# ---- Runs --------------------------------------------------------------------


class Run:
    """waitctl, which writes a trace, and the events besides."""

    def __init__(self, folder, name, *arguments, request=None, real=False):
        self.name = name
        self.trace = os.path.join(folder, re.sub(r"\W", "-", name) + ".trace")
        self.slack_ns = SLACK_NS if real else 0
        self.process = subprocess.Popen(
            [WAITCTL, "submit", "--local", "-o", "json", "--events", "all", "--trace", self.trace,
             *([] if real else ["--virtual"]), *arguments],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.request = request

    def finish(self):
        self.lines = self.process.communicate(self.request, timeout=120)[0].splitlines()


def random_job(chance, earlier):
    def time():
        return chance.choice([0, 0, "1ns", "499ns", "500ns", "1us", "1500ns", 1, 1, 2, "0.1s",
                              {"dist": "exponential", "mean": 1},
                              {"dist": "exponential", "mean": "2us"}])

    job = {"steps": [{chance.choice(["wait", "compute"]): time()}
                     for _ in range(chance.randrange(4))]}
    if chance.random() < 0.5:
        job["name"] = chance.choice("abc")
    for name, value in (("repeat", chance.randint(1, 3)), ("count", chance.randint(1, 4)),
                        ("timeout", time()), ("fail", chance.choice([True, 0.5])),
                        ("retries", chance.randint(1, 3)),
                        ("backoff", {"initial": chance.choice([0, "400ns", 1])})):
        if chance.random() < 0.4:
            job[name] = value
    if isinstance(job.get("timeout"), dict):
        del job["timeout"]
    if earlier and chance.random() < 0.3:
        job["after"] = chance.choice(earlier)
    return job


def random_batch(seed):
    chance = random.Random(seed)
    jobs = []
    for _ in range(chance.randint(1, 6)):
        # Whoever has been waited for has no more namesakes: there are no cycles.
        waited = {job["after"] for job in jobs if "after" in job}
        job = random_job(chance, sorted({job["name"] for job in jobs if "name" in job}))
        if job.get("name") in waited or job.get("after") == job.get("name"):
            job.pop("name", None)
        if any(other.get("after") == job.get("name") for other in jobs):
            job.pop("name", None)
        jobs.append(job)
    batch = {"jobs": jobs, "seed": seed}
    for name, value in (("workers", chance.randint(1, 3)), ("concurrency", chance.randint(1, 4)),
                        ("mode", chance.choice(["sequential", "blocking"])),
                        ("timeout", chance.choice([1, 2, "1500ns"])),
                        ("until", chance.choice(["first_done", "first_failed"]))):
        if chance.random() < 0.3:
            batch[name] = value
    return batch


def seconds_of(sample):
    result = subprocess.run([WAITCTL, "submit", "--local", "--virtual", "-o", "json", sample],
                            capture_output=True, text=True, timeout=60, check=False)
    return json.loads(result.stdout.splitlines()[-1])["elapsed"]


def start_runs(tap, folder):
    """The runs, those on the real clock all at once."""
    runs = []
    for sample in SAMPLES:
        name = os.path.basename(sample)
        runs.append(Run(folder, f"{name}, virtual", sample))
        seconds = seconds_of(sample)
        if seconds > TOO_LONG_SECONDS:
            tap.skip(f"{name}, real", f"it takes {seconds} s")
        else:
            runs.append(Run(folder, f"{name}, real", sample, real=True))
    hard = "".join(json.dumps(batch) for batch in HARD)
    runs.append(Run(folder, "what takes no time, virtual", request=hard))
    for first in range(0, 200, 100):
        batches = "".join(json.dumps(random_batch(seed)) for seed in range(first, first + 100))
        runs.append(Run(folder, f"random batches {first}, virtual", request=batches))
    return runs


def main():
    tap = Tap()
    lacks = ("no node" if shutil.which("node") is None else
             "speedscope is not there; ./bootstrap fetches it where there is npm"
             if not os.path.isdir(PACKAGE) else None)
    if lacks is not None:
        print(f"1..0 # SKIP {lacks}")
        return
    with tempfile.TemporaryDirectory() as folder:
        runs = start_runs(tap, folder)
        for run in runs:
            run.finish()
        for run, drawn in zip(runs, read_traces([run.trace for run in runs])):
            found = differences(drawn, run.trace, run.lines, run.slack_ns)
            tap.result(not found, f"{run.name}: speedscope draws what the events say",
                       "\n".join(found[:5]))
    tap.finish()


if __name__ == "__main__":
    main()
