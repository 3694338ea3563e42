#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""What waitctl writes to files beside what it shows: traces and tables."""

import glob
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import xml.etree.ElementTree

from examples import TOP, Tap

sys.path.insert(0, os.path.join(TOP, "tests", "support"))
import check_trace  # noqa: E402

WAITCTL = os.environ.get("WAITCTL", "client/waitctl")
SAMPLES = os.path.join(TOP, "tests", "samples")
HEADER = ["batch", "index", "name", "status", "due", "at", "late", "attempts", "start",
          "queued"]

# What is hard on lanes, nesting and arrows.
HARD = {
    "everything at once": {
        "workers": 2, "concurrency": 7, "seed": 3,
        "jobs": [
            {"name": "a", "count": 20, "wait": {"dist": "uniform", "min": 0, "max": 1}},
            {"name": "b", "count": 20, "after": "a", "fail": 0.5, "retries": 3,
             "backoff": {"initial": "10ms", "jitter": "full"},
             "steps": [{"wait": "1ms"}, {"compute": "20ms", "note": "sum"}, {"wait": 0}]},
            {"name": "c", "count": 3, "after": ["a", "b"], "compute": "5ms"},
            {"name": "d", "count": 5, "compute": "30ms", "timeout": "10ms", "retries": 2},
        ],
    },
    "nothing takes any time": {
        "jobs": [{"count": 5}, {"name": "x", "retries": 3, "fail": True}, {"after": "x"},
                 {"name": "y", "wait": 0}, {"after": "y", "steps": [{"compute": 0}] * 3}],
    },
    "no jobs": {"jobs": []},
    "cut short": {
        "timeout": "55ms", "concurrency": 2,
        "jobs": [{"count": 4, "wait": "20ms"}, {"count": 9, "compute": "30ms"},
                 {"name": "late", "wait": 9, "fail": True}, {"after": "late"}],
    },
    "the first ends it": {
        "until": "first_done",
        "jobs": [{"wait": 2}, {"wait": 1, "fail": True, "retries": 1,
                               "backoff": {"initial": 5}}, {"wait": "1.5s"}],
    },
    "blocking": {
        "mode": "blocking", "workers": 2,
        "jobs": [{"count": 5, "steps": [{"wait": 1}, {"compute": 1}]}],
    },
    "long": {"jobs": [{"wait": "30d", "retries": 1, "fail": True}, {"wait": "1ns"}]},
}


class Run:
    """waitctl, run once with a trace and a joblog."""

    def __init__(self, folder, *arguments, request=None, real=False):
        self.trace = os.path.join(folder, "trace.json")
        self.joblog = os.path.join(folder, "jobs.tsv")
        clock = [] if real else ["--virtual"]
        self.result = subprocess.run(
            [WAITCTL, "submit", "--local", *clock, "--trace", self.trace, "--joblog",
             self.joblog, *arguments],
            input=request, capture_output=True, text=True, timeout=60, check=False,
        )

    def wrong(self):
        """Faults of the trace."""
        return "\n".join(check_trace.faults(self.trace)[:5])

    def events(self):
        with open(self.trace, encoding="utf-8") as file:
            return json.load(file)

    def rows(self):
        with open(self.joblog, encoding="utf-8", newline="\n") as file:
            return [line.rstrip("\n").split("\t") for line in file]


def plain(*arguments, request=None):
    """The lines that come without any file, less what differs from run to run."""
    result = subprocess.run(
        [WAITCTL, "submit", "--local", "--virtual", "-o", "json", *arguments],
        input=request, capture_output=True, text=True, timeout=60, check=False,
    )
    return normal(result.stdout)


def normal(lines):
    return [line.partition(',"instance"')[0] for line in lines.splitlines()]


def slices(events, category):
    return [event for event in events if event["ph"] == "X" and event["cat"] == category]


def check_samples(tap, folder):
    for path in sorted(glob.glob(os.path.join(SAMPLES, "*.json"))):
        run = Run(folder, "-o", "json", path)
        name = os.path.basename(path)
        tap.result(run.wrong() == "", f"{name}: the trace keeps to the format", run.wrong())
        jobs = [event for event in run.events() if event.get("cat") == "job"]
        rows = run.rows()
        tap.result(
            rows[0] == HEADER and len(rows) - 1 == len(jobs)
            and all(len(row) == len(HEADER) for row in rows),
            f"{name}: there is a slice and a line for each job",
        )
        for level in ((), ("--events", "none"), ("--events", "done"), ("--events", "all")):
            lines = normal(Run(folder, "-o", "json", *level, path).result.stdout)
            tap.result(
                lines == plain(*level, path),
                f"{name} {' '.join(level)}: the lines on standard output are what they are",
            )


def check_hard(tap, folder):
    for name, request in HARD.items():
        for level in ("none", "done", "all"):
            text = json.dumps({**request, "events": level})
            run = Run(folder, "-o", "json", request=text)
            tap.result(run.wrong() == "", f"{name}, {level}: the trace keeps to the format",
                       run.wrong())
            tap.result(
                normal(run.result.stdout) == plain(request=text),
                f"{name}, {level}: the lines on standard output are what they are",
            )
        finished = json.loads(run.result.stdout.splitlines()[-1])
        path = slices(run.events(), "critical path")
        if path:
            total = sum(event["dur"] for event in path)
            tap.result(
                total >= finished["critical_path"] * 1e6 - 1,
                f"{name}: the critical path is no shorter than it is said to be",
                f"{total} us in {path}",
            )


def check_picture(tap, folder):
    """What one knows of these samples, found in the trace."""
    events = Run(folder, os.path.join(SAMPLES, "graph.json")).events()
    path = [event["name"] for event in slices(events, "critical path")]
    tap.result(path == ["fetch", "compile", "link", "test"], "the critical path is drawn", f"{path}")
    ends = {event["id"]: event for event in events if event["ph"] == "f"}
    by_place = {
        (event["tid"], event["ts"]): event["name"] for event in slices(events, "job")
    }
    arrows = sorted(by_place[end["tid"], end["ts"]] for end in ends.values())
    tap.result(
        arrows == ["compile"] * 3 + ["link", "manual", "test", "test"],
        "arrows go to those that waited",
        f"{arrows}",
    )
    counts = [
        (event["ts"], event["args"]["jobs"]) for event in events if event["ph"] == "C"
    ]
    tap.result(
        counts == [(0, 1), (400000, 4), (900000, 2), (1000000, 1), (2200000, 0)],
        "the jobs in flight are counted",
        f"{counts}",
    )

    events = Run(folder, os.path.join(SAMPLES, "chess-three-games.json")).events()
    queued = sum(event["dur"] for event in slices(events, "queueing"))
    tap.result(
        queued == 300000 and len(slices(events, "wait")) == len(slices(events, "compute")) == 9,
        "queueing for a worker is distinguished from waiting and computing",
        f"{queued} us",
    )
    lanes = {event["tid"] for event in slices(events, "job")}
    tap.result(len(lanes) == 3, "jobs that overlap have lanes of their own")
    request = json.dumps({"jobs": [{"count": 120, "wait": 1}]})
    names = [(event["tid"], event["args"]["name"])
             for event in Run(folder, request=request).events() if event["name"] == "thread_name"]
    tap.result(
        names == sorted(names, key=lambda lane: lane[1]) == sorted(names)
        and names[-1][1] == "lane 120" and len(names) == 121,
        "the names of lanes sort as they do", f"{names}",
    )

    events = Run(folder, os.path.join(SAMPLES, "chess-one-by-one.json")).events()
    lanes = {event["tid"] for event in slices(events, "job")}
    tap.result(len(lanes) == 1, "a lane that is free is used again")

    events = Run(folder, os.path.join(SAMPLES, "retries.json")).events()
    statuses = [event["args"]["status"] for event in slices(events, "attempt")]
    delays = [event["dur"] for event in slices(events, "back-off")]
    tap.result(
        statuses == ["failed", "failed", "ok"] and delays == [250000, 500000],
        "attempts and back-offs are slices",
        f"{statuses} {delays}",
    )


def check_table(tap, folder):
    request = json.dumps([
        {"name": "tab\there", "wait": 1},
        {"name": "line\nfeed \\ é \u0001\u007f", "wait": 2, "fail": True, "retries": 1},
        {"name": "line\nfeed \\ é \u0001\u007f", "wait": 9},
        {"after": "tab\there", "wait": 1, "fail": True},
        {"name": "", "after": "line\nfeed \\ é \u0001\u007f"},
    ]) + '{"id":"second","jobs":[{"wait":"1ns"}],"timeout":0}'
    rows = Run(folder, "-o", "summary", request=request).rows()[1:]
    expected = [
        ["1", "0", "tab\\there", "ok", "1", "1", "0", "1", "0", "0"],
        ["1", "3", "", "failed", "2", "2", "0", "1", "1", "0"],
        ["1", "1", "line\\nfeed \\\\ é \\x01\\x7f", "failed", "4", "4", "0", "2", "0", "0"],
        ["1", "4", "", "skipped", "4", "4", "0", "0", "", ""],
        ["1", "2", "line\\nfeed \\\\ é \\x01\\x7f", "ok", "9", "9", "0", "1", "0", "0"],
        ["2", "0", "", "timed_out", "0", "0", "0", "1", "0", "0"],
    ]
    tap.result(sorted(rows) == sorted(expected), "names stay in their column", f"{rows}")

    request = json.dumps({"workers": 1, "jobs": [
        {"count": 3, "steps": [{"compute": 1}, {"wait": 0.5}, {"compute": 0.25}]},
        {"compute": 9, "timeout": 2, "retries": 1}, {"after": "late", "name": "never"},
        {"name": "late", "wait": 4, "fail": True}]})
    run = Run(folder, "-o", "json", request=request)
    rows = run.rows()[1:]
    queued = sum(round(float(row[9]) * 1e6) for row in rows if row[9])
    drawn = sum(event["dur"] for event in slices(run.events(), "queueing"))
    starts = {row[1]: row[8] for row in rows}
    tap.result(
        queued == drawn > 0 and starts == {"0": "0", "1": "0", "2": "0", "3": "0", "4": "", "5": "0"},
        "a table has when jobs started and how long they queued", f"{queued} {drawn} {starts}",
    )

    rows = Run(folder, request='[{"wait":"20ms"},{"count":50}]', real=True).rows()[1:]
    exact = all(
        round(float(row[5]) * 1e9) - round(float(row[4]) * 1e9) == round(float(row[6]) * 1e9)
        and float(row[6]) >= 0
        for row in rows
    )
    tap.result(exact and len(rows) == 51, "late is at less due", f"{rows[:2]}")


def check_real(tap, folder):
    """On the real clock nothing is exact."""
    text = json.dumps({**HARD["everything at once"], "clock": "real"})
    run = Run(folder, "-o", "summary", request=text, real=True)
    tap.result(run.wrong() == "", "a real run's trace keeps to the format", run.wrong())
    several = Run(folder, "-o", "json", *[os.path.join(SAMPLES, "graph.json")] * 3, real=True)
    tap.result(several.wrong() == "", "several batches at once are distinguished", several.wrong())
    names = [event["args"]["name"] for event in several.events() if event["name"] == "process_name"]
    tap.result(names == ["batch 1", "batch 2", "batch 3"], "each is a process", f"{names}")


def check_interrupted(tap, folder):
    for signals, status in ((1, 130), (2, 130)):
        trace = os.path.join(folder, "cut.json")
        process = subprocess.Popen(
            [WAITCTL, "run", "--local", "--name", "tea", "-n", "3", "1h", "-o", "json",
             "--events", "all", "--trace", trace],
            stdout=subprocess.PIPE, text=True,
        )
        while '"step"' not in process.stdout.readline():
            pass
        for _ in range(signals):
            process.send_signal(signal.SIGINT)
        process.stdout.read()
        wrong = check_trace.faults(trace)
        tap.result(
            process.wait() == status and not wrong,
            f"after {signals} interrupt(s) the file is whole",
            "\n".join(wrong),
        )

    process = subprocess.Popen(
        [WAITCTL, "submit", "--local", "-o", "json", "--trace", trace, "-"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )
    process.stdin.write('{"events":"all","jobs":[{"count":3,"steps":[{"wait":0,"note":"n"},{"wait":9}]}]}')
    process.stdin.flush()
    for line in process.stdout:
        if '"step":1' in line and '"job":2' in line:
            break
    children = subprocess.run(
        ["ps", "-o", "pid=", "--ppid", str(process.pid)], capture_output=True, text=True, check=True
    ).stdout.split()
    os.kill(int(children[0]), signal.SIGKILL)
    process.communicate()
    wrong = check_trace.faults(trace)
    with open(trace, encoding="utf-8") as file:
        events = json.load(file)
    statuses = {event["args"]["status"] for event in events if event.get("cat") == "job"}
    tap.result(
        process.returncode == 3 and not wrong and statuses == {"unfinished"}
        and {event["name"] for event in events if event.get("cat") == "wait"} == {"n", "wait"},
        "when the connection is lost what was in progress is shown as unfinished",
        "\n".join(wrong) + f"{process.returncode} {statuses}",
    )


def check_inputs(tap, folder):
    """What is read is not written over."""
    batch, saved, link = (os.path.join(folder, name) for name in ("in.json", "in.ndjson", "ln"))
    with open(batch, "w", encoding="utf-8") as file:
        file.write('{"clock":"virtual","jobs":[{"wait":1}]}')
    with open(saved, "w", encoding="utf-8") as file:
        file.write(waitctl("submit", "--local", "-o", "json", batch).stdout)
    os.symlink(batch, link)
    cases = {
        "a request": (["submit", "--local", batch, "--joblog", batch], None),
        "a request by another name": (["submit", "--local", batch, "--trace", link], None),
        "a request of several": (["submit", "--local", saved, batch, "--trace", batch], None),
        "a stream": (["report", saved, "--trace", saved], None),
        "standard input": (["report", "--trace", saved], saved),
        "standard input as -": (["submit", "--local", "-", "--joblog", link], batch),
        "the requests of a stream": (["report", saved, "--request", batch, "--trace", link], None),
    }
    before = [open(path, encoding="utf-8").read() for path in (batch, saved)]
    for name, (arguments, stdin) in cases.items():
        with open(stdin or os.devnull, encoding="utf-8") as file:
            result = subprocess.run([WAITCTL, *arguments], stdin=file, capture_output=True,
                                    text=True, timeout=60, check=False)
        after = [open(path, encoding="utf-8").read() for path in (batch, saved)]
        tap.result(
            result.returncode == 2 and "would be written over" in result.stderr
            and not result.stdout and after == before,
            f"{name} is not written over", f"{result}",
        )
    longer = os.path.join(folder, "longer")
    with open(longer, "w", encoding="utf-8") as file:
        file.write("x" * 100000)
    result = waitctl("submit", "--local", batch, "--joblog", longer)
    tap.result(os.path.getsize(longer) < 1000, "a file that is no input is emptied")


def check_files(tap, folder):
    def ends(*arguments):
        return subprocess.run([WAITCTL, "run", "--local", "--virtual", "1", "-o", "summary",
                               *arguments], capture_output=True, text=True, check=False)

    result = ends("--trace", os.path.join(folder, "no", "where"))
    tap.result(
        result.returncode == 2 and "No such file" in result.stderr and not result.stdout,
        "a file that cannot be made is reported before anything is sent", result.stderr,
    )
    result = ends("--joblog", "/dev/full")
    tap.result(
        result.returncode == 1 and "/dev/full: No space left" in result.stderr
        and result.stdout.startswith("ok:"),
        "one that cannot be written is reported, and the rest goes on", result.stderr,
    )
    path = os.path.join(folder, "both")
    result = ends("--trace", path, "--joblog", os.path.join(folder, ".", "both"))
    tap.result(
        result.returncode == 2 and "two things" in result.stderr and not result.stdout,
        "one file is not written twice", result.stderr,
    )
    check_inputs(tap, folder)
    result = ends("--trace", "/dev/null", "--joblog", "/dev/null")
    tap.result(result.returncode == 0, "but for devices", result.stderr)
    path = os.path.join(folder, "unreached.json")
    result = ends("--trace", path)
    result = subprocess.run([WAITCTL, "run", "--server", "unix:" + folder + "/none", "1", "--trace",
                             path], capture_output=True, text=True, check=False)
    tap.result(
        result.returncode == 3 and not check_trace.faults(path),
        "without a daemon the trace is an empty one",
    )
    result = subprocess.run([WAITCTL, "run", "--local", "--virtual", "1", "--joblog", "-"],
                            capture_output=True, text=True, check=False)
    tap.result(
        result.stdout.splitlines()[1:] == ["1\t0\t\tok\t1\t1\t0\t1\t0\t0"],
        "a file of - is standard output", result.stdout,
    )
    result = ends("--joblog", "-")
    tap.result(result.returncode == 2 and "standard output" in result.stderr,
               "which -o does not share")
    names = json.dumps([{"name": "q\"\\\t\u0001é\ud800", "wait": 1}])
    run = Run(folder, request=names)
    tap.result(
        run.wrong() == "" and slices(run.events(), "job")[0]["name"].startswith("q\"\\\t\u0001é"),
        "any name is a string in a trace", run.wrong(),
    )


def waitctl(*arguments, text=""):
    return subprocess.run([WAITCTL, *arguments], input=text, capture_output=True, text=True,
                          errors="surrogateescape", timeout=60, check=False)


def check_report(tap, folder):
    """A saved stream gives what the run itself gave."""
    saved = os.path.join(folder, "saved.ndjson")
    request = os.path.join(folder, "request.json")
    files = {name: os.path.join(folder, name) for name in ("a.json", "b.json", "a.tsv", "b.tsv")}
    runs = {name: json.dumps({**request, "events": "all", "clock": "virtual"})
            for name, request in HARD.items()}
    runs["two and a ping"] = (
        json.dumps({"events": "all", "clock": "virtual", "jobs": [{"after": "x"}, {"name": "x"}]})
        + '{"op":"ping"}{"jobs":1}'
        + json.dumps({"events": "all", "clock": "virtual",
                      "jobs": [{"name": "y", "wait": 2, "fail": True}, {"after": "y"}]})
    )
    for name, text in runs.items():
        with open(request, "w", encoding="utf-8") as file:
            file.write(text)
        first = waitctl("submit", "--local", "-o", "json", "--trace", files["a.json"], "--joblog",
                        files["a.tsv"], request)
        with open(saved, "w", encoding="utf-8") as file:
            file.write(first.stdout)
        report = ["report", saved, "--request", request]
        again = waitctl(*report, "-o", "json", "--trace", files["b.json"], "--joblog",
                        files["b.tsv"])
        pairs = [[open(files[f"{which}.{kind}"], encoding="utf-8").read() for which in "ab"]
                 for kind in ("json", "tsv")]
        tap.result(
            again.stdout == first.stdout and again.returncode == first.returncode
            and all(one == two for one, two in pairs),
            f"{name}: a report is what the run gave",
            f"{first.returncode} {again.returncode} {again.stderr}",
        )
    for form in ("human", "summary"):
        text = os.path.join(SAMPLES, "graph.json")
        first = waitctl("submit", "--local", "--virtual", "-o", form, text)
        saved_text = waitctl("submit", "--local", "--virtual", "-o", "json", text).stdout
        again = waitctl("report", "-", "-o", form, text=saved_text)
        tap.result(
            (again.stdout, again.returncode) == (first.stdout, first.returncode) == (first.stdout, 1),
            f"-o {form} of a report is what the run gave", again.stdout,
        )
    # Without the request no chain is known, and the longest of its jobs is not it.
    alone = waitctl("report", "-o", "timeline", text=saved_text)
    whole = waitctl("report", "-o", "timeline", "--request", text, text=saved_text)
    tap.result(
        "critical path 2.200 s" in alone.stdout and alone.stdout.count("critical path") == 1
        and whole.stdout.count("critical path") == 2,
        "the critical path is marked where it is known", alone.stdout,
    )
    rows = waitctl("report", "--joblog", "-", text=saved_text).stdout.splitlines()[1:]
    tap.result(
        rows[:2] == ["1\t6\tfetch\tok\t\t0.4\t\t1\t\t", "1\t3\tcompile\tok\t\t0.9\t\t1\t\t"]
        and "1\t0\tpublish\tskipped\t\t1\t\t0\t\t" in rows,
        "what was not reported is left empty", "\n".join(rows),
    )


def check_rows(tap):
    """Who has a row, and what is said of it."""
    for jobs, rows, words in ((1000, 1000, None), (1001, 0, "rows are lanes"),
                              (100000, 0, "the height is the jobs in flight")):
        request = json.dumps({"concurrency": 50 if jobs > 1001 else 10,
                              "jobs": [{"name": "a job", "count": jobs, "wait": 1}]})
        lines = waitctl("submit", "--local", "--virtual", "-o", "timeline",
                        text=request).stdout.splitlines()
        found = sum(line.startswith("a job #") for line in lines)
        tap.result(
            found == rows and (words is None) == (not any("rows are" in line or "height" in line
                                                          for line in lines))
            and (words is None or any(words in line for line in lines)),
            f"of {jobs} jobs {rows} have a row with their name", "\n".join(lines[-8:]),
        )
    text = waitctl("submit", "--local", "--virtual", "-o", "timeline",
                   os.path.join(SAMPLES, "graph.json")).stdout
    tap.result("* critical path" in text or "◆ critical path" in text,
               "what marks a row of the critical path is in the legend", text)


def integrate(counts, end):
    """Worker-microseconds of a counter: [(time, value)...] until the end."""
    counts = sorted(counts) + [(end, 0)]
    return sum(value * (later - at) for (at, value), (later, _) in zip(counts, counts[1:]))


def check_pools(tap, folder):
    """A counter for each pool, which has what the report says."""
    request = {
        "report": True, "workers": 2, "pools": {"db": 3, "a \"b\" é": 1}, "seed": 5,
        "concurrency": 20, "jobs": [
            {"name": "j", "count": 60, "every": "20ms", "fail": 0.3, "retries": 2,
             "timeout": "400ms", "repeat": 2, "backoff": {"initial": "10ms"}, "steps": [
                 {"compute": {"dist": "uniform", "min": 0, "max": "90ms"}},
                 {"compute": {"dist": "uniform", "min": 0, "max": "50ms"}, "pool": "db"},
                 {"compute": "1ms", "pool": "a \"b\" é"}]},
            {"after": "j", "pool": "db", "compute": 1, "count": 4}]}
    run = Run(folder, "-o", "json", request=json.dumps(request))
    lines = [json.loads(line) for line in run.result.stdout.splitlines()]
    end = round(lines[-1]["elapsed"] * 1e6)
    pools = {f"pool {event['pool']}" if "pool" in event else "default pool": event
             for event in lines if event["event"] == "pool"}
    counts = {}
    for event in run.events():
        if event["ph"] == "C" and event["name"] != "in flight":
            counts.setdefault(event["name"], []).append((event["ts"], event["args"]["busy"]))
    differences = {
        name: abs(integrate(counts[name], end) - pool["busy"] * 1e6)
        for name, pool in pools.items() if name in counts
    }
    tap.result(
        run.wrong() == "" and len(pools) == 3 and set(counts) == set(pools)
        and all(max(value for _, value in counts[name]) <= pool["workers"]
                for name, pool in pools.items())
        and max(differences.values()) < 2000,  # microseconds: each count is rounded
        "a trace counts the busy workers of each pool", f"{run.wrong()} {differences} {set(counts)}",
    )
    for form in ("summary", "human", "timeline"):
        text = waitctl("submit", "--local", "--virtual", "-o", form,
                       text=json.dumps(request)).stdout
        tap.result(
            "pool db: 3 workers," in text and (form == "timeline" or "summary j: 60 jobs" in text)
            and not text.splitlines()[-1].startswith("pool"),
            f"-o {form} shows a report", text[-600:],
        )
    unknown = ('{"event":"accepted","batch":1,"jobs":0,"instance":"x"}\n'
               '{"event":"weather","batch":1,"rain":[1]}\n'
               '{"event":"finished","batch":1,"status":"ok","jobs":0}\n')
    for form in ("summary", "human", "timeline"):
        result = waitctl("report", "-o", form, text=unknown)
        tap.result(result.returncode == 0 and result.stderr == "" and "weather" not in result.stdout,
                   f"-o {form} passes by an event that is not known", f"{result}")


SVG = "{http://www.w3.org/2000/svg}"


def draw(folder, *arguments, text=""):
    path = os.path.join(folder, "run.svg")
    result = waitctl("submit", "--local", "--virtual", "-o", "summary", "--svg", path, *arguments,
                     text=text)
    return result, xml.etree.ElementTree.parse(path).getroot()


def texts_of(root):
    return ["".join(text.itertext()) for text in root.iter(SVG + "text")]


def check_drawing(tap, folder):
    """The timeline as SVG."""
    _, root = draw(folder, os.path.join(SAMPLES, "chess-three-games.json"))
    texts = texts_of(root)
    # Three bars of each kind, three times: all of 3.5 s.
    bars = {kind: [path.get("d").count("M") for path in root.iter(SVG + "path")
                   if path.get("class") == kind] for kind in ("wait", "compute", "queue")}
    tap.result(
        texts[0] == "3 jobs" and "second board" in texts and "3.0 s" in texts
        and texts[-1].startswith("ok: 3 jobs in 3.500 s")
        and bars == {"wait": [3, 3, 3, 1], "compute": [3, 3, 3, 1], "queue": [1, 1, 1]},
        "a drawing has a row for each job, and what it did", f"{texts} {bars}",
    )
    plots = [path.get("d") for path in root.iter(SVG + "path") if path.get("class") == "compute"]
    ends = [[float(part.split("H")[0].split()[0]) for part in d[1:].split("M")] for d in plots]
    rule = [path.get("d") for path in root.iter(SVG + "path") if path.get("class") == "rule"][-1]
    left, width = float(rule[1:].split()[0]), float(rule.split("h")[1])
    begins = [round((at - left) / width * 3.5, 2) for at in ends[0]]
    tap.result(begins == [1.0, 2.1, 3.2], "at its times", f"{begins}")
    texts = texts_of(draw(folder, os.path.join(SAMPLES, "pools.json"))[1])
    tap.result(
        [texts.index(text) for text in ("default pool", "unit test #3", "pool database", "migration #4", "hotfix")]
        == [8, 12, 13, 14, 17] and "rows of pools: how many jobs queue, full height for 3" in texts,
        "jobs stand below the pools that they compute in, with its queue", f"{texts}")
    style = root.find(SVG + "style").text
    tap.result("prefers-color-scheme:dark" in style and root.get("viewBox") is not None,
               "in colours of light and dark schemes")

    name = "<b>&\"' \u0007\n\u202e\uffff\uffff\ud800 é"
    hard = json.dumps({"id": name, "jobs": [{"name": name, "fail": True}, {"after": name}]})
    result, root = draw(folder, text=hard + '{"jobs":[]}{"jobs":1}')
    tap.result(
        result.returncode == 2 and any(text.startswith("<b>&\"'") for text in texts_of(root)),
        "names are text, whatever is in them", f"{result} {texts_of(root)}",
    )
    marks = [use.get("class") for use in root.iter(SVG + "use")]
    ids = {path.get("id") for path in root.iter(SVG + "path")}
    tap.result({"failed", "skipped"} <= set(marks) <= ids, "marks are symbols that there are",
               f"{marks}")
    for jobs, words in ((1000, None), (1001, "rows are lanes"), (50000, "the height is")):
        _, root = draw(folder, text=json.dumps({
            "concurrency": 30 if jobs < 50000 else 400, "jobs": [{"count": jobs, "wait": 1}]}))
        found = texts_of(root)
        tap.result(
            (f"#{jobs - 1}" in found) == (words is None)
            and (words is None or any(text.startswith(words) for text in found)),
            f"a drawing of {jobs} jobs", f"{found[-5:]}",
        )
    result = waitctl("submit", "--server", "127.0.0.1:1", "--svg", os.path.join(folder, "run.svg"),
                     text='{"jobs":[{}]}')
    root = xml.etree.ElementTree.parse(os.path.join(folder, "run.svg")).getroot()
    tap.result(result.returncode == 3 and not texts_of(root), "a drawing of nothing is whole too")
    result = waitctl("submit", "--local", "--virtual", "--svg", "-", text='{"jobs":[{}]}')
    tap.result(result.stdout.startswith("<?xml") and result.stdout.endswith("</svg>\n"),
               "a drawing on standard output")


def check_causes(tap):
    """A skipped job is shown with its cause."""
    done = '{"event":"done","batch":1,"job":%d,%s"status":"%s","at":1%s}\n'
    text = '{"event":"accepted","batch":1,"jobs":6,"instance":"x"}\n' + "".join(
        done % job for job in (
            (3, '"name":"link",', "failed", ',"due":1'), (0, '"name":"test",', "skipped", ',"cause":3'),
            (1, "", "skipped", ',"cause":0,"data":[1]'), (4, "", "timed_out", ""),
            (2, "", "skipped", ',"due":1,"attempts":2,"cause":4'), (5, "", "skipped", ',"cause":9')))
    lines = waitctl("report", "-o", "human", text=text).stdout.splitlines()
    tap.result(
        [line[24:] for line in lines] == [
            " #3 link", " #0 test (#3 link failed)", " #1 (#0 test was skipped) = [1]", " #4",
            " #2 (#4 timed out) (2 attempts)", " #5 (#9)"],
        "skipped jobs have their cause", "\n".join(lines),
    )


def check_comparison(tap, folder):
    """The three modes in one trace."""
    trace = os.path.join(folder, "modes.json")
    for flags in (["-o", "json"], ["-o", "human"], ["-o", "timeline"], ["--real"]):
        request = json.dumps({"id": "tea", "workers": 2, "jobs": [
            {"name": "a", "count": 3, "steps": [{"compute": "2ms"}, {"wait": "5ms"}]},
            {"after": "a"}]})
        path = os.path.join(folder, "request.json")
        with open(path, "w", encoding="utf-8") as file:
            file.write(request)
        local = ["--local"] if "--real" in flags else []
        plain_result = waitctl("compare", *flags, *local, path)
        result = waitctl("compare", *flags, *local, path, "--trace", trace)
        wrong = check_trace.faults(trace)
        with open(trace, encoding="utf-8") as file:
            names = [event["args"]["name"] for event in json.load(file)
                     if event["name"] == "process_name"]
        tap.result(
            result.returncode == 0 and not wrong
            and ("--real" in flags or result.stdout == plain_result.stdout)
            and names == ["sequential: tea", "blocking: tea", "concurrent: tea"],
            f"compare {' '.join(flags)} has the three modes in its trace",
            f"{result} {plain_result} {wrong} {names}",
        )
    result = waitctl("compare", path, "--trace", path)
    tap.result(result.returncode == 1 or result.returncode == 2, "and does not write over its input",
               f"{result}")


def peak_kib(*arguments, text):
    """The most memory that waitctl took."""
    process = subprocess.Popen([WAITCTL, *arguments], stdin=subprocess.PIPE,
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, text=True)
    process.stdin.write(text)
    process.stdin.close()
    _, _, usage = os.wait4(process.pid, 0)
    process.returncode = 0
    return usage.ru_maxrss


def check_memory(tap):
    """A timeline keeps what it draws, of however many batches."""
    text = '{"jobs":[{"wait":0.5}]}' * 10000
    summary = peak_kib("submit", "--local", "-o", "summary", text=text)
    timeline = peak_kib("submit", "--local", "-o", "timeline", text=text)
    tap.result(timeline < 4 * summary, "timelines of 10,000 small batches take little memory",
               f"{timeline} KiB, and their totals {summary}")


def check_streams(tap, folder):
    """What saved streams may be like."""
    whole = waitctl("submit", "--local", "--virtual", "--events", "all", "-o", "json",
                    os.path.join(SAMPLES, "two-waits.json")).stdout
    lines = whole.splitlines(keepends=True)
    other = re.sub('"instance":"[^"]*"', '"instance":"another"', whole)
    trace = os.path.join(folder, "t.json")
    cases = [
        ("whole", whole, 0, ""),
        ("nothing", "", 2, "there is no event in it"),
        ("something else", "hello\n", 2, "1 line is no event"),
        ("whole with other lines", "hello\n\n" + whole + "bye\n", 0, "2 lines are no events"),
        ("whole with events to come", '{"event":"extra","batch":1}\n' + whole, 0, ""),
        ("no last line", "".join(lines[:-1]), 3, "the stream ends with 1 batch running"),
        ("half a line", whole[:-9], 3, "the stream ends with 1 batch running"),
        ("no last line feed", whole[:-1], 0, ""),
        ("pretty-printed", "".join(json.dumps(json.loads(line), indent=4) for line in lines), 0, ""),
        ("record separators", "".join("\x1e" + line for line in lines), 0, ""),
        ("record separators, pretty-printed",
         "".join("\x1e" + json.dumps(json.loads(line), indent=1) for line in lines), 0, ""),
        ("a byte order mark", "\ufeff" + whole, 0, ""),
        ("two byte order marks", "\ufeff" + whole + "\ufeff" + whole, 0, ""),
        ("carriage returns", whole.replace("\n", "\r\n"), 0, ""),
        ("side by side", whole.replace("\n", ""), 0, ""),
        ("members in another order", "".join(
            json.dumps(dict(reversed(json.loads(line).items()))) + "\n" for line in lines), 0, ""),
        ("unknown members", whole.replace('"batch":1', '"x":[{"batch":7}],"batch":1'), 0, ""),
        ("names with escapes", whole.replace('"event"', '"\\u0065vent"'), 0, ""),
        ("an array of events", "[" + ",".join(lines) + "]", 2, "1 line is no event"),
        ("an event within an event", '{"event":"extra",\n"x":{"event":"done"}\n}' + whole, 0, ""),
        ("not JSON within", lines[0] + '{"event":"step",}\n' + "".join(lines[1:]), 0,
         "1 line is no event"),
        ("wrong UTF-8 within", lines[0] + '{"event":"step","name":"\udcff"}\n' + "".join(lines[1:]),
         0, "1 line is no event"),
        ("one cut short, and another daemon's", "".join(lines[:-1]) + other, 3,
         "another stream begins with 1 batch running"),
        ("one cut within an event, and another daemon's", whole[:-30] + other, 3,
         "another stream begins with 1 batch running"),
        ("one cut short, and the whole", "".join(lines[:-1]) + whole, 3,
         "another stream begins with 1 batch running"),
        ("accepted twice", lines[0] + whole, 3, "another stream begins with 1 batch running"),
        ("another daemon behind it", whole + whole, 0, ""),
        ("no beginning", "".join(lines[3:]), 0, ""),
        ("a refusal", waitctl("submit", "--local", text='{"jobs":1}').stdout, 2, "invalid_request"),
    ]
    for name, text, status, words in cases:
        result = waitctl("report", "-o", "summary", "--trace", trace, text=text)
        wrong = check_trace.faults(trace)
        tap.result(
            result.returncode == status and words in result.stderr
            and (words != "" or result.stderr == "") and not wrong,
            f"{name}: status {status}", f"{result} {wrong}",
        )
    for form in ("human", "summary", "timeline", "json"):
        result = waitctl("report", "-o", form, text="".join(lines[:-1]) + whole + other)
        tap.result(result.returncode == 3 and (form != "timeline" or "ok: " in result.stdout),
                   f"-o {form}: a batch that is accepted again was lost", result.stderr)
    pretty = "".join("\x1e" + json.dumps(json.loads(line), indent=2) for line in lines)
    result = waitctl("report", "-o", "json", text="\ufeff" + pretty)
    tap.result(result.stdout == whole, "-o json of a report has a line for each event",
               result.stdout)
    result = waitctl("report", "-o", "json", text=whole[:-9])
    tap.result(result.stdout == whole[:-9], "-o json of a report is the stream as it is")
    result = waitctl("report", "/nonexistent")
    tap.result(result.returncode == 2 and "/nonexistent" in result.stderr, "a file has to be there")
    other = os.path.join(SAMPLES, "graph.json")
    result = waitctl("report", "--request", other, "-o", "summary", text=whole)
    tap.result(
        result.returncode == 0 and "not of the requests there" in result.stderr,
        "the request of another batch is noticed", result.stderr,
    )

    process = subprocess.Popen([WAITCTL, "report", "-o", "human", "--trace", trace],
                               stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    process.stdin.write("".join(lines[:3]))
    process.stdin.flush()
    process.stdout.readline()
    process.send_signal(signal.SIGINT)
    process.stdout.read()
    wrong = check_trace.faults(trace)
    tap.result(process.wait() == 130 and not wrong,
               "a report that follows a stream can be interrupted", "\n".join(wrong))
    process.stdin.close()


def check_examples(tap):
    listed = waitctl("submit", "--example", "list").stdout.splitlines()
    names = [line.split()[0] for line in listed]
    files = {os.path.basename(path)[:-5]: path for path in glob.glob(SAMPLES + "/*.json")}
    tap.result(sorted(names) == sorted(files), "the examples are the samples", f"{names}")
    for name in names:
        with open(files[name], encoding="utf-8") as file:
            tap.result(waitctl("submit", "--example", name).stdout == file.read(),
                       f"--example {name} prints the sample")
    text = waitctl("submit", "--example", "retries").stdout
    result = waitctl("submit", "--local", "--virtual", "-o", "summary", "-", text=text)
    tap.result(result.stdout.startswith("ok: 1 job in 1.350 s"), "which can be submitted")
    result = waitctl("submit", "--example", "retrys")
    tap.result(result.returncode == 2 and "did you mean 'retries'?" in result.stderr,
               "one that there is not is refused", result.stderr)


def check_checker(tap, folder):
    """The checker finds what it is for."""
    good = [
        {"ph": "M", "name": "process_name", "pid": 1, "tid": 1, "args": {"name": "p"}},
        {"ph": "M", "name": "thread_name", "pid": 1, "tid": 1, "args": {"name": "t"}},
        {"ph": "X", "name": "a", "cat": "c", "pid": 1, "tid": 1, "ts": 0, "dur": 10},
        {"ph": "X", "name": "b", "cat": "c", "pid": 1, "tid": 1, "ts": 5, "dur": 5},
        {"ph": "s", "name": "n", "cat": "c", "id": 1, "pid": 1, "tid": 1, "ts": 1},
        {"ph": "f", "bp": "e", "name": "n", "cat": "c", "id": 1, "pid": 1, "tid": 1, "ts": 6},
    ]
    path = os.path.join(folder, "checked.json")

    def finds(change):
        events = json.loads(json.dumps(good))
        change(events)
        with open(path, "w", encoding="utf-8") as file:
            json.dump(events, file)
        return bool(check_trace.faults(path))

    bad = {
        "a slice that reaches out": lambda e: e[3].update(dur=6),
        "a member that is missing": lambda e: e[2].pop("dur"),
        "a member of another type": lambda e: e[2].update(ts="0"),
        "an unknown phase": lambda e: e[2].update(ph="Z"),
        "an unknown colour": lambda e: e[2].update(cname="mauve"),
        "half an arrow": lambda e: e.pop(),
        "an arrow in the air": lambda e: e[5].update(ts=11),
        "an arrow back": lambda e: e[4].update(ts=7),
        "an arrow ahead of its slice": lambda e: e.insert(2, e.pop(4)),
        "a time with decimals": lambda e: e[3].update(ts=5.0),
        "a slice of no length": lambda e: e[3].update(ts=10, dur=0),
        "an inner slice written first": lambda e: e[2].update(cat="job", ts=5, dur=5) or
        e.insert(2, e.pop(3)),
        "neighbours that are alike": lambda e: e[2].update(name="b", dur=5),
        "a thread without a name": lambda e: e[3].update(tid=2),
        "a process without a name": lambda e: e.pop(0),
    }
    tap.result(not finds(lambda e: None), "the checker takes what is right")
    for name, change in bad.items():
        tap.result(finds(change), f"the checker sees {name}")


def main():
    tap = Tap()
    with tempfile.TemporaryDirectory() as folder:
        check_checker(tap, folder)
        check_samples(tap, folder)
        check_hard(tap, folder)
        check_picture(tap, folder)
        check_table(tap, folder)
        check_real(tap, folder)
        check_interrupted(tap, folder)
        check_files(tap, folder)
        check_report(tap, folder)
        check_streams(tap, folder)
        check_rows(tap)
        check_drawing(tap, folder)
        check_pools(tap, folder)
        check_causes(tap)
        check_comparison(tap, folder)
        check_memory(tap)
        check_examples(tap)
    tap.finish()


if __name__ == "__main__":
    main()
