#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""What it costs that batches outlive their clients: detached ones, in memory and in a journal,
beside attached ones, in turn in the same minutes; and beside the bare disk, which is asked for
the same in the same directory.

Set WAITD to the program under test, and --state to a directory on the disk in question.
--quick does a tenth of it all.  Rates are the best of three and times the shortest: other work
on the machine makes them worse and never better."""

import argparse
import json
import os
import selectors
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time

import report

WAITD = os.environ.get("WAITD", "daemon/waitd")
CLIENTS = 64
ROUNDS = 3
WINDOW = 16  # requests of a client that are not accepted yet
MILLION = 1000000
LINE_MORE_BYTES = 26  # a detached job's line has a ref and a seq in place of a number
TIMEOUT_SECONDS = 120
FLAGS = ("--max-pending", "40000000", "--max-request", "1G", "--max-jobs", "10000000",
         "--max-text", "4G", "--max-backlog", "64M")


class Daemon:
    def __init__(self, *flags):
        self.begun = time.monotonic()
        self.process = subprocess.Popen([WAITD, "--listen", "127.0.0.1:0", *FLAGS, *flags],
                                        stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True)
        for line in self.process.stderr:
            if line.startswith("listening on "):
                self.address = ("127.0.0.1", int(line.rsplit(":", 1)[1]))
                break
        else:
            sys.exit(f"{WAITD} does not start")
        self.ready = time.monotonic() - self.begun

    def cpu(self):
        with open(f"/proc/{self.process.pid}/stat", encoding="ascii") as stat:
            fields = stat.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def end(self, how=signal.SIGKILL):
        self.process.send_signal(how)
        self.process.wait(TIMEOUT_SECONDS)
        self.process.stderr.close()


def connect(daemon):
    client = socket.create_connection(daemon.address, TIMEOUT_SECONDS)
    client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return client


class Lines:
    """One client that reads events."""

    def __init__(self, daemon):
        self.socket = connect(daemon)
        self.file = self.socket.makefile("rb", 1 << 20)

    def ask(self, request):
        self.socket.sendall(json.dumps(request).encode())
        return self.event()

    def event(self):
        return json.loads(self.file.readline())

    def until(self, kind):
        begin = f'{{"event":"{kind}"'.encode()
        while not (line := self.file.readline()).startswith(begin):
            if not line:
                sys.exit(f"no {kind} came")
        return json.loads(line)

    def close(self):
        self.file.close()
        self.socket.close()


# ---- The bare disk -----------------------------------------------------------------------


def bare_sync(directory, rounds=200):
    """How long a write of 4 KiB at the end of a file takes until it is safe: the median."""
    took = []
    with tempfile.TemporaryFile(dir=directory) as file:
        for _ in range(rounds):
            began = time.monotonic()
            os.write(file.fileno(), bytes(4096))
            os.fdatasync(file.fileno())
            took.append(time.monotonic() - began)
    return statistics.median(took)


def bare_write(directory, data):
    with tempfile.TemporaryFile(dir=directory) as file:
        began = time.monotonic()
        os.write(file.fileno(), data)
        os.fsync(file.fileno())
        return time.monotonic() - began


# ---- Many small batches --------------------------------------------------------------------


def pump(daemon, request, windows, counted, enough):
    """Each client sends a window of requests and waits for as many `counted` before the next,
    until there are enough.  Returns the seconds that it took."""
    chunk = json.dumps(request, separators=(",", ":")).encode() * windows
    selector = selectors.DefaultSelector()
    for _ in range(CLIENTS):
        selector.register(connect(daemon), selectors.EVENT_READ, {"left": 0, "tail": b""})
    total = sent = 0
    buffer = bytearray(1 << 20)
    began = time.monotonic()
    for key in list(selector.get_map().values()):
        key.fileobj.sendall(chunk)
        key.data["left"] = windows
        sent += windows
    while total < enough:
        for key, _ in selector.select(TIMEOUT_SECONDS):
            n = key.fileobj.recv_into(buffer)
            if n == 0:
                sys.exit("the daemon has hung up")
            data = key.data["tail"] + buffer[:n]
            found = data.count(counted)
            key.data["tail"] = bytes(data[-len(counted) + 1:])
            total += found
            key.data["left"] -= found
            if key.data["left"] == 0 and sent < enough:
                key.fileobj.sendall(chunk)
                key.data["left"] = windows
                sent += windows
    took = time.monotonic() - began
    for key in list(selector.get_map().values()):
        key.fileobj.close()
    selector.close()
    return took


def rates(make, request, n, counted=b'"event":"accepted"', windows=WINDOW):
    daemon = make()
    before = daemon.cpu()
    took = pump(daemon, request, windows, counted, n)
    cpu = daemon.cpu() - before
    daemon.end()
    return n / took, cpu / n


def best(values):
    """The highest rate and the least processor time."""
    return max(rate for rate, _ in values), min(cpu for _, cpu in values)


def small_batches(state, n):
    """Accepted one-job batches a second, and the disk's bare sync of the same minute."""
    plain = {"events": "none", "jobs": [{}]}
    detached = {"detach": True, **plain}
    figures = {"attached": [], "memory": [], "journal": []}
    syncs = []
    for _ in range(ROUNDS):
        figures["attached"].append(rates(Daemon, plain, n))
        figures["memory"].append(rates(Daemon, detached, n))
        syncs.append(bare_sync(state))
        figures["journal"].append(rates(lambda: Daemon("--state", fresh(state)), detached, n))
    return statistics.median(syncs), {name: best(values) for name, values in figures.items()}


def throughput(n):
    """Jobs of batches of 1,000, detached in memory beside attached, and beside attached ones whose
    lines are as long: the daemon's own processor time a job, and jobs a second."""
    plain = {"jobs": [{"name": "job", "count": 1000}]}
    figures = {"attached": [], "long": [], "memory": []}
    longer = {"jobs": [{"name": "job" + LINE_MORE_BYTES * "-", "count": 1000}]}
    for _ in range(ROUNDS):
        for name, request in (("attached", plain), ("long", longer),
                              ("memory", {"detach": True, **plain})):
            figures[name].append(rates(Daemon, request, n, b'"event":"finished"', 2))
    rows = {name: best(values) for name, values in figures.items()}
    return {name: (1000 * rate, cpu / 1000) for name, (rate, cpu) in rows.items()}


# ---- One large batch -------------------------------------------------------------------------


def accepted_after(daemon, text):
    client = Lines(daemon)
    began = time.monotonic()
    client.socket.sendall(text)
    event = client.event()
    took = time.monotonic() - began
    if event["event"] != "accepted":
        sys.exit(str(event))
    client.close()
    return took


def large_batch(state, jobs):
    body = b'"jobs":[' + b",".join(b'{"name":"job %d","wait":3600}' % i for i in range(jobs)) + b"]}"
    attached, detached = b"{" + body, b'{"detach":true,' + body
    figures = {"attached": [], "memory": [], "journal": [], "write": []}
    for _ in range(ROUNDS):
        for name, text, flags in (("attached", attached, ()), ("memory", detached, ()),
                                  ("journal", detached, ("--state", fresh(state)))):
            daemon = Daemon(*flags)
            figures[name].append(accepted_after(daemon, text))
            daemon.end()
        figures["write"].append(bare_write(state, detached))
    return len(detached), {name: min(values) for name, values in figures.items()}


def watch_from_the_middle(jobs):
    """Until the first event of a batch that has ended, and of one that runs."""
    took = []
    for more in ([], [{"wait": 3600}]):
        daemon = Daemon()
        client = Lines(daemon)
        ref = client.ask({"detach": True, "jobs": [{"count": jobs}, *more]})["ref"]
        list_of = {"op": "batches", "ref": ref}
        other = Lines(daemon)
        while other.ask(list_of)["last"] <= jobs:
            other.event()
            time.sleep(0.01)
        other.event()
        rounds = []
        for _ in range(5):
            watcher = Lines(daemon)
            began = time.monotonic()
            first = watcher.ask({"op": "watch", "ref": ref, "from": jobs // 2})
            rounds.append(time.monotonic() - began)
            if first["seq"] != jobs // 2:
                sys.exit(str(first))
            watcher.close()
        took.append(min(rounds))
        daemon.end()
    return took


# ---- A restart ----------------------------------------------------------------------------------


def restart(state, batches):
    """Seconds until it is ready with so many unfinished batches of ten jobs that are overdue, and
    how late others are meanwhile."""
    folder = fresh(state)
    daemon = Daemon("--state", folder)
    wait = 5 + batches / 8000
    pump(daemon, {"detach": True, "events": "none", "jobs": [{"count": 10, "wait": wait}]}, WINDOW,
         b'"event":"accepted"', batches)
    daemon.end()
    time.sleep(wait)
    daemon = Daemon("--state", folder)
    began = time.monotonic()
    client, other = Lines(daemon), Lines(daemon)
    late = []
    while True:
        sent = time.monotonic()
        client.socket.sendall(b'{"jobs":[{"wait":0.005}]}')
        client.until("done")
        late.append(time.monotonic() - sent - 0.005)
        client.until("finished")
        other.socket.sendall(b'{"op":"stats"}')
        if other.event()["ok"] >= 10 * batches:
            break
    took = time.monotonic() - began
    late.sort()
    daemon.end()
    return daemon.ready, took, late[len(late) * 99 // 100], late[-1], len(late)


# ---- All of it ------------------------------------------------------------------------------------


def fresh(state):
    folder = os.path.join(state, "journal")
    shutil.rmtree(folder, ignore_errors=True)
    os.mkdir(folder)
    return folder


def measure(state, quick=False):
    """All figures, for report.detached_table() and its targets; in seconds."""
    scale = 10 if quick else 1
    with tempfile.TemporaryDirectory(dir=state) as folder:
        sync, small = small_batches(folder, 60000 // scale)
        jobs = throughput(20000 // scale)
        size, large = large_batch(folder, MILLION // scale)
        ended, running = watch_from_the_middle(MILLION // scale)
        ready, took, late, most, n = restart(folder, 100000 // scale)
    return {
        "small": {name: {"rate": rate, "cpu": cpu} for name, (rate, cpu) in small.items()},
        "sync": sync,
        "jobs": {name: {"rate": rate, "cpu": cpu} for name, (rate, cpu) in jobs.items()},
        "large": {"jobs": MILLION // scale, "bytes": size, **large},
        "watch": {"ended": ended, "running": running},
        "restart": {"batches": 100000 // scale, "ready": ready, "took": took, "late_p99": late,
                    "late_max": most, "others": n},
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--state", metavar="DIR", help="where journals are made (a temporary one)")
    parser.add_argument("--nice", type=int, default=0, metavar="N",
                        help="run with this priority; below 0, as root, beside other work")
    parser.add_argument("--quick", action="store_true", help="a tenth of it all")
    arguments = parser.parse_args()
    os.nice(arguments.nice)
    results = {"servers": {}, "scenarios": {}, "detached": measure(arguments.state, arguments.quick)}
    print(report.detached_table(results))
    print(report.targets_table(report.Targets(results).all()), end="")


if __name__ == "__main__":
    main()
