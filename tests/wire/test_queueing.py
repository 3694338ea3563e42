#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""Queueing theory, project networks and a published simulation against waitd's virtual
clock: what nobody here wrote decides whether the schedule is right.

- M/M/1 and M/M/c (A. K. Erlang, 1917), M/D/1 (F. Pollaczek, 1930; A. Y. Khinchine,
  1932), M/M/1 with two priorities and no pre-emption (A. Cobham, "Priority assignment
  in waiting line problems", 1954): waiting times at a million jobs.
- Little's law (J. D. C. Little, 1961), which is an identity over a whole run: to the
  nanosecond.
- The criticality index (R. M. Van Slyke, "Monte Carlo methods and the PERT problem",
  1963), where it can be computed exactly: of exponential activities side by side, each is
  the longest with a known probability, and networks of them are Markov chains (V. G.
  Kulkarni, V. G. Adlakha, "Markov and Markov-regenerative PERT networks", Operations
  Research 34, 1986), whose orders of ending are enumerated here, in fractions.
- SimPy's example of a car wash: its published trace, and SimPy itself where
  python3-simpy is installed.

Set WAITD to the program under test.  Speaks TAP.
"""

import json
import math
import os
import random
import subprocess
import sys
from decimal import Decimal
from fractions import Fraction

from examples import Tap

WAITD = os.environ.get("WAITD", "daemon/waitd")
SECOND = 10**9
MILLION = 10**6


def ask(request):
    result = subprocess.run([WAITD, "--stdio"], input=json.dumps(request).encode(),
                            stdout=subprocess.PIPE, timeout=800, check=True)
    return [json.loads(line, parse_float=Decimal) for line in result.stdout.splitlines()]


def ns(seconds):
    return int(Decimal(seconds) * SECOND)


def exponential(mean):
    return {"dist": "exponential", "mean": round(mean, 9)}


def customers(rate, service, **members):
    return {"count": MILLION, "every": exponential(1 / rate), "compute": service, "pool": "server",
            **members}


def report(servers, *jobs):
    events = ask({"clock": "virtual", "events": "none", "report": True, "seed": 1,
                  "pools": {"server": servers}, "jobs": list(jobs)})
    return ({e.get("name"): e for e in events if e["event"] == "summary"},
            next(e for e in events if e["event"] == "pool"))


def within(got, expected, what):
    """Two in a hundred."""
    off = float(got) / expected - 1
    return "" if abs(off) <= 0.02 else f"{what}: {got}, not {expected} ({off:+.1%})"


def erlang_c(servers, load):
    """The probability that a customer has to wait."""
    last = load**servers / math.factorial(servers) * servers / (servers - load)
    return last / (sum(load**k / math.factorial(k) for k in range(servers)) + last)


def mm1():
    summaries, pool = report(1, customers(0.7, exponential(1)))
    return (within(pool["queued"]["mean"], 0.7 / 0.3, "waiting time")
            or within(summaries[None]["latency"]["mean"], 1 / 0.3, "time in the system")
            or within(summaries[None]["latency"]["p95"], -math.log(0.05) / 0.3, "its 95th percentile")
            or within(pool["utilization"], 0.7, "utilization"))


def mmc():
    _, pool = report(3, customers(2.1, exponential(1)))
    return within(pool["queued"]["mean"], erlang_c(3, 2.1) / (3 - 2.1), "waiting time")


def md1():
    _, pool = report(1, customers(0.7, 1))
    return within(pool["queued"]["mean"], 0.7 / (2 * (1 - 0.7)), "waiting time")


def cobham():
    summaries, _ = report(1, customers(0.3, exponential(1), name="first", priority=1,
                                       count=MILLION * 3 // 7),
                          customers(0.4, exponential(1), name="second", count=MILLION * 4 // 7))
    rest = (0.3 + 0.4) * 2 / 2  # of the job that is being served
    return (within(summaries["first"]["queued"]["mean"], rest / (1 - 0.3), "of the first class")
            or within(summaries["second"]["queued"]["mean"], rest / ((1 - 0.3) * (1 - 0.7)),
                      "of the second class"))


def area(changes):
    """Of the number in the system over time, from the instants at which it changes."""
    total, number, last = 0, 0, 0
    for at, change in sorted(changes):
        total += number * (at - last)
        number, last = number + change, at
    return total if number == 0 else None


def little():
    events = ask({"clock": "virtual", "events": "all", "report": True, "seed": 3,
                  "pools": {"server": 2}, "jobs": [
                      {"count": 20000, "every": exponential(1), "compute": exponential(1.7),
                       "pool": "server"}]})
    summary = next(e for e in events if e["event"] == "summary")
    pool = next(e for e in events if e["event"] == "pool")
    started, served, done = ({e["job"]: ns(e["at"]) for e in events if e["event"] == kind}
                             for kind in ("started", "step", "done"))
    n = len(done)
    system = area([(at, 1) for at in started.values()] + [(at, -1) for at in done.values()])
    queue = area([(at, 1) for at in started.values()] + [(at, -1) for at in served.values()])
    service = area([(at, 1) for at in served.values()] + [(at, -1) for at in done.values()])
    for got, total, what in ((summary["latency"]["mean"], system, "in the system"),
                             (summary["queued"]["mean"], queue, "in the queue"),
                             (pool["queued"]["mean"], queue, "of grants")):
        if ns(got) != (2 * total + n) // (2 * n):
            return f"{what}: {got}, and the area is {total} of {n}"
    return "" if ns(pool["busy"]) == service else f"busy: {pool['busy']}, and the area is {service}"


def criticality():
    means = {"a": 1, "b": 2, "c": 3}
    events = ask({"op": "forecast", "runs": 200000, "jobs": [
        {"name": name, "wait": exponential(mean)} for name, mean in means.items()]})
    shares = {entry["name"]: float(entry["share"]) for entry in events[0]["critical"]}

    def longest(name):
        """That it outlasts both others, by inclusion and exclusion."""
        rate = {k: 1 / v for k, v in means.items()}
        x, y = (rate[k] for k in means if k != name)
        r = rate[name]
        return 1 - r / (r + x) - r / (r + y) + r / (r + x + y)
    for name in means:
        problem = within(shares[name], longest(name), f"share of {name}")
        if problem:
            return problem
    return ""


# Networks of exponential activities: the mean of each and what it waits for.  In the bridge the
# third activity joins the two sides; the other one has two starts, two ends and a common middle.
BRIDGE = {"sa": (2, ()), "sb": (1, ()), "ab": (1, ("sa",)), "at": (3, ("sa",)), "bt": (2, ("sb", "ab"))}
PROJECT = {"dig": (2, ()), "order": (3, ()), "pour": (1, ("dig",)), "frame": (2, ("dig", "order")),
           "wire": (2, ("frame",)), "roof": (3, ("frame", "pour")), "paint": (1, ("wire", "pour"))}


def exactly(network):
    """The mean time of the network and the probability of each activity to be on the longest chain.
    What has begun ends next with a probability as its rate is to all rates; the chain leads
    from what ends last to that of what it waited for which ended last."""
    shares = dict.fromkeys(network, Fraction(0))
    mean = Fraction(0)

    def proceed(ended, probability):
        nonlocal mean
        rates = {name: Fraction(1, takes) for name, (takes, after) in network.items()
                 if name not in ended and all(other in ended for other in after)}
        if not rates:
            chain = ended[-1]
            while chain is not None:
                shares[chain] += probability
                chain = max(network[chain][1], key=ended.index, default=None)
            return
        mean += probability / sum(rates.values())
        for name, rate in rates.items():
            proceed(ended + [name], probability * rate / sum(rates.values()))
    proceed([], Fraction(1))
    return mean, shares


def project(network):
    """The index within five standard errors, the mean within two in a hundred."""
    runs = 200000
    forecast = ask({"op": "forecast", "runs": runs, "jobs": [
        {"name": name, "wait": exponential(mean), "after": list(after)}
        for name, (mean, after) in network.items()]})[0]
    mean, shares = exactly(network)
    got = {entry["name"]: float(entry["share"]) for entry in forecast["critical"]}
    for name, share in shares.items():
        error = math.sqrt(share * (1 - share) / runs)
        if abs(got[name] - share) > 5 * error:
            return f"share of {name}: {got[name]}, not {float(share)} within {5 * error:.6f}"
    return within(forecast["elapsed"]["mean"], float(mean), "mean time")


def bridge():
    """The one of equal means first, by hand: of its three paths the long one is critical in 7 of 12
    cases."""
    shares = exactly({name: (1, after) for name, (_, after) in BRIDGE.items()})[1]
    if shares["ab"] != Fraction(7, 12) or shares["at"] != Fraction(5, 24):
        return f"the enumeration is wrong: {shares}"
    return project(BRIDGE)


# SimPy's documentation, "Carwash": two machines, five minutes each, four cars at once and
# further ones after 5, 5 and 6 minutes.  When each enters and leaves.
ARRIVALS = [0, 0, 0, 0, 5, 10, 16]
CARWASH = {0: (0, 5), 1: (0, 5), 2: (5, 10), 3: (5, 10), 4: (10, 15), 5: (10, 15), 6: (16, 21)}

# Debian's package has SimPy 2, which is written otherwise than SimPy 3 and 4.
SIMPY_2 = """
import json, sys
from SimPy.Simulation import Process, Resource, activate, hold, initialize, now, release, request
from SimPy.Simulation import simulate
times = {}
class Car(Process):
    def go(self, i, service):
        yield request, self, machine
        entered = now()
        yield hold, self, service
        times[i] = (entered, now())
        yield release, self, machine
initialize()
machine = Resource(capacity=2)
for i, (arrival, service) in enumerate(json.loads(sys.argv[1])):
    car = Car()
    activate(car, car.go(i, service), at=arrival)
simulate(until=10**9)
print(json.dumps(times))
"""

SIMPY = """
import json, simpy, sys
env = simpy.Environment()
machine = simpy.Resource(env, 2)
times = {}
def car(i, arrival, service):
    yield env.timeout(arrival)
    with machine.request() as request:
        yield request
        entered = env.now
        yield env.timeout(service)
        times[i] = (entered, env.now)
for i, (arrival, service) in enumerate(json.loads(sys.argv[1])):
    env.process(car(i, arrival, service))
env.run()
print(json.dumps(times))
"""


def gas_station(n):
    """SimPy's documentation, "Gas Station Refueling", less the station's own tank: a tank of 50
    liters with 5 to 25 in it is filled at one of two pumps, 2 liters a second.  Cars come
    quicker than there, one in 1 to 20 s, so that they queue."""
    draw = random.Random(42)
    cars, at = [], 0
    for _ in range(n):
        at += draw.randint(1, 20)
        cars.append((at, (50 - draw.randint(5, 25)) / 2))
    return cars


def simpy(cars):
    """When SimPy has each of these cars, an arrival and a service each, enter one of two machines
    and leave it; None where it is not installed."""
    for python, script in ((sys.executable, SIMPY), ("/usr/bin/python3", SIMPY_2)):
        result = subprocess.run([python, "-c", script, json.dumps(cars)], capture_output=True,
                                timeout=60, check=False)
        if result.returncode == 0:
            return {int(k): tuple(v) for k, v in json.loads(result.stdout).items()}
    return None


def two_machines(expected, cars):
    """Cars queue for one of two machines, as a pool.  Times are as SimPy's examples count them."""
    events = ask({"clock": "virtual", "events": "all", "pools": {"machine": 2}, "jobs": [
        {"count": len(cars), "pool": "machine",
         "start": {"dist": "trace", "values": [arrival for arrival, _ in cars]},
         "compute": {"dist": "trace", "values": [service for _, service in cars]}}]})
    times = {e["job"]: [Decimal(e["at"])] for e in events if e["event"] == "step"}
    for event in events:
        if event["event"] == "done":
            times[event["job"]].append(Decimal(event["at"]))
    got = {job: tuple(map(float, pair)) for job, pair in times.items()}
    expected = {job: tuple(map(float, pair)) for job, pair in expected.items()}
    return "" if got == expected else f"{got}, not {expected}"


def main():
    tap = Tap()
    for what, case in (
            ("M/M/1 waits as Erlang has it", mm1), ("M/M/3 waits as Erlang's C formula has it", mmc),
            ("M/D/1 waits as Pollaczek and Khinchine have it", md1),
            ("two priorities wait as Cobham has it", cobham),
            ("Little's law holds to the nanosecond", little),
            ("the criticality index is that of the closed form", criticality),
            ("that of a bridge is the exact one", bridge),
            ("that of a project of seven activities is the exact one", lambda: project(PROJECT))):
        problem = case()
        tap.result(not problem, what, problem)
    problem = two_machines(CARWASH, [(arrival, 5) for arrival in ARRIVALS])
    tap.result(not problem, "SimPy's car wash is as its documentation shows it", problem)
    for what, cars in (("400 cars at the car wash", [(7 * i * i % 1000, 5) for i in range(400)]),
                       ("400 cars at the gas station", gas_station(400))):
        expected = simpy(cars)
        if expected is None:
            tap.skip(f"SimPy makes the same of {what}", "python3-simpy is not installed")
        else:
            problem = two_machines(expected, cars)
            tap.result(not problem, f"SimPy makes the same of {what}", problem)
    return tap.finish()


if __name__ == "__main__":
    sys.exit(main())
