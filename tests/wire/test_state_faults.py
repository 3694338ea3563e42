#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""A daemon with a journal on bad days: while it shuts down, on a disk that is full or cannot be
written to, with a wall clock that is set back, and beside another one on the same directory.
What needs more than a user may do (mounting) or what is not installed (libfaketime) is skipped
by name.  Nothing here waits for a time to pass but for what runs by the clock itself.
"""

import glob
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time

from daemons import GUARD_SECONDS, PROGRAM, Client, Daemon, eventually
from examples import Tap

LONG = 3600


def submit(client, *jobs, **more):
    client.send({"detach": True, "jobs": list(jobs), **more})
    return client.event()


def listed(client, **how):
    client.send({"op": "batches", **how})
    return client.until("batches")[:-1]


# ---- Coming back ------------------------------------------------------------------------


def who_comes_when_it_is_back(tap):
    """At once behind a start a list says of all batches how far they are, as at any other time."""
    members = {"jobs": 2, "pending": 1, "last": 2, "state": "running", "durable": "disk"}
    with tempfile.TemporaryDirectory() as folder:
        daemon, lives = Daemon("--state", folder), []
        client = Client(daemon)
        for _ in range(30):
            submit(client, {}, {"wait": LONG}, events="done")
            client.event()
        away = submit(client, {"wait": 0.1}, events="none")["ref"]
        for _ in range(5):
            daemon.stop(signal.SIGKILL)
            time.sleep(0.1 if not lives else 0)  # for what ends while no daemon runs
            daemon = Daemon("--state", folder)
            ended = listed(Client(daemon), state="finished")
            lives.append(listed(Client(daemon))[:30])
            tap.is_([(batch["ref"], batch["status"]) for batch in ended], [(away, "ok")],
                    "what has ended meanwhile is listed as that")
        tap.is_([len(life) for life in lives], [30] * 5, "batches of another life are listed")
        tap.is_([batch for life in lives for batch in life
                 if {**batch, **members} != batch or not batch.get("elapsed") or "late" not in batch], [],
                "with all that is known of them")
        tap.is_(daemon.stop(), 0, "and the daemon ends")
        daemon.close()


# ---- Shutting down ----------------------------------------------------------------------


def who_comes_while_it_shuts_down(tap):
    """Attached batches keep it for a while; the detached ones go on in its next life."""
    with tempfile.TemporaryDirectory() as folder:
        daemon = Daemon("--state", folder, "--drain-timeout", "1h")
        watcher, other = Client(daemon), Client(daemon)
        ref = submit(watcher, {"wait": LONG}, {})["ref"]
        watcher.event()
        attached = other.ask({"jobs": [{"wait": LONG}]})["batch"]
        os.kill(daemon.pid, signal.SIGTERM)
        tap.is_(watcher.until("suspended")[-1], {"event": "suspended", "ref": ref, "last": 2},
                "a watcher learns up to where it was sent events")
        tap.is_(watcher.event(), None, "and its connection ends")
        for start, last in ((None, 0), (3, 2)):
            request = {"op": "watch", "ref": ref, **({"from": start} if start else {})}
            tap.is_(other.ask(request), {"event": "suspended", "ref": ref, "last": last},
                    f"who comes now, from {start}, is answered so at once")
        tap.is_(other.ask({"op": "cancel", "ref": ref})["code"], "shutting_down",
                "a cancel is refused and not left without an answer")
        tap.is_(submit(other, {})["code"], "shutting_down", "and so is a batch")
        tap.is_(listed(other)[0]["pending"], 1, "they are listed")
        other.send({"op": "cancel", "batch": attached})
        tap.is_(other.until("finished")[-1]["status"], "cancelled", "what is attached is served on")
        tap.is_((other.event(), daemon.process.wait()), (None, 0), "and then it ends")
        daemon.close()

        daemon = Daemon("--state", folder)
        client = Client(daemon)
        batch = listed(client, ref=ref)[0]
        client.ask({"op": "cancel", "ref": ref})
        daemon.stop()
        daemon.close()
        tap.ok(batch["state"] == "running" and batch["ref"] == ref, "the next life has it", batch)


# ---- Disks -------------------------------------------------------------------------------


class Mount:
    """A small disk of its own; None in its place where one cannot be mounted."""

    def __init__(self, options):
        self.path = tempfile.mkdtemp(prefix="waitd-test.")
        self.is_there = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", options, "none", self.path], check=False,
            stderr=subprocess.DEVNULL).returncode == 0

    def __enter__(self):
        return self.path if self.is_there else None

    def __exit__(self, *_):
        if self.is_there:
            subprocess.run(["umount", self.path], check=True)
        os.rmdir(self.path)


def health(address, path):
    """The status of GET."""
    with socket.create_connection(("127.0.0.1", int(address.rsplit(":", 1)[1]))) as client:
        client.sendall(f"GET {path} HTTP/1.0\r\nHost: localhost\r\n\r\n".encode())
        return int(client.makefile().readline().split()[1])


def metrics_of(daemon):
    """The address at which it serves them, which it says when it is ready."""
    def reported():
        return [line for line in daemon.log if line.startswith("metrics on ")]

    return reported()[0].split()[2] if eventually(reported) else None


def fill(client):
    """Submits until the smallest is refused; how many were kept, and the refusal."""
    kept = 0
    for size in (50000, 5000, 500, 0):
        while (answer := submit(client, {"wait": LONG, "data": "x" * size}))["event"] != "error":
            kept += 1
    return kept, answer


def it_is_full(tap):
    with Mount("size=1m") as folder:
        if folder is None:
            tap.skip("a disk that is full", "nothing can be mounted here")
            return
        ballast = os.path.join(folder, "ballast")
        with open(ballast, "wb") as file:
            file.write(bytes(400000))
        daemon = Daemon("--state", folder, "--metrics", "127.0.0.1:0")
        metrics = metrics_of(daemon)
        client, other = Client(daemon), Client(daemon)
        running = submit(other, {"wait": 0.3}, {"wait": LONG})["ref"]
        kept, refusal = fill(client)
        tap.is_((kept > 0, refusal["code"]), (True, "unavailable"), "a disk that is full refuses batches")
        tap.is_((health(metrics, "/readyz"), health(metrics, "/healthz")), (503, 200),
                "which /readyz says, and /healthz does not")
        tap.is_(client.ask({"jobs": [{}]})["event"], "accepted", "others are accepted")
        client.until("finished")
        tap.is_(other.until("done")[-1]["at"], 0.3, "what runs goes on")
        reported = client.ask({"op": "cancel", "ref": running})
        if reported["event"] == "error":
            tap.is_((reported["code"], listed(client, ref=running)[0]["pending"]), ("unavailable", 1),
                    "a cancel that cannot be made safe did not fall")
        else:
            tap.skip("a cancel that cannot be made safe did not fall", "there was room for it")

        def is_logged():
            """Lines of the log come some time after what they report."""
            faults = [line for line in daemon.log if line.startswith("waitd: error: the journal")]
            return len(faults) == daemon.log.count("the journal is written again\n") + 1

        tap.ok(eventually(is_logged), "a line of the log says so each time that it happens", daemon.log)
        os.unlink(ballast)
        tap.ok(eventually(lambda: health(metrics, "/readyz") == 200), "space is found by itself")
        tap.is_(submit(client, {"wait": LONG})["durable"], "disk", "and batches are accepted again")
        daemon.process.kill()
        daemon.process.wait()
        daemon.close()
        daemon = Daemon("--state", folder)
        client = Client(daemon)
        tap.is_(len(listed(client)), kept + 2, "all that was accepted is there in the next life")
        client.close()
        daemon.stop()
        daemon.close()


def run_to_its_end(*arguments):
    run = subprocess.run([PROGRAM, "--listen", "127.0.0.1:0", *arguments], check=False, text=True,
                         capture_output=True, timeout=GUARD_SECONDS)
    return run.returncode, run.stdout, run.stderr


def it_cannot_be_written(tap):
    with Mount("size=1m") as folder:
        if folder is None:
            tap.skip("a directory that cannot be written to", "nothing can be mounted here")
            return
        daemon = Daemon("--state", folder)
        client = Client(daemon)
        submit(client, {"wait": LONG})
        client.close()
        daemon.stop()
        daemon.close()
        subprocess.run(["mount", "-o", "remount,ro", folder], check=True)
        status, _, errors = run_to_its_end("--state", folder)
        tap.is_((status, errors.count("\n"), "Read-only file system" in errors), (1, 1, True),
                f"a directory that cannot be written to is one clear line: {errors.strip()}")
        status, out, errors = run_to_its_end("--state", folder, "--check-state")
        tap.is_((status, out.count("\n"), errors), (0, 1, ""), "and --check-state reads it")


def it_is_not_there(tap):
    with tempfile.TemporaryDirectory() as folder:
        missing = os.path.join(folder, "missing")
        for arguments, why in (((), "takes a directory that exists"), (("--check-state",), "unable to open")):
            status, _, errors = run_to_its_end("--state", missing, *arguments)
            tap.is_((status, errors.count("\n"), why in errors), (1, 1, True),
                    f"a directory that is not there is one clear line: {errors.strip()}")
        tap.ok(not os.path.exists(missing), "and is not made")


# ---- Clocks ------------------------------------------------------------------------------

LIBRARIES = [*glob.glob("/usr/lib/*/faketime/libfaketimeMT.so.1"),
             *glob.glob("/usr/lib/faketime/libfaketimeMT.so.1")]
BOOT_ID = "/proc/sys/kernel/random/boot_id"


class Clock:
    """A wall clock that a file sets, and the machine's boots."""

    def __init__(self, folder):
        self.path = os.path.join(folder, "faketime")
        self.boot_path = os.path.join(folder, "boot_id")
        self.environment = {
            **os.environ, "LD_PRELOAD": LIBRARIES[0], "FAKETIME_TIMESTAMP_FILE": self.path,
            "FAKETIME_NO_CACHE": "1", "FAKETIME_DONT_FAKE_MONOTONIC": "1"}
        self.before = ("unshare", "-m", "sh", "-c", f'mount --bind "$0" {BOOT_ID} && exec "$@"',
                       self.boot_path)
        self.set("+0")
        self.boot(1)

    def set(self, offset):
        with open(self.path + ".new", "w", encoding="ascii") as file:
            file.write(offset + "\n")
        os.rename(self.path + ".new", self.path)

    def boot(self, number):
        with open(self.boot_path, "w", encoding="ascii") as file:
            file.write(f"{number:08d}-0000-0000-0000-000000000000\n")

    def lacks(self):
        """None, or what is missing for all this."""
        if subprocess.run([*self.before, "true"], check=False, stderr=subprocess.DEVNULL).returncode:
            return "the machine's boot cannot be hidden here"
        script = "import time; print(time.time(), time.clock_gettime(time.CLOCK_BOOTTIME))"

        def look():
            return [float(word) for word in subprocess.run(
                [sys.executable, "-c", script], env=self.environment, check=True, text=True,
                stdout=subprocess.PIPE).stdout.split()]

        first = look()
        self.set("-1d")
        second = look()
        self.set("+0")
        return None if second[0] < first[0] and 0 <= second[1] - first[1] < 60 else \
            f"this libfaketime shows {first}, {second}"


def the_wall_clock_goes_back(tap):
    """While a batch runs, and, a day each time, while the machine is started anew: `at` does not."""
    name = "a wall clock that is set back"
    with tempfile.TemporaryDirectory() as folder:
        lacks = "no libfaketime" if not LIBRARIES else None
        if "-fsanitize=" in os.environ.get("BUILD_FLAGS", ""):
            lacks = "sanitizers want to be loaded first"
        clock = None if lacks else Clock(folder)
        lacks = lacks or clock.lacks()
        if lacks:
            tap.skip(name, lacks)
            return
        state = os.path.join(folder, "state")
        os.mkdir(state)

        def begin():
            return Daemon("--state", state, environment=clock.environment, before=clock.before)

        daemon = begin()
        client = Client(daemon)
        jobs = [{"wait": 0.1 * step} for step in range(1, 25)]
        ref = submit(client, *jobs, {"wait": LONG}, events="all")["ref"]
        lines = []
        lives = 4
        for life in range(1, lives):
            while sum('"event":"done"' in line for line in lines) < 6 * life:
                lines.append(client.lines.readline().decode())
                if life == 1 and len(lines) == 30:
                    clock.set("-1d")  # in the middle of what runs
            daemon.process.kill()
            daemon.process.wait()
            daemon.close()
            client.close()
            clock.boot(life + 1)
            clock.set(f"-{life + 1}d")
            daemon = begin()
            client = Client(daemon)
            client.send({"op": "watch", "ref": ref, "from": len(lines) + 2})
        reported = Client(daemon).ask({"op": "cancel", "ref": ref})
        lines += [client.lines.readline().decode()]
        while '"event":"finished"' not in lines[-1]:
            lines.append(client.lines.readline().decode())
        at = [json.loads(line).get("at", 0) for line in lines[:-1]]
        tap.is_(at, sorted(at), f"{name}: `at` goes on, over {lives} boots of the machine")
        tap.ok(reported["at"] >= max(at), "a cancel falls behind all that was sent", (reported, at))
        client.send({"op": "watch", "ref": ref, "from": 2})
        again = [client.lines.readline().decode() for _ in lines]
        tap.is_(again, lines, "and what was sent is what is sent to all")
        client.close()
        daemon.stop()
        daemon.close()


def main():
    tap = Tap()
    who_comes_when_it_is_back(tap)
    who_comes_while_it_shuts_down(tap)
    it_is_full(tap)
    it_cannot_be_written(tap)
    it_is_not_there(tap)
    the_wall_clock_goes_back(tap)
    tap.finish()


main()
