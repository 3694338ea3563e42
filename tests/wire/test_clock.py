#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""The wall clock jumps ten days ahead and years back while batches run, and
nothing that was promised moves: libfaketime shows a daemon a wall clock that a
file sets, and leaves the monotonic one alone.
"""

import glob
import os
import shutil
import subprocess
import sys
import tempfile
import time

from daemons import GUARD_SECONDS, PROGRAM, Client, Daemon, first
from examples import Tap
import preload

LIBRARIES = [*glob.glob("/usr/lib/*/faketime/libfaketimeMT.so.1"),
             *glob.glob("/usr/lib/faketime/libfaketimeMT.so.1")]
JUMPS = ["+10d", "-20y", "+30y", "+0"]
STEPS = 20
STEP_SECONDS = 0.1


def set_clock(path, offset):
    with open(path + ".new", "w", encoding="ascii") as file:
        file.write(offset + "\n")
    os.rename(path + ".new", path)


def environment(path, before=""):
    """before: a library to load before libfaketime."""
    return {**os.environ, "LD_PRELOAD": f"{before} {LIBRARIES[0]}", "FAKETIME_TIMESTAMP_FILE": path,
            "FAKETIME_NO_CACHE": "1", "FAKETIME_DONT_FAKE_MONOTONIC": "1"}


def jumps_are_seen(path):
    """None, or that another program under the same file does not see its wall
    clock jump, or sees the other one jump."""
    script = ("import sys, time\n"
              "for line in sys.stdin:\n"
              "    print(time.time(), time.monotonic(), flush=True)\n")
    with subprocess.Popen([sys.executable, "-c", script], env=environment(path), text=True,
                          stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        def look():
            process.stdin.write("\n")
            process.stdin.flush()
            return [float(word) for word in process.stdout.readline().split()]

        set_clock(path, "+0")
        before = look()
        set_clock(path, "+10d")
        after = look()
        process.stdin.close()
    if not 863000 < after[0] - before[0] < 865000:
        return f"the wall clock did not jump: {before}, {after}"
    return None if after[1] - before[1] < 60 else f"the monotonic clock did: {before}, {after}"


def nothing_moves(path):
    set_clock(path, "+0")
    timers = preload.build(os.path.dirname(path), "kernel_timers")
    if timers is None:
        return "no library that leaves timers to the kernel"
    daemon = Daemon(environment=environment(path, timers))
    try:
        return watch(daemon, path)
    except (OSError, KeyError, TypeError, ValueError) as error:
        return f"{type(error).__name__}: {error}"
    finally:
        if daemon.process.poll() is None:
            daemon.process.kill()


def watch(daemon, path):
    client = Client(daemon)
    client.socket.settimeout(GUARD_SECONDS)
    began = time.monotonic()
    client.send({"events": "all", "mode": "sequential",
                 "jobs": [{"wait": STEP_SECONDS, "count": STEPS}]})
    done, problem = [], None
    while True:
        event = client.event()
        if event is None or event["event"] in ("finished", "error"):
            break
        if event["event"] == "done":
            done.append(event)
            if event["at"] < event["due"]:
                problem = problem or f"before it was due: {event}"
            if len(done) % 4 == 0:  # in the middle of what runs
                set_clock(path, JUMPS[len(done) // 4 % len(JUMPS)])
    elapsed = time.monotonic() - began
    if event is None or event["event"] != "finished" or event["ok"] != STEPS:
        problem = problem or f"the batch did not finish: {event}"
    elif not STEPS * STEP_SECONDS <= event["elapsed"] <= elapsed < STEPS * STEP_SECONDS + 30:
        problem = problem or f"{elapsed} s by the client's clock, by the daemon's {event}"
    if [e["job"] for e in done] != list(range(STEPS)):
        problem = problem or "out of order"
    stats = client.ask({"op": "stats"})
    if not 0 <= stats["uptime"] - elapsed < 60:
        problem = problem or f"the time that it has been up has jumped: {stats}"
    client.close()
    status = daemon.stop()
    return first(problem, f"exit status {status}" if status else None)


def no_other_is_linked(program):
    """What says the time of day is not among the symbols that it asks for."""
    symbols = subprocess.run(["nm", "-D", "--undefined-only", program], check=True, text=True,
                             stdout=subprocess.PIPE).stdout
    names = {line.split()[-1].split("@")[0] for line in symbols.splitlines()}
    if "clock_gettime" not in names:
        return "it asks for no clock at all"
    others = names & {"time", "gettimeofday", "timespec_get", "ftime", "localtime", "localtime_r",
                      "gmtime", "gmtime_r", "setitimer", "alarm", "timer_create", "nanosleep"}
    return f"{others} are asked for" if others else None


def main():
    tap = Tap()
    with tempfile.TemporaryDirectory(prefix="waitd-test.") as scratch:
        path = os.path.join(scratch, "faketime")
        lacks = None if LIBRARIES else "no libfaketime"
        if "-fsanitize=" in os.environ.get("BUILD_FLAGS", ""):
            lacks = "sanitizers want to be loaded first"
        cases = [("a wall clock that jumps is seen to jump", jumps_are_seen, path, lacks),
                 ("nothing that runs notices", nothing_moves, path, lacks),
                 ("no function is linked that says the time of day", no_other_is_linked, PROGRAM,
                  None if shutil.which("nm") else "no nm")]
        for name, case, argument, reason in cases:
            if reason:
                tap.skip(name, reason)
                continue
            problem = case(argument)
            tap.result(not problem, name, problem or "")
    return tap.finish()


if __name__ == "__main__":
    sys.exit(main())
