# SPDX-License-Identifier: ISC
"""What is measured: for each scenario what the generator does and what becomes
of its figures."""

MIB = 1024 * 1024


def group(result, name):
    return next(each for each in result["groups"] if each["name"] == name)


def cpu_a_job(result):
    return result["server_cpu"] / result["jobs"]


def memory_a_job(result, jobs):
    memory = result["memory"]
    return (memory["pending"] - memory["before"]) / jobs


def judge_throughput(result):
    first = result["groups"][0]
    return {
        "rate": result["jobs"] / first["elapsed"],
        "cpu": cpu_a_job(result),
        "generator": result["generator_cpu"] / first["elapsed"],
    }


def judge_burst(result):
    burst = group(result, "burst")
    return {
        "beyond": burst["elapsed"] - 1,
        "cpu": cpu_a_job(result),
        "memory": memory_a_job(result, burst["jobs"]),
        "peak": result["memory"]["peak"] / MIB,
    }


def judge_pending(result):
    pending = result["groups"][0]
    return {
        "late_p50": pending["late"]["p50"],
        "late_p99": pending["late"]["p99"],
        "late_max": pending["late"]["max"],
        "cpu": cpu_a_job(result),
        "memory": memory_a_job(result, pending["jobs"]),
    }


def judge_connections(result):
    return dict(judge_pending(result), reply_p99=result["groups"][0]["reply"]["p99"],
                memory=result["memory"]["pending"] / MIB)


def small(result):
    client = group(result, "small")
    return {
        "reply_p50": client["reply"]["p50"],
        "reply_p99": client["reply"]["p99"],
        "reply_max": client["reply"]["max"],
        "late_p99": client["late"]["p99"],
    }


def judge_beside(result):
    return dict(small(result), beyond=group(result, "burst")["elapsed"] - 1)


def judge_unread(result):
    return dict(small(result), memory=memory_a_job(result, group(result, "unread")["jobs"]))


def judge_storm(result):
    return dict(judge_pending(result), accept_p99=result["groups"][0]["accept"]["p99"])


def judge_vast(result):
    vast = group(result, "vast")
    return dict(small(result), cpu=cpu_a_job(result),
                memory=(result["memory"]["peak"] - result["memory"]["before"]) / vast["jobs"])


def judge_virtual(result):
    return {"cpu": cpu_a_job(result)}


def judge_growth(result):
    pending = result["groups"][0]
    return {
        "cpu": cpu_a_job(result),
        "memory": memory_a_job(result, pending["jobs"]),
        "late_p99": pending["late"]["p99"],
    }


SMALL = "+ small jobs=10 wait=0.005 batches=0"

# The kinds of large request whose longest service slice the program `slices' says, in seconds.
SLICES = ["id", "ping", "refused", "runs", "quoted", "critical", "cut", "name", "escaped",
          "awaited", "unknown", "pools", "pool", "chain", "plain", "named", "drawn", "data",
          "nested"]

# load: the generator's arguments.  judge: makes figures of its result.  fixed:
# what the server that does not parse is given beforehand.  threads: of waitd.
# alone: peers take no part, but other builds of waitd do.  options: waitd's besides.
# program: another one that is run by itself in the place of the generator and a server.
SCENARIOS = {
    "timers": {
        "about": "one batch of 1,000 jobs that fall due within 2 s, beside as many bare timers",
        "load": "timers jobs=1000 wait=0.1..2.1",
        "judge": judge_pending,
    },
    "throughput": {
        "about": "8 connections, batches of 1,000 named jobs, wait 0",
        "load": "throughput connections=8 jobs=1000 named for=3",
        "fixed": ["1000", "0", "named"],
        "judge": judge_throughput,
    },
    "burst": {
        "about": "one batch of 10^6 written-out jobs of 1 s",
        "load": "--sample 0.5 burst jobs=1000000 wait=1",
        "fixed": ["1000000", "1", "unnamed"],
        "judge": judge_burst,
    },
    "pending": {
        "about": "10^6 pending, uniform 1-11 s, 10 connections",
        "load": "--sample 0.5 pending connections=10 jobs=100000 wait=1..11",
        "judge": judge_pending,
    },
    "connections": {
        "about": "10,000 connections of 10 jobs of 1 s",
        "load": "connections connections=10000 jobs=10 wait=1",
        "judge": judge_connections,
    },
    "beside": {
        "about": "a ten-job client beside the burst",
        "load": "--no-memory burst jobs=1000000 wait=1 " + SMALL,
        "judge": judge_beside,
    },
    "unread": {
        "about": "10^6 unread completions, and a ten-job client beside them",
        "load": "unread jobs=1000000 unread=8 " + SMALL,
        "judge": judge_unread,
    },
    "spread": {
        "about": "100 connections of 1,000 jobs, uniform over 5 s",
        "load": "spread connections=100 jobs=1000 wait=0.1..5.1",
        "judge": judge_pending,
    },
    "storm": {
        "about": "10,000 connections of 10 jobs, uniform over 2 s, that all connect at once",
        "load": "storm connections=10000 jobs=10 wait=0..2 storm",
        "judge": judge_storm,
    },
    "single": {
        "about": "50 connections, batches of one job of wait 0, each once the last one has finished",
        "load": "single connections=50 for=3",
        "judge": judge_throughput,
    },
    "vast": {
        "about": "10^8 jobs of one spec, by `count`, and a ten-job client beside them",
        "load": "vast jobs=100000000 wait=10 counted " + SMALL,
        "options": ["--max-jobs", "100000000", "--max-pending", "200000000"],
        "judge": judge_vast,
        "alone": True,
    },
    "virtual-uniform": {
        "about": "10^6 jobs of uniform length on the virtual clock under a limit of 1,000, five times",
        "load": "virtual jobs=1000000 drawn=uniform batches=5",
        "judge": judge_virtual,
        "alone": True,
    },
    "virtual-exponential": {
        "about": "the same of exponential length",
        "load": "virtual jobs=1000000 drawn=exponential batches=5",
        "judge": judge_virtual,
        "alone": True,
    },
    "slices": {
        "about": "the longest service slice under each kind of large request",
        "program": "slices",
        "judge": lambda result: {kind: result[kind] for kind in SLICES},
        "alone": True,
    },
    "sends": {
        "about": "a bare process that sleeps and sends what `pending' and `spread' send",
        "program": "bare_sends",
        "judge": lambda result: result,
        "alone": True,
    },
    "detached": {
        "about": "detached batches in memory, in a journal and after a restart (see detached.py)",
        "alone": True,
    },
    # Asking for no `done' leaves the generator little to do, so that it takes little of the
    # processors that it shares with two loops.
    "threads-1": {
        "about": "8 connections, batches of 1,000 named jobs, no `done'; one loop on one processor",
        "load": "threads connections=8 jobs=1000 named silent for=3",
        "judge": judge_throughput,
        "alone": True,
    },
    "threads-2": {
        "about": "the same with two loops on both processors, which the generator shares",
        "load": "threads connections=8 jobs=1000 named silent for=3",
        "judge": judge_throughput,
        "threads": 2,
        "alone": True,
    },
}

# Clients that keep a loop busy for as long as they are let, and a small one on the same loop.
for busy in (1, 2, 4, 8):
    SCENARIOS["crowded-%d" % busy] = {
        "about": "a ten-job client beside %d that run virtual batches of 10^6 steps" % busy,
        "load": "--no-memory busy connections=%d jobs=10000 spins=100 for=2 " % busy + SMALL,
        "judge": small,
        "alone": True,
    }

for power in range(3, 8):
    SCENARIOS["growth-uniform-%d" % power] = {
        "about": "10^%d pending, uniform 1-11 s, 10 connections" % power,
        "load": "--sample 0.5 pending connections=10 jobs=%d wait=1..11" % 10 ** (power - 1),
        "judge": judge_growth,
        "alone": True,
    }
    SCENARIOS["growth-equal-%d" % power] = {
        "about": "10^%d pending, 5 s each, 10 connections" % power,
        "load": "--sample 0.2 pending connections=10 jobs=%d wait=5" % 10 ** (power - 1),
        "judge": judge_growth,
        "alone": True,
    }

# Names for several at once.
FAMILIES = {
    "threads": ["threads-1", "threads-2"],
    "virtual": ["virtual-uniform", "virtual-exponential"],
    "crowded": [name for name in SCENARIOS if name.startswith("crowded-")],
    "growth": [name for name in SCENARIOS if name.startswith("growth-")],
    "rows": ["timers", "throughput", "burst", "pending", "spread", "connections", "storm", "single",
             "beside", "unread", "virtual-uniform", "virtual-exponential", "vast"],
}
