#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""waitctl forecast: its figures against those of single runs, with each seed in its turn."""

import json
import math
import os
import statistics
import subprocess
import tempfile
from fractions import Fraction

from examples import Tap

WAITCTL = os.path.abspath(os.environ.get("WAITCTL", "client/waitctl"))
RUNS = 41

BATCH = {
    "id": "not reported", "clock": "real", "report": True, "seed": 2**63 - 5, "workers": 2, "pools": {"db": 1},
    "jobs": [
        {"name": "fetch", "wait": {"dist": "exponential", "mean": 1}},
        {"name": "a", "after": "fetch", "count": 5, "compute": {"dist": "lognormal", "p50": 1, "p99": 3}},
        {"name": "b", "after": "a", "compute": {"dist": "uniform", "min": 0, "max": 4}, "pool": "db",
         "fail": 0.3},
        {"compute": {"dist": "normal", "mean": 5, "stddev": 2}, "pool": "db"},
    ],
}


def waitctl(*words, batch=None, prefix=()):
    """How it ended, what it printed and what it said."""
    environment = {name: value for name, value in os.environ.items() if name != "WAITD_SERVER"}
    ended = subprocess.run([*prefix, WAITCTL, *words], input=json.dumps(batch) if batch is not None else "",
                           capture_output=True, text=True, timeout=120, check=False, env=environment)
    return ended.returncode, ended.stdout, ended.stderr


def nanoseconds(seconds):
    return int(Fraction(str(seconds)) * 10**9)


def events(text):
    return [json.loads(line, parse_float=str) for line in text.splitlines()]


def single_runs(batch):
    """`finished` of each run, by the daemon's own rules."""
    runs = []
    for k in range(RUNS):
        seed = batch["seed"] + k
        seed -= 2**64 if seed > 2**63 - 1 else 0
        got = waitctl("submit", "--virtual", "--seed=%d" % seed, "--events", "none", batch=batch)
        runs.append((seed, [event for event in events(got[1]) if event["event"] == "finished"][0]))
    return runs


def percentile(values, p):
    return sorted(values)[math.ceil(p * len(values) / 100) - 1]


def figures(values):
    """What a forecast reports of a time, in nanoseconds."""
    reported = {"p%02d" % p: percentile(values, p) for p in (5, 25, 50, 75, 90, 95, 99)}
    reported.update(min=min(values), max=max(values), mean=math.floor(Fraction(sum(values), len(values)) + Fraction(1, 2)),
                stddev=round(statistics.stdev(values)))
    return reported


def check_figures(tap):
    status, out, said = waitctl("forecast", "--runs", str(RUNS), "--events", "all", "-", batch=BATCH)
    reported = events(out)
    single = single_runs(BATCH)
    tap.result(status == 0 and not said, "a forecast succeeds", f"{status} {said}")
    tap.result([event["event"] for event in reported] == ["run"] * RUNS + ["forecast"], "runs come first", out)
    same = all(event["run"] == k and event["seed"] == seed and event["status"] == finished["status"]
               and event["elapsed"] == finished["predicted"] and event["critical_path"] == finished["critical_path"]
               for k, (event, (seed, finished)) in enumerate(zip(reported, single)))
    tap.result(same, "each run is what a batch with its seed does", out)
    forecast = reported[-1]
    tap.result("id" not in forecast and forecast["jobs"] == 8 and forecast["runs"] == RUNS, "of the whole", out)
    for status_name in "ok", "failed", "timed_out":
        tap.result(forecast[status_name] == sum(run["status"] == status_name for _, run in single),
                   "%s runs are counted" % status_name, out)
    for name, of in (("elapsed", "predicted"), ("critical_path", "critical_path"), ("sequential", "sequential")):
        expected = figures([nanoseconds(run[of]) for _, run in single])
        got = {key: nanoseconds(value) for key, value in forecast[name].items()}
        tap.result(got == expected, "the figures of %s are exact" % name, f"{got}\n{expected}")
    one = waitctl("forecast", "--runs", str(RUNS), "--events", "all", "-", batch=BATCH, prefix=("taskset", "-c", "0"))
    tap.result(one[1] == out, "one processor finds the same", one[1] + one[2])


def check_vary(tap):
    status, out, _ = waitctl("forecast", "--runs", "9", "--vary", "pools.db=1,2,3", "-", batch=BATCH)
    reported = events(out)
    tap.result(status == 0 and [event["vary"] for event in reported] == [{"pools.db": n} for n in (1, 2, 3)],
               "there is a forecast for each value", out)
    for event in reported:
        batch = dict(BATCH, pools={"db": event["vary"]["pools.db"]})
        alone = events(waitctl("forecast", "--runs", "9", "-", batch=batch)[1])[0]
        del event["vary"]
        tap.result(event == alone, "it is that of the batch with the value", f"{event}\n{alone}")
    for member in "workers", "concurrency":
        status, out, _ = waitctl("forecast", "--runs", "2", "--vary", member + "=1,7", "-", batch=BATCH)
        tap.result([event["vary"] for event in events(out)] == [{member: 1}, {member: 7}], "%s vary" % member, out)
    waits = {"jobs": [{"count": 8, "compute": 1}]}
    status, out, said = waitctl("forecast", "--runs", "1", "--vary", "workers=1,2,4,8,16,32", "-o", "human", "-",
                                batch=waits)
    rows = [line.split() for line in out.splitlines()]
    tap.result(status == 0 and [row[0] for row in rows[2:8]] == ["1", "2", "4", "8", "16", "32"]
               and [row[1] for row in rows[2:8]] == ["8.000", "4.000", "2.000", "1.000", "1.000", "1.000"],
               "for people there is a row for each", out + said)
    tap.result(rows[8] == "workers: from 8 on, more brings less than 5 %".split(), "and the point", out)


def check_table(tap):
    batch = {"jobs": [{"name": "tea", "wait": {"dist": "uniform", "min": 1, "max": 3}}, {"wait": 1}]}
    status, out, _ = waitctl("forecast", "-", "-o", "human", batch=batch)
    lines = out.splitlines()
    tap.result(status == 0 and lines[0] == "standard input: 1000 runs of 2 jobs: 1000 ok", "a title", out)
    tap.result([line.split()[0] for line in lines[2:11]] == ["min", "p05", "p25", "p50", "p75", "p90", "p95", "p99", "max"],
               "percentiles", out)
    bars = lines[lines.index("elapsed, from") + 1:lines.index("", lines.index("elapsed, from"))]
    tap.result(sum(int(line.split()[2]) for line in bars) == 1000 and len(bars) <= 15, "a histogram of all runs", out)
    tap.result(lines[-1].split() == ["100.0", "%", "tea"], "and what was critical", out)
    tap.result(max(map(len, lines)) <= 80, "within 80 columns", out)
    for columns, times in ((40, 1), (50, 2), (64, 3)):
        prefix = ("env", "COLUMNS=%d" % columns)
        lines = waitctl("forecast", "-", "-o", "human", batch=batch["jobs"], prefix=prefix)[1].splitlines()
        tap.result(max(map(len, lines[1:])) <= columns and len(lines[2].split()) == 1 + 2 * times,
                   "within %d columns, %d of the times" % (columns, times), "\n".join(lines))
    for columns, cells in ((38, "value p50 less"), (48, "value p50 less ok"), (64, "value p50 p95 less ok")):
        prefix = ("env", "COLUMNS=%d" % columns)
        lines = waitctl("forecast", "--vary", "workers=1,2", "-", "-o", "human", batch=batch, prefix=prefix)[1].splitlines()
        tap.result(lines[1].split() == cells.split() and max(map(len, lines[1:4])) <= columns,
                   "rows within %d columns" % columns, "\n".join(lines))
    long = waitctl("forecast", "-", "-o", "human", batch=[{"name": "x", "wait": "3h25m"}])[1].splitlines()
    tap.result(long[2].split() == "min 3h 25m 0s 3h 25m 0s 3h 25m 0s".split(), "long times in hours", "\n".join(long))


def check_random_seed(tap):
    """It is drawn once, reported, and gives the same again."""
    words = ("forecast", "--runs", "3", "--vary", "workers=1,2")
    random = events(waitctl(*words, "--seed", "random", "-", batch=BATCH)[1])
    seeds = {event.get("seed") for event in random}
    tap.result(len(random) == 2 and len(seeds) == 1 and None not in seeds, "a random seed is reported", f"{random}")
    again = events(waitctl(*words, "--seed", str(seeds.pop()), "-", batch=BATCH)[1])
    for event in random:
        event.pop("seed", None)
    tap.result(again == random, "and gives the same again", f"{random}\n{again}")


def check_request(tap):
    """A file may ask for the forecast itself; what it says of runs goes, unless --runs is given."""
    jobs = [{"wait": {"dist": "exponential", "mean": 1}}]
    for request, words, runs in [({"op": "forecast", "runs": 7}, (), 7), ({"runs": 7}, (), 7), ({}, (), 1000),
                                 ({"op": "forecast", "runs": 7}, ("--runs", "9"), 9),
                                 ({"op": "submit"}, ("--runs", "9"), 9)]:
        status, out, said = waitctl("forecast", *words, "-", batch=dict(request, jobs=jobs, seed=3))
        reported = events(out)
        tap.result((status, said, reported and reported[-1]["runs"]) == (0, "", runs), f"{request} {words}", f"{out}{said}")
        alone = waitctl("forecast", "--runs", str(runs), "--seed", "3", "-", batch=jobs)[1]
        tap.result(out == alone, "it is that of the jobs", f"{out}\n{alone}")
    ignored = {"clock": "none", "report": 3, "id": {"id": []}, "jobs": jobs, "seed": 3}
    status, out, said = waitctl("forecast", "--runs", "9", "-", batch=ignored)
    tap.result((status, said) == (0, "") and out == waitctl("forecast", "--runs", "9", "--seed", "3", "-", batch=jobs)[1],
               "clock, report and id are ignored, whatever they are", f"{out}{said}")


def check_operation(tap):
    """A forecast that was asked for by `submit` is shown to people, too."""
    request = {"op": "forecast", "runs": 3, "id": "q", "events": "all", "timeout": 2,
               "jobs": [{"wait": {"dist": "trace", "values": [1, 3]}, "count": 2}, {"fail": True}]}
    line = ("forecast q: 3 runs of 3 jobs, 3 timed_out; elapsed mean 2.000 s, 95% 2.000 s, at most 2.000 s\n")
    for output in "human", "summary":
        status, out, said = waitctl("submit", "--local", "-o", output, "-", batch=request)
        tap.result((status, out, said) == (0, line, ""), "-o %s reports it" % output, f"{status} {out} {said}")


def check_refusals(tap):
    cases = [
        (("-",), [{"wait": "x"}], "standard input:1:3: invalid_request: "),
        (("--vary", "pools.x=1", "-"), BATCH, "--vary pools.x: there is no pool of that name"),
        (("--vary", "work=1", "-"), BATCH, "--vary takes workers, concurrency or pools.NAME"),
        (("--runs", "0", "-"), BATCH, "--runs takes an integer from 1 to 1000000"),
        (("--runs", "1000001", "-"), BATCH, "--runs takes an integer from 1 to 1000000"),
        (("--server", "1", "-"), BATCH, "forecast takes no --server"),
        (("--vary", "workers=1", "--vary", "concurrency=2", "-"), BATCH,
         "--vary is given twice, and takes one value"),
        (("--runs", "1000000", "-"), [{"wait": 0, "count": 1001}],
         'too_large: "runs" makes it 1001000000 steps'),
        (("--vary", "workers=1,2", "-"), [{"compute": 0, "count": 1000000, "repeat": 2}],
         'too_large: "runs" makes it 2000000000 steps'),
        (("-",), {"op": "forecast", "runs": 1000001, "jobs": []}, "standard input:1:20: too_large: "),
        (("-",), {"op": "forecast", "runs": 0, "jobs": []}, "standard input:1:20: invalid_request: "),
        (("-",), {"detach": True, "jobs": []}, 'and no "detach" (at detach)'),
        (("-",), {"key": "x", "jobs": []}, 'and no "key" (at key)'),
        (("-",), {"retain": 1, "jobs": []}, 'and no "retain" (at retain)'),
        (("-",), {"on_restart": "cancel", "jobs": []}, 'and no "on_restart" (at on_restart)'),
        (("-",), {"heartbeat": 1, "jobs": []}, 'and no "heartbeat" (at heartbeat)'),
        (("-",), {"op": "ping"}, "the request in it is no batch"),
        (("nowhere.json",), None, "nowhere.json: No such file"),
    ]
    for words, batch, message in cases:
        status, out, said = waitctl("forecast", *words, batch=batch)
        tap.result(status == 2 and message in said and not out, "refused: %s" % message, f"{status} {out} {said}")


def main():
    tap = Tap()
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        check_figures(tap)
        check_vary(tap)
        check_table(tap)
        check_random_seed(tap)
        check_request(tap)
        check_operation(tap)
        check_refusals(tap)
        os.chdir("/")
    tap.finish()


if __name__ == "__main__":
    main()
