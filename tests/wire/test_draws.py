#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""Draws and back-offs against an independent calculation: python3-mpmath to 50
digits, from the formulas in waitd-protocol(7) and the paper on Philox.

WAITD_TEST_DRAWS: how many draws a distribution (1500; a run by hand takes
1000000).  The same draws must come where the mathematical library errs in its
last digit, by tests/support/bent_libm.c in LD_PRELOAD."""

import json
import os
import random
import re
import subprocess
import tempfile
from fractions import Fraction

from examples import Tap, need
import preload

mpmath = need("mpmath")

WAITD = os.environ.get("WAITD", "daemon/waitd")
DRAWS = int(os.environ.get("WAITD_TEST_DRAWS", "1500"))
DAY = 86400 * 10**9
LONGEST = 30 * DAY  # waitd's own max-wait
SEED = -6148914691236517206

# Of each distribution one of everyday lengths and one so long that a double has no
# digits left behind the nanosecond.
DISTRIBUTIONS = [
    {"dist": "uniform", "min": 10**9 + 1, "max": 3 * 10**9},
    {"dist": "exponential", "mean": 10**9},
    {"dist": "normal", "mean": 10**9, "stddev": 4 * 10**8},
    {"dist": "lognormal", "p50": 10**9, "p99": 5 * 10**9},
    {"dist": "uniform", "min": 1, "max": 29 * DAY},
    {"dist": "exponential", "mean": 9 * DAY + 7},
    {"dist": "normal", "mean": 15 * DAY + 1, "stddev": 5 * DAY + 3},
    {"dist": "lognormal", "p50": DAY + 1, "p99": 20 * DAY + 3},
]


# ---- the calculation ----------------------------------------------------------

mpmath.mp.dps = 50
Z99 = mpmath.findroot(lambda x: mpmath.ncdf(x) - mpmath.mpf("0.99"), 2.326)
UNIT = mpmath.mpf(2) ** -53


def philox(job, attempt, step, purpose):
    """Philox4x32-10: two integers of 53 bits."""
    c = [job, attempt, step, purpose]
    k0, k1 = SEED & 0xFFFFFFFF, SEED >> 32 & 0xFFFFFFFF
    for _ in range(10):
        a, b = 0xD2511F53 * c[0], 0xCD9E8D57 * c[2]
        c = [b >> 32 ^ c[1] ^ k0, b & 0xFFFFFFFF, a >> 32 ^ c[3] ^ k1, a & 0xFFFFFFFF]
        k0, k1 = (k0 + 0x9E3779B9) & 0xFFFFFFFF, (k1 + 0xBB67AE85) & 0xFFFFFFFF
    return (c[1] << 32 | c[0]) >> 11, (c[3] << 32 | c[2]) >> 11


def normal(u, v):
    return mpmath.sqrt(-2 * mpmath.log(1 - u * UNIT)) * mpmath.cospi(2 * v * UNIT)


def expected(dist, job):
    """The draw in nanoseconds."""
    u, v = philox(job, 1, 0, 0)
    kind = dist["dist"]
    if kind == "uniform":
        length = Fraction(dist["min"]) + Fraction((dist["max"] - dist["min"]) * u, 2**53)
        return int(length + Fraction(1, 2))
    if kind == "exponential":
        length = -dist["mean"] * mpmath.log(1 - u * UNIT)
    elif kind == "normal":
        length = dist["mean"] + dist["stddev"] * normal(u, v)
    else:
        sigma = mpmath.log(mpmath.mpf(dist["p99"]) / dist["p50"]) / Z99
        length = dist["p50"] * mpmath.exp(sigma * normal(u, v))
    return min(max(int(mpmath.floor(length + mpmath.mpf("0.5"))), 0), LONGEST)


# ---- what waitd draws ------------------------------------------------------------


def ns(text):
    """Nanoseconds of a decimal number of seconds."""
    return int(Fraction(text) * 10**9)


def run(requests, **environment):
    """The events of each request's batch, all run by one waitd on the virtual clock."""
    done = subprocess.run([WAITD, "--stdio"], input="\n".join(requests).encode(),
                          stdout=subprocess.PIPE, check=False,
                          env=dict(os.environ, **environment))
    batches = [[] for _ in requests]
    for line in done.stdout.splitlines():
        event = json.loads(line, parse_float=str, parse_int=str)
        if event["event"] == "error":
            raise ValueError(event["message"])
        batches[int(event["batch"]) - 1].append(event)
    return batches


def request(job):
    """One of a single element, which is JSON text."""
    return '{"clock":"virtual","events":"all","seed":%d,"jobs":[%s]}' % (SEED, job)


STEP = re.compile(rb'^\{"event":"step","batch":1,"job":(\d+),.*"duration":([0-9.]+),')


def drawn(dist, **environment):
    """The lengths drawn for jobs from 0 on."""
    wait = {member: value if member == "dist" else f"{value}ns" for member, value in dist.items()}
    asked = request(json.dumps({"count": DRAWS, "wait": wait})).encode()
    lengths = [None] * DRAWS
    with subprocess.Popen([WAITD, "--stdio"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                          env=dict(os.environ, **environment)) as waitd:
        waitd.stdin.write(asked)
        waitd.stdin.close()
        for line in waitd.stdout:
            if step := STEP.match(line):
                whole, _, decimals = step[2].partition(b".")
                lengths[int(step[1])] = int(whole) * 10**9 + int(decimals.ljust(9, b"0"))
    return lengths


def check_draws(tap):
    for dist in DISTRIBUTIONS:
        wrong = [f"job {job}: {got} ns, by calculation {expected(dist, job)}"
                 for job, got in enumerate(drawn(dist)) if got != expected(dist, job)]
        tap.result(not wrong, f"{DRAWS} draws of {dist} are the calculated ones",
                   "\n".join(wrong[:5] + [f"{len(wrong)} in all"]))


def check_bent(tap):
    with tempfile.TemporaryDirectory() as directory:
        library = preload.build(directory, "bent_libm")
        if library is None:
            tap.skip("a libm that errs changes no draw", "it cannot be preloaded")
            return
        bent = {"LD_PRELOAD": library}
        counted = subprocess.run([WAITD, "--stdio"], env=dict(os.environ, BENT_LIBM_REPORT="1", **bent),
                                 input=b'[{"wait":{"dist":"normal","mean":9,"stddev":1}}]',
                                 capture_output=True, check=False)
        tap.result(b"bent" in counted.stderr, "the bent libm is the one that waitd calls",
                   counted.stderr.decode())
        tap.result(all(drawn(dist) == drawn(dist, **bent) for dist in DISTRIBUTIONS),
                   "a libm that errs in its last digit changes no draw")
        check_backoffs(tap, "a libm that errs in its last digit changes no back-off", **bent)


# ---- back-offs and probabilities ----------------------------------------------------


def exact_delays(initial, factor, retries):
    exact = [initial * Fraction(factor) ** k for k in range(retries)]
    return [min(int(delay + Fraction(1, 2)), 2**63 - 1) for delay in exact]


def some_factor(choose):
    """Mostly such as make halves and nines: few decimals, or very many."""
    decimals = choose.choice([0, 1, 2, 3, 5, 9, 20, 40, 300])
    digits = "".join(choose.choice("0000125") for _ in range(decimals))
    return f"{choose.choice([1, 1, 1, 2, 3, 17])}" + (f".{digits}" if digits else "")


def some_backoffs():
    choose = random.Random(11)
    for _ in range(200):
        initial = choose.choice([1, 3, 100, 10**9, 719 * 3600 * 10**9 + 3599999999999, 29 * DAY])
        yield initial, some_factor(choose), choose.choice([2, 8, 60])


def check_backoffs(tap, name, **environment):
    backoffs = [(100, "1.005", 3), (719 * 3600 * 10**9 + 3599999999999, "3", 3), *some_backoffs()]
    requests = [request('{"fail":true,"retries":%d,"backoff":{"initial":"%dns","factor":%s}}' %
                        (retries, initial, factor)) for initial, factor, retries in backoffs]
    wrong = []
    for backoff, events in zip(backoffs, run(requests, **environment)):
        got = [ns(event["delay"]) for event in events if event["event"] == "retry"]
        if got != exact_delays(*backoff):
            wrong.append(f"{backoff}: {got}, by calculation {exact_delays(*backoff)}")
    tap.result(not wrong, name, "\n".join(wrong[:3]))


def check_probabilities(tap):
    """Around what job 0 draws, a probability of as many digits as it has."""
    u = Fraction(philox(0, 1, 0, 1)[0], 2**53)
    digits = f"{u.numerator * 10**53 // u.denominator:053d}"
    written = {f"0.{digits}": "ok", f"0.{digits}000": "ok", f"0.{digits}0001": "failed"}
    for probability, events in zip(written, run([request('{"fail":%s}' % p) for p in written])):
        got = [event["status"] for event in events if event["event"] == "done"]
        tap.result(got == [written[probability]], f"a probability of {probability} is exact", str(got))


def main():
    tap = Tap()
    check_draws(tap)
    check_bent(tap)
    check_backoffs(tap, "back-offs grow by the number that was written")
    check_probabilities(tap)
    tap.finish()


main()
