#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""Limits of the daemon by its flags, by its file, and by SIGHUP: what is
refused names the limit, and what is within it is served.
"""

import os
import signal
import sys
import tempfile

from daemons import Client, attempt_all, ends_well, eventually, first, settles
from examples import Tap


def refusal(event, code, limit):
    """None, or how the event is not that refusal."""
    if event is None or event.get("event") != "error" or event.get("code") != code:
        return f"{code} was expected, for {limit}, not {event}"
    return None if limit in event["message"] else f"{limit} is not named: {event['message']}"


def is_pong(event):
    return None if event and event["event"] == "pong" else f"a pong was expected, not {event}"


def shares_of_an_address(daemon):
    clients = [Client(daemon) for _ in range(3)]
    problem = first(*[is_pong(client.ask({"op": "ping"})) for client in clients])
    beyond = Client(daemon)
    problem = problem or refusal(beyond.event(), "overloaded", "max-connections-per-address 3")
    if beyond.event() is not None:
        problem = problem or "the one too many was not let go"
    beyond.close()
    other = Client(daemon, source="127.0.0.2")
    problem = problem or is_pong(other.ask({"op": "ping"}))
    other.close()
    clients.pop().reset()

    def another_is_served():
        client = Client(daemon)
        event = client.ask({"op": "ping"})
        client.close()
        return event is not None and event["event"] == "pong"

    if not eventually(another_is_served):
        problem = problem or "nobody is served in the place of one that left"
    for client in clients:
        client.close()
    return problem or settles(daemon)


def shares_of_a_user(daemon):
    clients = [Client(daemon) for _ in range(2)]
    problem = first(*[is_pong(client.ask({"op": "ping"})) for client in clients])
    beyond = Client(daemon)
    problem = problem or refusal(beyond.event(), "overloaded", "of one user")
    for client in [*clients, beyond]:
        client.close()
    return problem or settles(daemon)


def batches_of_a_connection(daemon):
    client, other = Client(daemon), Client(daemon)
    batches = [client.ask({"jobs": [{"wait": 100}]}) for _ in range(2)]
    problem = refusal(client.ask({"jobs": [{}]}), "overloaded", "max-batches")
    if other.ask({"jobs": [{"wait": 100}]})["event"] != "accepted":
        problem = problem or "the share of one connection is taken from another"
    client.send({"op": "cancel", "batch": batches[0]["batch"]})
    client.until("finished")
    if client.ask({"jobs": [{"wait": 100}]})["event"] != "accepted":
        problem = problem or "a batch that has ended still counts"
    for each in (client, other):
        each.reset()
    return problem or settles(daemon)


# Jobs, with a report, and whether what the report may come to hold is within 64 KiB.
REPORTED = [
    ({"compute": 0, "count": 1000}, True),
    ({"compute": 0, "count": 1000, "repeat": 10}, False),
    ({"wait": 0, "count": 1000, "repeat": 1000}, True),
    ({"compute": 0, "count": 1000, "retries": 1000}, True),
    ({"compute": 0, "count": 1000, "retries": 10, "fail": 0.5}, False),
    ({"compute": 0, "count": 1000, "retries": 10, "timeout": 1}, False),
    ({"steps": [{"compute": 0}, {"wait": 0}], "count": 1000, "retries": 1000}, True),
]


def memory_of_a_report(daemon):
    problem = None
    for job, is_taken in REPORTED:
        client = Client(daemon)
        client.send({"jobs": [job], "report": True, "clock": "virtual", "events": "none"})
        event = client.event()
        if is_taken and event["event"] != "accepted":
            problem = problem or f"{job}: {event}"
        elif is_taken:
            client.until("finished")
        else:
            problem = problem or refusal(event, "overloaded", '"report" takes')
        client.close()
    return problem or settles(daemon)


# Requests that pass each limit, and how they are refused.
REFUSED = [
    ("max-pending-per-connection = 5", {"jobs": [{"count": 6}]}, "overloaded"),
    ("max-text = 1K", {"jobs": [{"data": "d" * 2000}]}, "overloaded"),
    ("max-text-per-connection = 1K", {"jobs": [{"data": "d" * 2000}]}, "overloaded"),
    ("max-string = 10", {"jobs": [{"name": "n" * 11}]}, "too_large"),
    ("max-data = 10", {"jobs": [{"data": "d" * 9}]}, "too_large"),
    ("max-runs = 2", {"op": "forecast", "runs": 3, "jobs": []}, "too_large"),
    ("max-pools = 2", {"pools": {"a": 1, "b": 1, "c": 1}, "jobs": []}, "too_large"),
    ("max-dependencies = 2", {"jobs": [{"name": "a"}, {"after": ["a"] * 3}]}, "too_large"),
]


def reload(daemon, path, text):
    """Has the daemon read this file; whether it says that it has."""
    lines = len([line for line in daemon.log if "configuration read again" in line])
    with open(path, "w", encoding="ascii") as file:
        file.write(text)
    daemon.process.send_signal(signal.SIGHUP)
    return eventually(
        lambda: len([s for s in daemon.log if "configuration read again" in s]) > lines)


def is_refused(client, request):
    """The error that answers it, or None once all is done that it asks for."""
    event = client.ask(request)
    if event["event"] == "accepted":
        client.until("finished")
    return event if event["event"] == "error" else None


def takes_effect(daemon, client, path, setting, request, code):
    """The loops take limits up soon after the log reports them, not before."""
    if not reload(daemon, path, setting + "\n"):
        return f"{setting}: it was not read"
    event = eventually(lambda: is_refused(client, request))
    return refusal(event, code, setting.split()[0]) if event else f"{setting} is not in force"


def changes(daemon, path):
    client = Client(daemon)
    problem = None
    for setting, request, code in REFUSED:
        problem = problem or takes_effect(daemon, client, path, setting, request, code)
    if not reload(daemon, path, "max-connections-per-address = 1\n"):
        problem = problem or "the last setting was not read"

    def refused_beyond():
        beyond = Client(daemon)
        event = beyond.ask({"op": "ping"})
        beyond.close()
        return event if event and event["event"] == "error" else None

    problem = problem or refusal(eventually(refused_beyond) or None, "overloaded", "max-connections-per-address 1")
    problem = problem or is_pong(client.ask({"op": "ping"}))  # that one stays
    reload(daemon, path, "\n")
    for setting, request, _ in REFUSED:
        if not eventually(lambda: not is_refused(client, request)):
            problem = problem or f"{setting} stayed in force"
    client.close()
    return problem or settles(daemon)


def names_the_file(daemon, path):
    """What is read again is named, and so is what is not there to be read."""
    reload(daemon, path, "\n")
    reported = [line for line in daemon.log if "configuration read again" in line]
    daemon.log.clear()
    if not any(f"configuration read again from {path}" in line for line in reported):
        return f"{path} is not named: {reported}"
    return settles(daemon)


def says_whether_there_is_one(daemon):
    """Where it is installed there may be one."""
    daemon.process.send_signal(signal.SIGHUP)
    wanted = ("configuration read again: there is no /", "configuration read again from /")
    if not eventually(lambda: any(one in line for line in daemon.log for one in wanted)):
        return f"not reported: {daemon.log}"
    return settles(daemon)


def run(tap, name, case, *flags, listen="127.0.0.1:0"):
    attempt_all(tap, name, [case, ends_well], *flags, listen=listen)


def main():
    tap = Tap()
    with tempfile.TemporaryDirectory(prefix="waitd-test.") as scratch:
        path = os.path.join(scratch, "waitd.conf")
        with open(path, "w", encoding="ascii") as file:
            file.write("\n")
        run(tap, "connections of one address", shares_of_an_address,
            "--max-connections-per-address", "3")
        run(tap, "connections of one user by a Unix socket", shares_of_a_user,
            "--max-connections-per-address", "2", listen=f"unix:{scratch}/socket")
        run(tap, "batches of one connection", batches_of_a_connection, "--max-batches", "2")
        run(tap, "memory for a report: of attempts that can come", memory_of_a_report,
            "--max-text", "64K")
        run(tap, "limits change on SIGHUP, to and fro", lambda daemon: changes(daemon, path),
            "--config", path)
        run(tap, "the file that is read again is named",
            lambda daemon: names_the_file(daemon, path), "--config", path)
        run(tap, "so is the one that is not there to be read", says_whether_there_is_one)
    return tap.finish()


if __name__ == "__main__":
    sys.exit(main())
