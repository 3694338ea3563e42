#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""How fast forecasts are: a pipeline of 1,000 jobs in four stages that wait for one
another, 16 workers, lognormal lengths, failures and retries, on one processor and on all,
and beside them SimPy 2 (Debian's python3-simpy) with the same model, in the same minutes.
What one processor does is counted by processor time, what all do by the clock: beside
other work only the former means something.

Set WAITCTL to the program under test; --runs N for fewer than 10,000."""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time

WAITCTL = os.environ.get("WAITCTL", "client/waitctl")
JOBS = 1000
WIDTH = 250
STAGES = [(0.1, 1), (0.3, 2), (0.05, 0.4), (0.2, 0.9)]  # median, 99th percentile
WORKERS, FAIL, RETRIES, INITIAL = 16, 0.05, 3, 0.1

SIMPY_2 = """
import random, sys, time
from math import log
from SimPy.Simulation import Process, Resource, SimEvent, activate, hold, initialize, now, release
from SimPy.Simulation import request, simulate, waitevent
stages, width, workers, fail, retries, initial = eval(sys.argv[2])
Z = 2.3263478740408408
class Job(Process):
    def go(self, stage, after):
        p50, p99 = stages[stage]
        for before in after:
            if not before.ended:
                yield waitevent, self, before.done
            if not before.ok:
                break
        else:
            for attempt in range(retries + 1):
                yield request, self, pool
                yield hold, self, random.lognormvariate(log(p50), log(p99 / p50) / Z)
                yield release, self, pool
                if random.random() >= fail:
                    self.ok = True
                    break
                if attempt < retries:
                    yield hold, self, initial * 2 ** attempt
        self.ended = True
        self.finished = now()
        self.done.signal()
total, begun = 0, time.process_time()
for run in range(int(sys.argv[1])):
    initialize()
    pool = Resource(capacity=workers)
    jobs = []
    for stage in range(len(stages)):
        for i in range(width):
            job = Job()
            job.done, job.ended, job.ok = SimEvent(), False, False
            last = (stage - 1) * width
            after = [jobs[last + i], jobs[last + (i + 1) % width]] if stage > 0 else []
            jobs.append(job)
            activate(job, job.go(stage, after))
    simulate(until=10**9)
    total += max(job.finished for job in jobs)
print(total / int(sys.argv[1]), time.process_time() - begun)
"""


def pipeline():
    jobs = []
    for stage, (p50, p99) in enumerate(STAGES):
        for i in range(WIDTH):
            job = {"name": f"s{stage}-{i}", "compute": {"dist": "lognormal", "p50": p50, "p99": p99}}
            if stage > 0:
                job["after"] = [f"s{stage - 1}-{i}", f"s{stage - 1}-{(i + 1) % WIDTH}"]
            jobs.append(job)
    return {"seed": 1, "workers": WORKERS, "jobs": jobs,
            "defaults": {"fail": FAIL, "retries": RETRIES, "backoff": {"initial": INITIAL}}}


def forecast(path, runs, processors):
    """The mean of `elapsed`, seconds that it took, and seconds of processor time."""
    before, begun = os.times(), time.monotonic()
    result = subprocess.run([WAITCTL, "forecast", "--runs", str(runs), "-o", "json", path],
                            stdout=subprocess.PIPE, check=True, timeout=600,
                            preexec_fn=lambda: os.sched_setaffinity(0, processors))
    took, after = time.monotonic() - begun, os.times()
    cpu = after.children_user + after.children_system - before.children_user - before.children_system
    return json.loads(result.stdout)["elapsed"]["mean"], took, cpu


def simpy(runs):
    """The mean and the job runs a second; None where it is not installed."""
    model = repr((STAGES, WIDTH, WORKERS, FAIL, RETRIES, INITIAL))
    for python in (sys.executable, "/usr/bin/python3"):
        result = subprocess.run([python, "-c", SIMPY_2, str(runs), model], capture_output=True,
                                timeout=600, check=False)
        if result.returncode == 0:
            mean, took = map(float, result.stdout.split())
            return mean, runs * JOBS / took
    return None


def target(what, value, wanted, held):
    print(f"{what}: {value:.3g}, wanted {wanted}: {'held' if held else 'NOT HELD'}")


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=10000, metavar="N")
    runs = parser.parse_args().runs
    processors = os.sched_getaffinity(0)
    with tempfile.NamedTemporaryFile("w", suffix=".json") as request:
        json.dump(pipeline(), request)
        request.flush()
        one = forecast(request.name, runs, {min(processors)})
        every = forecast(request.name, runs, processors)
    rate = runs * JOBS / one[2]
    print(f"one processor: {rate / 1e6:.2f} M job runs a second of CPU ({1e9 / rate:.0f} ns each)")
    print(f"{len(processors)} processors: {runs * JOBS / every[1] / 1e6:.2f} M job runs/s, "
          f"{every[1] * 10000 / runs:.2f} s for 10,000 runs")
    speedup = one[1] / every[1]
    target("threads: all processors against one", speedup, "at least 1.8", speedup >= 1.8)
    seconds = every[1] * 10000 / runs
    target("forecast: s for 10^7 job runs", seconds, "at most 1.5", seconds <= 1.5)
    peer = simpy(max(runs // 100, 10))
    if peer is None:
        print("skipped SimPy: python3-simpy is not installed")
        return
    print(f"SimPy: {peer[1] / 1e3:.0f} k job runs a second of CPU; mean {peer[0]:.3f} s, waitd's {one[0]:.3f} s")
    print(f"against SimPy, one processor: {rate / peer[1]:.0f} times")
    ratio = runs * JOBS / every[1] / peer[1]
    target("against SimPy, all processors: times", ratio, "at least 150", ratio >= 150)


if __name__ == "__main__":
    main()
