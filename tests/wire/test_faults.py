#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""What a daemon meets on its worst day, for real: descriptors and memory that
run out, clients that do not read, reset, dawdle or come in floods, a process
stopped, made to end under load, or killed.  After each the others have been
served, the counts are what they were and no descriptor is left open.
"""

import os
import resource
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time

from daemons import (GUARD_SECONDS, PROGRAM, Client, attempt_all, ends_well, eventually, first, is_served,
                     memory_returns, settles)
from examples import Tap


class Skip(Exception):
    pass


# ---- The faults --------------------------------------------------------------


def descriptors_run_out(daemon):
    _, hard = resource.prlimit(daemon.pid, resource.RLIMIT_NOFILE)
    soft = daemon.descriptors() + 6
    old = Client(daemon)
    old.ask({"op": "ping"})
    before = resource.prlimit(daemon.pid, resource.RLIMIT_NOFILE, (soft, hard))
    crowd = [Client(daemon) for _ in range(40)]
    for client in crowd:
        client.send({"op": "ping"})
    problem = None if eventually(lambda: daemon.descriptors() >= soft - 1) else "no shortage"
    cpu = daemon.cpu_seconds()
    pongs = 0
    began = time.monotonic()
    while time.monotonic() < began + 1:
        pongs += old.ask({"op": "ping"})["event"] == "pong"
        time.sleep(0.01)
    cpu = daemon.cpu_seconds() - cpu
    took = time.monotonic() - began
    if cpu > 0.5 * took:
        problem = problem or f"{cpu} s of processor time in {took} s of shortage"
    if len(daemon.log) > 50:
        problem = problem or f"{len(daemon.log)} lines of log"
    resource.prlimit(daemon.pid, resource.RLIMIT_NOFILE, before)
    for client in crowd:
        event = client.event()
        if event is None or event["event"] != "pong":
            problem = problem or f"one that had to wait was answered {event}"
        client.close()
    old.close()
    return first(problem, is_served(daemon), settles(daemon))


def memory_runs_out(daemon):
    size = daemon.address_space_bytes()
    if daemon.is_sanitized():
        raise Skip("a sanitizer ends the program when out of memory")
    old = Client(daemon)
    old.ask({"op": "ping"})
    before = resource.prlimit(daemon.pid, resource.RLIMIT_AS, (size + (8 << 20), -1))
    big = Client(daemon)
    jobs = b",".join(b'{"name":"job number %d","wait":%d}' % (i, i) for i in range(600000))
    problem = None
    answer = big.ask(b'{"id":"big","jobs":[' + jobs + b"]}")
    if answer is not None and answer.get("code") != "overloaded":
        problem = f"a batch without memory for it was answered {answer}"
    if old.ask({"op": "ping"})["event"] != "pong":
        problem = problem or "an older client was not answered"
    problem = problem or is_served(daemon)
    resource.prlimit(daemon.pid, resource.RLIMIT_AS, before)
    if answer is not None and not problem:
        big.send({"jobs": [{"wait": 0.01}]})
        last = big.until("finished")[-1]
        if last is None or last["status"] != "ok":
            problem = f"the next batch of the same client: {last}"
    big.close()
    old.close()
    return first(problem, is_served(daemon), settles(daemon))


def nobody_reads(daemon):
    """A million jobs for a thousand clients that take nothing.  Beside what a
    job takes, each may hold up max-backlog of output, for which less than that
    is kept, and a piece of it that was written out."""
    bound = 1000 * ((64 << 10) + (64 << 10)) + 1000000 * 64
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(hard, 4096)), hard))
    crowd = []
    for _ in range(1000):
        client = Client(daemon, receive_bytes=4096)
        client.send({"events": "all", "jobs": [{"wait": 0.01, "count": 1000}]})
        crowd.append(client)
    problem = is_served(daemon)
    if not daemon.is_sanitized():
        resident = daemon.resident_bytes() - daemon.resident_at_rest
        if resident > bound:
            problem = problem or f"{resident >> 20} MiB for clients that do not read"
    for client in crowd[::2]:
        client.reset()
    for client in crowd[1::2]:
        client.close()
    return first(problem, is_served(daemon), settles(daemon))


def slow_readers(daemon):
    """They take little at a time, in turn, and get all of it in its order."""
    jobs, n = 4000, 20
    crowd = [Client(daemon, receive_bytes=4096) for _ in range(n)]
    heard = [b""] * n
    for client in crowd:
        client.send({"jobs": [{"count": jobs, "name": "unread" * 10}]})
        client.socket.shutdown(socket.SHUT_WR)
    problem = is_served(daemon)
    reading, rounds = set(range(n)), 0
    while reading:
        rounds += 1
        for i in list(reading):
            piece = crowd[i].socket.recv(2000)
            heard[i] += piece
            if not piece:
                reading.discard(i)
        if rounds % 50 == 0:
            problem = problem or is_served(daemon)
    for i in range(n):
        lines = heard[i].split(b"\n")
        done = [b'"job":%d,' % job in line for job, line in enumerate(lines[1:-2])]
        if len(lines) != jobs + 3 or not all(done) or b'"finished"' not in lines[-2]:
            problem = problem or f"{len(lines)} lines, the last {lines[-2:]}"
        crowd[i].close()
    return first(problem, is_served(daemon), settles(daemon))


def resets_in_every_state(daemon):
    long = {"jobs": [{"wait": 100, "count": 50}]}
    for _ in range(30):
        Client(daemon).reset()

        within = Client(daemon)
        within.send(b'{"jobs":[{"wait":100,"count":7},{"wa')
        within.reset()

        running = Client(daemon)
        running.ask(long)
        running.reset()

        waiting = Client(daemon, receive_bytes=4096)
        waiting.send({"events": "all", "jobs": [{"count": 5000}]})
        waiting.reset()

        half_closed = Client(daemon)
        half_closed.ask(long)
        half_closed.socket.shutdown(socket.SHUT_WR)
        half_closed.reset()

        lingering = Client(daemon)
        lingering.send({"op": "quit"})
        lingering.lines.readline()
        lingering.reset()

        broken = Client(daemon)
        broken.ask(b"GET / HTTP/1.1\r\n\r\n")
        broken.reset()
    problem = is_served(daemon)
    # On TCP a reset behind a half-close is heard of when something is sent.
    return first(problem, settles(daemon))


def a_byte_at_a_time(daemon):
    slow = Client(daemon)
    text = b'{"id":"slow","jobs":[{}]}'
    problem = None
    for i in range(len(text)):
        slow.send(text[i:i + 1])
        time.sleep(0.02)
        if i % 8 == 0:
            problem = problem or is_served(daemon)
    last = slow.until("finished")[-1]
    if last is None or last["id"] != "slow":
        problem = problem or f"the slow client was answered {last}"
    slow.close()
    return first(problem, settles(daemon))


def a_request_without_end(daemon):
    slow = Client(daemon)
    slow.send(b'{"jobs":[{"wait":0.5}]}{"jobs":[')
    started = time.monotonic()
    sent = 0
    try:
        while time.monotonic() < started + 1:
            slow.send(b"{},")
            sent += 1
            time.sleep(0.02)
    except ConnectionError:
        return "reset while it sent on"
    events = []
    while not events or events[-1] is not None:
        events.append(slow.event())
    # What comes first of the refusal and the end of what runs is the machine's.
    error = [e for e in events[:-1] if e["event"] == "error"]
    kinds = [e["event"] for e in events[:-1] if e["event"] != "error"]
    problem = None
    if kinds != ["accepted", "done", "finished"] or [e["code"] for e in error] != ["too_large"]:
        problem = f"a request of {sent} pieces without end: {events}"
    slow.close()
    return first(problem, is_served(daemon), settles(daemon))


def a_flood(daemon):
    crowd = [Client(daemon) for _ in range(300)]
    served = refused = 0
    for client in crowd:
        event = client.ask({"op": "ping"})
        served += event is not None and event["event"] == "pong"
        refused += event is not None and event.get("code") == "overloaded"
    problem = None
    if served != 50 or served + refused != len(crowd):
        problem = f"{served} served and {refused} refused of {len(crowd)}, with room for 50"
    for client in crowd:
        client.close()
    return first(problem, settles(daemon), is_served(daemon))


def stopped_and_continued(daemon):
    client = Client(daemon)
    client.send({"events": "all", "jobs": [{"wait": 0.1, "name": "a"},
                                           {"wait": 0.2, "after": "a"}]})
    client.event()
    daemon.process.send_signal(signal.SIGSTOP)
    time.sleep(0.6)
    daemon.process.send_signal(signal.SIGCONT)
    done = [e for e in client.until("finished") if e["event"] == "done"]
    client.close()
    problem = None
    if [e["due"] for e in done] != [0.1, 0.3]:
        problem = f"the schedule moved: {done}"
    return first(problem, is_served(daemon), settles(daemon))


def made_to_end_under_load(daemon):
    crowd = [Client(daemon) for _ in range(50)]
    for client in crowd:
        client.send({"jobs": [{"wait": 100, "count": 1000}]})
    for client in crowd:
        client.event()
    status = []
    waiter = threading.Thread(target=lambda: status.append(daemon.stop()))
    waiter.start()
    problem = None
    for client in crowd:
        events = client.until("finished")
        if events[-1] is None or events[-1]["cancelled"] != 1000 or len(events) != 1001:
            problem = f"{len(events)} events at the end, the last {events[-1]}"
        client.close()
    waiter.join()
    if status != [0]:
        problem = problem or f"exit status {status}"
    return problem


class Supervised:
    """What a client needs to know of a daemon that another process starts."""

    def __init__(self, address):
        self.address = address
        self.supervisor = subprocess.Popen(
            ["sh", "-c", 'until "$@"; do :; done', "sh", PROGRAM, "--listen", address],
            stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)

    def kill(self):
        """The supervisor and the one that it has started."""
        os.killpg(self.supervisor.pid, signal.SIGKILL)

    def connect(self):
        """A client of the one that listens now, once there is one that answers:
        one that is being killed may still take connections."""
        client = None

        def is_in():
            nonlocal client
            try:
                client = Client(self)
                if client.ask({"op": "ping"}) is not None:
                    return True
                client.close()
            except (ConnectionError, FileNotFoundError):
                pass
            return False

        return client if eventually(is_in) else None

    def pid(self, client):
        """Of the process that listens."""
        return struct.unpack("3i", client.socket.getsockopt(
            socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i")))[0]


def watch_restarts(supervised):
    instances = set()
    for _ in range(3):
        client = supervised.connect()
        if client is None:
            return "nobody listens"
        accepted = client.ask({"jobs": [{"wait": 100}]})
        instances.add(accepted["instance"])
        if accepted["batch"] != 1:
            return f"a new daemon begins with batch {accepted['batch']}"
        os.kill(supervised.pid(client), signal.SIGKILL)
        if client.event() is not None:
            return "a killed daemon went on talking"
        client.close()
    if len(instances) != 3:
        return f"three daemons are distinguished by {instances}"
    client = supervised.connect()
    problem = is_served(supervised) if client else "nobody listens"
    if client:
        os.kill(supervised.pid(client), signal.SIGTERM)
        client.close()
    return problem


def killed_and_started_again(daemon):
    """By a supervisor that starts one after another, on the same Unix socket,
    until one ends of itself."""
    daemon.stop()
    supervised = Supervised(daemon.address)
    try:
        problem = watch_restarts(supervised)
        if not problem and supervised.supervisor.wait(GUARD_SECONDS) != 0:
            problem = "the supervisor did not see it end in good order"
    finally:
        if supervised.supervisor.poll() is None:
            supervised.kill()
    return problem


def main():
    tap = Tap()
    socket_path = os.path.join(tempfile.mkdtemp(prefix="waitd-test."), "socket")
    cases = [
        ("descriptors run out and come back", descriptors_run_out, [], True),
        ("memory runs out and comes back", memory_runs_out, [], True),
        ("clients that never read", nobody_reads, ["--max-backlog", "64K"], True),
        ("clients that read slowly", slow_readers, ["--max-backlog", "16K"], True),
        ("resets in every state", resets_in_every_state, [], True),
        ("a client that sends byte by byte", a_byte_at_a_time, [], True),
        ("a request without end", a_request_without_end, ["--request-timeout", "0.3"], True),
        ("a flood beyond max-connections", a_flood, ["--max-connections", "50"], True),
        ("stopped and continued", stopped_and_continued, [], True),
        ("made to end under load", made_to_end_under_load, ["--drain-timeout", "0.2"], False),
        ("killed and started again", killed_and_started_again, [], False),
    ]
    for name, case, flags, is_alive in cases:
        listen = f"unix:{socket_path}" if case is killed_and_started_again else "127.0.0.1:0"
        try:
            attempt_all(tap, name, [case, memory_returns, ends_well] if is_alive else [case], *flags, listen=listen)
        except Skip as reason:
            tap.skip(name, reason)
    shutil.rmtree(os.path.dirname(socket_path))
    return tap.finish()


if __name__ == "__main__":
    sys.exit(main())
