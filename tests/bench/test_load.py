#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""The load generator distinguishes a false server from a true one.

Each server here answers a batch as it should but for one thing, and the
generator has to end with status 1 and the words that name it.  The generator is that of
the build directory: the current one, or $top_builddir.
"""

import json
import os
import re
import socket
import subprocess
import sys
import threading
import time

LOAD = os.path.join(os.environ.get("top_builddir", "."), "tests/bench/load")
WAIT = 0.05

# In the place of a line.
CLOSE, SILENCE = object(), object()


def lines_of(jobs, batch=1):
    """What a true server answers: (seconds to wait first, line)."""
    yield 0, {"event": "accepted", "batch": batch, "jobs": jobs}
    for job in range(jobs):
        yield (WAIT if job == 0 else 0), {
            "event": "done", "batch": batch, "job": job, "name": "j%d" % job, "status": "ok",
            "at": None}
    yield 0, {"event": "finished", "batch": batch, "status": "ok", "jobs": jobs, "ok": jobs}


# ---- What can be wrong: each takes the lines of a batch, as a list ----------


def without(lines, i):
    return lines[:i] + lines[i + 1:]


def doubled(lines, i):
    return lines[:i + 1] + lines[i:]


def altered(lines, i, **members):
    return lines[:i] + [(lines[i][0], dict(lines[i][1], **members))] + lines[i + 1:]


def nameless(lines, i):
    wait, line = lines[i]
    return lines[:i] + [(wait, {key: line[key] for key in line if key != "name"})] + lines[i + 1:]


JOBS = 3
FALSE = [
    ("loses a job", lambda lines: without(lines, 2), "is finished and 1 jobs are not done"),
    ("doubles a job", lambda lines: doubled(lines, 2), "job 1 is done twice"),
    ("reports a time before the job's", lambda lines: altered(lines, 2, at=0.01),
     "job 1 says that it was done before its time"),
    ("reports no time", lambda lines: altered(lines, 2, at="soon"), "this is no event"),
    ("does a job that there is not", lambda lines: altered(lines, 2, job=3),
     "job 3, which was not sent, is done"),
    ("lets a job fail", lambda lines: altered(lines, 2, status="failed"), "job 1 is not ok"),
    ("takes one job's name for another's", lambda lines: altered(lines, 2, name="j2"),
     "job 1 does not come by its name"),
    ("takes a name for a longer one", lambda lines: altered(lines, 2, name="j11"),
     "job 1 does not come by its name"),
    ("forgets a name", lambda lines: nameless(lines, 2), "job 1 does not come by its name"),
    ("does a job of another batch", lambda lines: altered(lines, 2, batch=7),
     "a job of batch 7, which is not running, is done"),
    ("finishes twice", lambda lines: doubled(lines, 4), "batch 1, which is not running, is finished"),
    ("finishes another batch", lambda lines: altered(lines, 4, batch=2),
     "batch 2, which is not running, is finished"),
    ("does a job after it finished", lambda lines: lines + [lines[2]],
     "a job of batch 1, which is not running, is done"),
    ("finishes before a job is done", lambda lines: lines[:3] + [lines[4], lines[3]],
     "is finished and 1 jobs are not done"),
    ("counts wrongly", lambda lines: altered(lines, 4, ok=2), "the counts of batch 1 do not agree"),
    ("counts other jobs", lambda lines: altered(lines, 4, jobs=4), "the counts of batch 1 do not agree"),
    ("finishes badly", lambda lines: altered(lines, 4, status="failed"), "batch 1 is not ok"),
    ("does not accept", lambda lines: without(lines, 0),
     "a job of batch 1, which is not running, is done"),
    ("accepts twice", lambda lines: doubled(lines, 0), "batch 1 is accepted twice"),
    ("accepts fewer jobs", lambda lines: altered(lines, 0, jobs=2), "2 jobs are accepted, not 3"),
    ("refuses", lambda lines: [(0, {"event": "error", "code": "overloaded", "message": "no"})],
     "this was not asked for"),
    ("says what is no JSON", lambda lines: lines[:2] + [(0, "done\n")] + lines[2:],
     "this is no event: done"),
    ("closes early", lambda lines: lines[:3] + [(0, CLOSE)], "the server has closed too early"),
    ("closes in a line", lambda lines: lines[:3] + [(0, '{"event":'), (0, CLOSE)],
     "the server has closed too early"),
    ("falls silent", lambda lines: lines[:3] + [(0, SILENCE)],
     "nothing has come for 1.0 s, and 2 jobs of 3 are done"),
    ("does not close at the end", lambda lines: lines + [(0, SILENCE)],
     "nothing has come for 1.0 s"),
]

# ---- A server that says what it is given -----------------------------------

GIVEN_UP = threading.Event()


def send_lines(connection, lines):
    """Sends the lines.  False if it is to close then and there."""
    began = time.monotonic()
    for wait, line in lines:
        time.sleep(wait)
        if line is CLOSE:
            return False
        if line is SILENCE:
            return GIVEN_UP.wait(60)
        if isinstance(line, dict):
            if line.get("at", 0) is None:
                line = dict(line, at=round(time.monotonic() - began, 9))
            line = json.dumps(line, separators=(",", ":")) + "\n"
        connection.sendall(line.encode())
    return True


def serve(listener, batches):
    """Answers one connection: a request a line, and a list of lines for each."""
    connection, _ = listener.accept()
    with connection, connection.makefile("rb") as requests:
        try:
            for lines, _request in zip(batches, requests):
                if not send_lines(connection, lines):
                    return
            requests.read()
        except OSError:
            pass  # the generator had heard enough


def run(batches, *words, timeout=60):
    """The generator's status, result and message."""
    GIVEN_UP.clear()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve, args=(listener, batches))
        thread.start()
        done = subprocess.run(
            [LOAD, "--connect", "127.0.0.1:%d" % listener.getsockname()[1], "--timeout",
             str(timeout), "test", "jobs=%d" % JOBS, "wait=%g" % WAIT, "named", *words],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False)
        GIVEN_UP.set()
        thread.join()
    return done.returncode, done.stdout, done.stderr


# ---- TAP --------------------------------------------------------------------


class Tap:
    """Lines of TAP."""

    tests = failures = 0

    def ok(self, passed, name, *notes):
        self.tests += 1
        self.failures += not passed
        print("%s %d - %s" % ("ok" if passed else "not ok", self.tests, name))
        if not passed:
            for note in notes:
                print("# " + str(note).strip().replace("\n", "\n# "))


def test_true(tap):
    status, out, said = run([list(lines_of(JOBS))])
    tap.ok(status == 0, "a true server passes", status, said)
    result = json.loads(out) if status == 0 else {}
    tap.ok(result.get("jobs") == JOBS, "its jobs are counted", out)
    group = result.get("groups", [{}])[0]
    tap.ok(group.get("elapsed", 0) >= WAIT, "the time is that from first byte to `finished'", out)
    tap.ok(0 <= group.get("late", {}).get("max", -1) <= group["elapsed"] - WAIT if group else False,
           "no job is later than the batch took beyond its wait", out)

    other = [(wait, dict(reversed(list(line.items())), note="x")) for wait, line in lines_of(JOBS)]
    status, _, said = run([other])
    tap.ok(status == 0, "a true server may have members in another order, and more", status, said)

    status, out, said = run([list(lines_of(JOBS, 1)), list(lines_of(JOBS, 2))], "batches=2")
    tap.ok(status == 0 and json.loads(out)["jobs"] == 2 * JOBS, "one batch may follow another",
           status, out, said)
    status, _, said = run([list(lines_of(JOBS, 5)), list(lines_of(JOBS, 5))], "batches=2")
    tap.ok(status == 1 and "two batches have the number 5" in said,
           "a server is detected that gives two batches one number", status, said)

    status, _, said = run([list(lines_of(JOBS))], "wait=3600")
    tap.ok(status == 1 and re.search(r"job 0 is done 3[45]\d\d\.", said), "a server is detected that is early",
           status, said)

    silent = [line for line in lines_of(JOBS) if line[1]["event"] != "done"]
    status, out, said = run([silent], "silent")
    tap.ok(status == 0, "a server that was asked for no `done' sends none", status, said)
    status, _, said = run([[(0, SILENCE)]], timeout=1)
    tap.ok(status == 1 and "0 jobs of 3 are done" in said, "a server is detected that says nothing",
           status, said)


def test_usage(tap):
    for words, message in [
            (["test"], "--connect is missing"),
            (["--connect", "nowhere", "test"], "--connect takes ADDRESS:PORT"),
            (["--connect", "127.0.0.1:1"], "a group begins with its name"),
            (["--connect", "127.0.0.1:1", "test", "jobs=0"], "jobs=0: takes a whole number from 1"),
            (["--connect", "127.0.0.1:1", "test", "wait=x"], "wait=x: takes seconds"),
            (["--connect", "127.0.0.1:1", "test", "wait=2..1"], "wait=2..1: ends before it begins"),
            (["--connect", "127.0.0.1:1", "test", "spins=0"], "spins=0: takes a whole number from 1"),
            (["--connect", "127.0.0.1:1", "test", "often"], "a group has no `often'")]:
        done = subprocess.run([LOAD, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              text=True, check=False)
        tap.ok(done.returncode == 2 and message in done.stderr, "usage: " + message,
               done.returncode, done.stderr)


def main():
    if not os.access(LOAD, os.X_OK):
        print("Bail out! no load generator: make tests/bench/load")
        return 99
    tap = Tap()
    test_true(tap)
    for name, change, message in FALSE:
        lines = change(list(lines_of(JOBS)))
        status, out, said = run([lines], timeout=1 if lines[-1][1] is SILENCE else 60)
        # On a busy machine what comes before the silence may itself not come in a second.
        for _ in range(20):
            if lines[-1][1] is SILENCE and message not in said and "nothing has come for 1.0 s" in said:
                status, out, said = run([lines], timeout=1)
        tap.ok(status == 1 and message in said and out == "",
               "a server is detected that " + name, status, out, said)
    test_usage(tap)
    print("1..%d" % tap.tests)
    return 1 if tap.failures and "CK_TAP_LOG_FILE_NAME" not in os.environ else 0


if __name__ == "__main__":
    sys.exit(main())
