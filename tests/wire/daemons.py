# SPDX-License-Identifier: ISC
"""A real daemon, clients of it, and what checks whether all is well with it;
shared by the tests of its worst day.
"""

import atexit
import json
import os
import random
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
from http.client import HTTPException

GUARD_SECONDS = 120  # a hanging daemon fails the test; nothing waits for this long
PROGRAM = os.environ.get("WAITD") or "daemon/waitd"


class Daemon:
    def __init__(self, *flags, listen="127.0.0.1:0", environment=None, before=()):
        """before: a command that ends in running the one behind it."""
        # A test that breaks off leaves none behind, and none that holds its output open.
        guard = time.monotonic() + GUARD_SECONDS
        problem = self.start([*before, PROGRAM, "--listen", listen, "--threads", "2", *flags], environment)
        while problem and self.may_be_tried_again(problem) and time.monotonic() < guard:
            problem = self.start(self.process.args, environment)
        if problem:
            print(f"Bail out! {PROGRAM} did not become ready: {problem}", flush=True)
            sys.exit(99)
        self.log = []
        self.reader = threading.Thread(target=self.read_log, daemon=True)
        self.reader.start()
        self.descriptors_at_rest = self.descriptors()
        self.resident_at_rest = self.resident_bytes()

    def start(self, command, environment):
        """None, or why it did not become ready."""
        self.process = subprocess.Popen(command, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL,
                                        stdout=subprocess.DEVNULL, text=True, env=environment)
        atexit.register(self.process.kill)
        self.pid = self.process.pid
        self.address = None
        lines = []
        for line in self.process.stderr:
            if line.startswith("listening on "):
                self.address = line.split(" ", 2)[2].strip()
                return None
            lines.append(line.strip())
        return "; ".join(lines[-3:]) or "it said nothing"

    @staticmethod
    def may_be_tried_again(_):
        """Whether it may be otherwise another time that it is not ready for this reason."""
        return False

    def read_log(self):
        for line in self.process.stderr:
            self.log.append(line)

    def descriptors(self):
        return len(os.listdir(f"/proc/{self.pid}/fd"))

    def cpu_seconds(self):
        with open(f"/proc/{self.pid}/stat", encoding="ascii") as stat:
            fields = stat.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def resident_bytes(self):
        with open(f"/proc/{self.pid}/statm", encoding="ascii") as statm:
            return int(statm.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")

    def address_space_bytes(self):
        with open(f"/proc/{self.pid}/statm", encoding="ascii") as statm:
            return int(statm.read().split()[0]) * os.sysconf("SC_PAGE_SIZE")

    def is_sanitized(self):
        """A sanitizer's shadow of memory takes terabytes of addresses."""
        return self.address_space_bytes() > 1 << 40

    def stop(self, signal_number=signal.SIGTERM):
        self.process.send_signal(signal_number)
        return self.process.wait(GUARD_SECONDS)

    def close(self):
        """Once it has ended: its log is read to the end, and nothing of it is open."""
        self.reader.join()
        self.process.stderr.close()


class Client:
    def __init__(self, daemon, receive_bytes=None, source=None):
        family = socket.AF_UNIX if daemon.address.startswith("unix:") else socket.AF_INET
        self.socket = socket.socket(family)
        self.socket.settimeout(GUARD_SECONDS)
        if receive_bytes:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_bytes)
        if source:
            self.socket.bind((source, 0))
        if family == socket.AF_UNIX:
            self.socket.connect(daemon.address[5:])
        else:
            self.socket.connect(("127.0.0.1", int(daemon.address.rsplit(":", 1)[1])))
        self.lines = self.socket.makefile("rb")

    def send(self, request):
        data = request if isinstance(request, bytes) else json.dumps(request).encode()
        self.socket.sendall(data)

    def event(self):
        """The next event; None at the end of file or after a reset."""
        try:
            line = self.lines.readline()
        except ConnectionError:
            return None
        return json.loads(line) if line.endswith(b"\n") else None

    def until(self, kind):
        """Events up to the first of this kind, which is the last; or to the end."""
        events = []
        while not events or (events[-1] is not None and events[-1]["event"] != kind):
            events.append(self.event())
        return events

    def ask(self, request):
        """The next event; whoever is refused may be sent it, and the end, before it has asked."""
        try:
            self.send(request)
        except ConnectionError:
            pass
        return self.event()

    def close(self):
        self.lines.close()
        self.socket.close()

    def reset(self):
        will_reset(self.socket)
        self.close()


def will_reset(sock):
    """Its close resets the connection."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def eventually(condition):
    """What it gives once that is true, else False; asks again and again, not for ever."""
    guard = time.monotonic() + GUARD_SECONDS
    while time.monotonic() < guard:
        if answer := condition():
            return answer
        time.sleep(0.01)
    return False


def settles(daemon):
    """None, or what is not as it was before any client came."""
    stats = {}

    def is_at_rest():
        nonlocal stats
        client = Client(daemon)
        stats = client.ask({"op": "stats"}) or {}
        client.close()
        return (stats.get("connections") == 1 and stats.get("pending") == 0
                and stats.get("batches") == 0)

    if not eventually(is_at_rest):
        return f"the counts do not return: {stats}"
    ended = sum(stats[s] for s in ("ok", "failed", "timed_out", "cancelled", "skipped"))
    if ended != stats["accepted"]:
        return f"jobs accepted and ended do not add up: {stats}"
    if not eventually(lambda: daemon.descriptors() <= daemon.descriptors_at_rest):
        return f"{daemon.descriptors() - daemon.descriptors_at_rest} descriptors are left"
    return None


def memory_returns(daemon, slack=8 << 20):
    """None, or how much more memory it keeps than before any client came."""
    if daemon.is_sanitized() or \
            eventually(lambda: daemon.resident_bytes() <= daemon.resident_at_rest + slack):
        return None
    return f"{daemon.resident_bytes() - daemon.resident_at_rest} bytes of memory are left"


class Machine:
    """How late the machine itself is, meanwhile: naps in a thread of this process."""

    NAP_SECONDS = 0.02

    def __enter__(self):
        self.late = 0.0
        self.over = threading.Event()
        self.thread = threading.Thread(target=self.nap)
        self.thread.start()
        return self

    def nap(self):
        while not self.over.is_set():
            due = time.monotonic() + self.NAP_SECONDS
            time.sleep(self.NAP_SECONDS)
            self.late = max(self.late, time.monotonic() - due)

    def __exit__(self, *_):
        self.over.set()
        self.thread.join()


def is_served(daemon, lateness=1.0):
    """None, or how somebody else was not served: ten waits one after another,
    none later than that, or than a few times what this process was."""
    client = Client(daemon)
    with Machine() as machine:
        client.send({"events": "all", "mode": "sequential", "jobs": [{"wait": 0.02, "count": 10}]})
        events = client.until("finished")
    client.close()
    if events[-1] is None or events[-1]["ok"] != 10:
        return f"a bystander was not served: {events[-1]}"
    late = max(e["at"] - e["due"] for e in events if e["event"] == "done")
    if late > lateness + 4 * machine.late:
        return f"a bystander was {late:.3f} s late, and this machine {machine.late:.3f} s"
    return None


def free_port():
    """A port for a program that cannot pick one, or that is to come back to it.  It is none of those that the
    kernel gives to connections and to whoever asks for any: none of them takes it meanwhile."""
    with open("/proc/sys/net/ipv4/ip_local_port_range", encoding="ascii") as file:
        least, most = map(int, file.read().split())
    others = [*range(10000, least), *range(most + 1, 65536)] or range(1024, 65536)
    while True:
        port = random.choice(others)
        with socket.socket() as sock:
            try:
                sock.bind(("127.0.0.1", port))
                return port
            except OSError:
                pass


def first(*problems):
    return next((p for p in problems if p), None)


def problem_of(case, *arguments):
    """What a case returns, or the exception that ended it."""
    try:
        return case(*arguments)
    except (OSError, KeyError, TypeError, ValueError, IndexError, HTTPException, subprocess.SubprocessError) as error:
        return f"{type(error).__name__}: {error}"


def ends_well(daemon):
    """None, or how it did not end."""
    status = daemon.stop()
    return f"exit status {status}" if status != 0 else None


def attempt_all(tap, name, cases, *flags, listen="127.0.0.1:0"):
    """Calls the cases with one daemon of these flags; the first that returns a problem is the last."""
    daemon = Daemon(*flags, listen=listen)
    try:
        problem = next((p for p in (problem_of(case, daemon) for case in cases) if p), None)
    finally:
        if daemon.process.poll() is None:
            daemon.process.kill()
    tap.result(not problem, name, problem or "")


def judge(daemon, test, *arguments):
    """Runs a test of a daemon, which returns its problems, and ends the daemon.  The exit status."""
    try:
        problems = test(daemon, *arguments)
        status = daemon.stop()
        if status != 0:
            problems.append(f"exit status {status}")
    finally:
        if daemon.process.poll() is None:
            daemon.process.kill()
    for problem in problems:
        print(f"FAILED: {problem}")
    print("0 failures" if not problems else f"{len(problems)} failures")
    return 1 if problems else 0
