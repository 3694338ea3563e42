#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""waitctl and detached batches: a submit that leaves them, a watch that outlives its
connections, and list, cancel and forget.  What is between waitctl and the daemon cuts
connections off in the middle of lines; a server made up here answers from a script.
"""

import json
import os
import signal
import socket
import subprocess
import tempfile
import threading

from daemons import Client, Daemon, GUARD_SECONDS, free_port
from examples import Tap

WAITCTL = os.environ.get("WAITCTL") or "client/waitctl"

BATCH = {
    "events": "all", "seed": 7, "concurrency": 3, "report": True,
    "jobs": [
        {"name": "a", "count": 60, "steps": [{"wait": "2ms", "note": "n"}, {"compute": "1ms"}],
         "fail": 0.3, "retries": 2, "backoff": {"initial": "1ms", "jitter": "full"}},
        {"after": "a", "wait": "1ms", "data": {"x": [1, 2]}},
    ],
}


def start(server, *arguments, text=None):
    process = subprocess.Popen([WAITCTL, *arguments, "--server", server], stdin=subprocess.PIPE,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    try:
        if text is not None:
            process.stdin.write(text if isinstance(text, bytes) else json.dumps(text).encode())
        process.stdin.close()
    except BrokenPipeError:
        pass  # it refused its command line, and has ended
    process.stdin = None
    return process


def end(process):
    out, errors = process.communicate(timeout=GUARD_SECONDS)
    return process.returncode, out.decode(), errors.decode()


def waitctl(daemon, *arguments, text=None):
    return end(start(daemon.address, *arguments, text=text))


def events_of(out):
    return [json.loads(line) for line in out.splitlines()]


class Cutter:
    """Stands before the daemon and closes each connection after so many bytes of answers,
    but for those behind the list's end."""

    def __init__(self, daemon, cuts):
        self.port = int(daemon.address.rsplit(":", 1)[1])
        self.cuts = list(cuts)
        self.connections = 0
        self.requests = []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self.listener.getsockname()[1]}"
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            client, _ = self.listener.accept()
            self.connections += 1
            cut = self.cuts.pop(0) if self.cuts else None
            threading.Thread(target=self.relay, args=(client, cut), daemon=True).start()

    def relay(self, client, cut):
        daemon = socket.create_connection(("127.0.0.1", self.port))
        threading.Thread(target=self.forward, args=(client, daemon), daemon=True).start()
        left = cut
        while left is None or left > 0:
            data = daemon.recv(65536 if left is None else left)
            if not data:
                break
            client.sendall(data)
            left = None if left is None else left - len(data)
        for end_of in (client, daemon):
            try:
                end_of.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def forward(self, client, daemon):
        try:
            while data := client.recv(65536):
                self.requests.append(data)
                daemon.sendall(data)
            daemon.shutdown(socket.SHUT_WR)
        except OSError:
            pass


def watched(daemon, ref):
    """The lines that any watcher is sent."""
    client = Client(daemon)
    client.send({"op": "watch", "ref": ref})
    lines = []
    while not lines or not lines[-1].startswith('{"event":"finished"'):
        lines.append(client.lines.readline().decode())
    client.close()
    return "".join(lines)


def submit(daemon, batch, *arguments):
    """Has it submitted by who then waits for its end."""
    status, out, errors = waitctl(daemon, "submit", "--detach", "-o", "json", *arguments, text=batch)
    return status, out, errors, json.loads(out.splitlines()[0])["ref"]


def a_watch_outlives_its_connections(daemon, tap):
    ref = submit(daemon, BATCH)[3]
    whole = watched(daemon, ref)
    cutter = Cutter(daemon, [0, 1, 150, 1000, 7777, 12345])
    status, out, errors = waitctl(cutter, "watch", ref, "-o", "json")
    tap.is_((status, out), (1, whole), "a watch that is cut off again and again loses and doubles nothing")
    tap.is_(cutter.connections, 7, "over as many connections as it takes")
    tap.ok("connecting again" in errors, "and says so", errors)
    status, out, _ = waitctl(daemon, "watch", ref, "--from", "5", "-o", "json")
    tap.is_(out, "".join(whole.splitlines(True)[4:]), "--from begins in the middle")
    last = len(whole.splitlines())
    status, out, _ = waitctl(daemon, "watch", ref, "--from", str(last + 1), "-o", "json")
    tap.is_((status, [event["event"] for event in events_of(out)]), (1, ["batch"]),
            "behind the end there is what the daemon says of it, and its status")


def all_ways_of_showing_know_them(daemon, tap):
    with tempfile.TemporaryDirectory() as folder:
        def files(name):
            return [part for kind in ("trace", "joblog", "svg")
                    for part in (f"--{kind}", os.path.join(folder, f"{name}.{kind}"))]

        def read(name):
            with open(os.path.join(folder, name), encoding="utf-8") as file:
                return file.read()

        status, summary, errors = waitctl(daemon, "submit", "--detach", "-o", "summary",
                                          *files("submit"), text=BATCH)
        tap.is_(status, 1, "a detached batch is shown as it runs")
        table = [line.split("\t") for line in read("submit.joblog").splitlines()]
        ref = table[1][0]
        tap.is_([row[0] for row in table[1:]], [ref] * 61, "the table has the ref of its batch")
        for row in table[1:]:
            if row[4] != row[5]:
                tap.is_(row[5], row[4], "the times are those of the schedule")
        cutter = Cutter(daemon, [100, 5000])
        status, again, _ = waitctl(cutter, "watch", ref, "-o", "summary", *files("watch"))
        tap.is_((status, again), (1, summary), "a watch shows the same totals")
        tap.is_(read("watch.joblog"), read("submit.joblog"), "the same table")
        trace = json.loads(read("watch.trace"))
        events = trace["traceEvents"] if isinstance(trace, dict) else trace
        names = [event["args"]["name"] for event in events if event.get("name") == "process_name"]
        tap.is_(names, [f"batch {ref}"], "a trace that is named by its ref")
        tap.ok("</svg>" in read("watch.svg"), "and a picture")
        for way in ("human", "timeline"):
            status, out, errors = waitctl(daemon, "watch", ref, "-o", way)
            tap.is_((status, errors), (1, ""), f"-o {way} shows it too")
            tap.ok("failed: 61 jobs in " in out, f"with the totals of -o {way}", out[-300:])
        tap.is_(waitctl(daemon, "watch", ref, "--from", "2", "--svg", "x.svg")[0], 2,
                "no picture begins in the middle")


def an_interrupt_leaves_it(daemon, tap):
    process = start(daemon.address, "submit", "--detach", "-o", "json",
                    text={"jobs": [{"wait": 0}, {"wait": 3600}]})
    ref = json.loads(process.stdout.readline())["ref"]
    process.stdout.readline()
    process.send_signal(signal.SIGINT)
    status, _, errors = end(process)
    tap.is_(status, 130, "an interrupted submit exits with 130")
    tap.ok(f"waitctl watch {ref} --from 3 --server {daemon.address}" in errors,
           "and says how to come back", errors)
    status, out, _ = waitctl(daemon, "list", "--state", "running", "-o", "json")
    kept = [event for event in events_of(out) if event.get("ref") == ref]
    tap.is_((status, kept[0]["pending"]), (0, 1), "the batch goes on")
    process = start(daemon.address, "watch", ref, "-o", "json")
    tap.is_(json.loads(process.stdout.readline())["seq"], 1, "it is watched")
    process.stdout.readline()
    process.send_signal(signal.SIGTERM)
    status, _, errors = end(process)
    tap.is_(status, 130, "an interrupted watch exits with 130")
    tap.ok(f"waitctl watch {ref} --from 3" in errors, "and says how to come back too", errors)

    process = start(daemon.address, "watch", ref, "-o", "json")
    status, out, _ = waitctl(daemon, "cancel", ref, "1", "-o", "json")
    tap.is_((status, events_of(out)[0]["jobs"]), (0, 1), "a job of it is cancelled")
    tap.is_(end(process)[0], 1, "who watches it gets its status")
    status, out, errors = waitctl(daemon, "cancel", ref)
    tap.is_((status, events_of(out)[0]["code"]), (2, "not_found"), "what has ended is not cancelled")
    status, out, _ = waitctl(daemon, "list", "-o", "human")
    line = next(line.split() for line in out.splitlines() if line.startswith(ref))
    tap.is_((status, line[:4]), (0, [ref, "failed", "2", "0"]), "people are shown a table")
    reported = next(event for event in events_of(waitctl(daemon, "list", "-o", "json")[1])
                if event.get("ref") == ref)
    tap.is_(line[-2:], [reported["time"][:19] + "Z", "local"], "with when it was accepted and whose it is")
    tap.is_(waitctl(daemon, "forget", ref, "-o", "human")[:2], (0, f"batch {ref}: forgotten\n"),
            "it is forgotten")
    for command, code in (("watch", "gone"), ("forget", "gone"), ("cancel", "gone")):
        status, out, _ = waitctl(daemon, command, ref, "-o", "json")
        tap.is_((status, events_of(out)[0]["code"]), (2, code), f"and then {command} is refused")
    tap.is_(waitctl(daemon, "watch", "no-such")[0], 2, "as is an unknown ref")


def a_key_is_tried_again(daemon, tap):
    cutter = Cutter(daemon, [0, 20, 30])
    status, out, errors = waitctl(cutter, "submit", "--detach", "--key", "k", "-o", "json", text=BATCH)
    events = events_of(out)
    tap.is_((status, cutter.connections), (1, 4), "a submit under a key is sent until it is answered")
    tap.is_([event["seq"] for event in events], list(range(1, len(events) + 1)), "and shown once")
    tap.is_(events[0].get("existing"), True, "it is the batch of the first attempt")
    count = sum(event.get("key") == "k" for event in
                events_of(waitctl(daemon, "list", "-o", "json")[1]))
    tap.is_(count, 1, "of which there is one")
    cutter = Cutter(daemon, [0])
    tap.is_(waitctl(cutter, "submit", "--detach", text=BATCH)[0], 3, "without a key it is lost")
    cutter = Cutter(daemon, [400])
    status, _, errors = waitctl(cutter, "submit", "--detach", "--key", "k2", text=BATCH)
    tap.ok(status == 3 and "to come back: waitctl watch" in errors,
           "what was accepted is lost with the connection, and how to come back is said", errors)


class Scripted:
    """A server that answers each connection's first line with what the script has next; what is
    None is left open and without an end."""

    EVENTS = [
        '{"event":"accepted","ref":"r-1","seq":1,"jobs":1,"durable":"disk",'
        '"time":"2026-11-29T23:00:16Z"}\n',
        '{"event":"done","ref":"r-1","seq":2,"job":0,"status":"ok","at":1}\n',
        '{"event":"finished","ref":"r-1","seq":3,"status":"ok","jobs":1,"ok":1,"failed":0,'
        '"timed_out":0,"cancelled":0,"skipped":0,"elapsed":1,"predicted":1,"sequential":1,'
        '"speedup":1,"critical_path":1}\n']
    SUSPENDED = '{"event":"suspended","ref":"r-1","last":2}\n'

    def __init__(self, *script):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self.listener.getsockname()[1]}"
        self.requests = []
        self.script = script
        self.open = []
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        for lines in self.script:
            client, _ = self.listener.accept()
            self.requests.append(json.loads(client.makefile().readline()))
            client.sendall("".join(line for line in lines if line).encode())
            self.open.append(client)
            if None not in lines:
                client.close()


def refusal(code):
    return f'{{"event":"error","code":"{code}","message":"not now"}}\n'


def a_suspended_batch_is_watched_on(tap):
    events = Scripted.EVENTS
    for name, first in (("which closes", [*events[:2], Scripted.SUSPENDED]),
                        ("which does not", [*events[:2], Scripted.SUSPENDED, None])):
        server = Scripted(first, events[2:])
        status, out, errors = waitctl(server, "watch", "r-1", "-o", "json")
        tap.is_((status, out), (0, "".join(events)),
                f"a watch is gone on with that the daemon suspends, {name}")
        tap.is_([request.get("from") for request in server.requests], [None, 3], "at the next event")
        tap.ok('the daemon has answered "suspended"' in errors, "and why is said", errors)


def what_cannot_be_answered_now_is_tried_again(tap):
    events = Scripted.EVENTS
    for code in ("overloaded", "unavailable", "shutting_down"):
        server = Scripted(events[:2], [refusal(code)], [refusal(code)], events[2:])
        status, out, errors = waitctl(server, "watch", "r-1", "-o", "json")
        tap.is_((status, out, len(server.requests)), (0, "".join(events), 4),
                f"a watch that comes back and is answered {code} comes again")
        server = Scripted([refusal(code)])
        status, out, _ = waitctl(server, "watch", "r-1", "-o", "json")
        tap.is_((status, out), (2, refusal(code)), "the first time it is reported")
    server = Scripted(events[:2], [refusal("not_found")])
    tap.is_(waitctl(server, "watch", "r-1", "-o", "json")[0], 2, "what another time does not change is reported")
    server = Scripted([], [refusal("shutting_down")], events)
    status, out, _ = waitctl(server, "submit", "--detach", "--key", "k", "-o", "json",
                             text={"jobs": [{}]})
    tap.is_((status, out), (0, "".join(events)), "a submit under a key comes again as well")
    tap.is_([request["key"] for request in server.requests], ["k"] * 3, "under its key")


def a_watch_outlives_the_daemon(tap):
    with tempfile.TemporaryDirectory() as folder:
        daemon = Daemon("--state", folder, listen=f"127.0.0.1:{free_port()}")
        ref = json.loads(start(daemon.address, "run", "1h", "0s", "--detach", "-o", "json").stdout
                         .readline())["ref"]
        process = start(daemon.address, "watch", ref, "-o", "json")
        lines = [process.stdout.readline(), process.stdout.readline()]
        for end_by in (signal.SIGKILL, signal.SIGTERM):
            daemon.stop(end_by)
            daemon = Daemon("--state", folder, listen=daemon.address)
        client = Client(daemon)
        client.ask({"op": "cancel", "ref": ref})
        status, out, _ = end(process)
        tap.is_(status, 1, "a watch goes on when the daemon was killed, and when it was stopped")
        tap.is_(b"".join(lines).decode() + out, watched(daemon, ref),
                "and has what every watcher is sent")
        client.close()
        daemon.stop()


def what_is_refused(daemon, tap):
    for arguments, words in ((("submit", "--detach", "--virtual"), "--detach and --virtual"),
                             (("run", "1s", "--detach", "--virtual"), "--detach and --virtual"),
                             (("submit", "--key", ""), "1 to 255 bytes"),
                             (("submit", "--key", "x" * 256), "1 to 255 bytes"),
                             (("submit", "--on-restart", "x"), "catch_up or cancel"),
                             (("watch",), "needs REF"), (("watch", "r", "--from", "0"), "positive"),
                             (("cancel", "r", "x"), "index"), (("list", "--state", "x"), "running")):
        status, _, errors = waitctl(daemon, *arguments, text="")
        tap.ok(status == 2 and words in errors, f"{' '.join(arguments)[:60]} is refused", errors)
    status, _, errors = waitctl(daemon, "submit", "--on-restart", "cancel", text={"jobs": [{}]})
    tap.ok(status == 2 and "which comes from --on-restart" in errors, "as are flags of detached "
           "batches for others, by the daemon", errors)


def main():
    tap = Tap()
    daemon = Daemon()
    for test in (a_watch_outlives_its_connections, all_ways_of_showing_know_them,
                 an_interrupt_leaves_it, a_key_is_tried_again, what_is_refused):
        test(daemon, tap)
    a_suspended_batch_is_watched_on(tap)
    what_cannot_be_answered_now_is_tried_again(tap)
    a_watch_outlives_the_daemon(tap)
    daemon.stop()
    tap.finish()


main()
