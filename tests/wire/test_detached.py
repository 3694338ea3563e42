#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""Detached batches, over real connections to a real daemon: they outlive whoever submitted
them, every watcher is sent the same bytes, keys make a submit repeatable, and a watcher
that does not read holds up nobody.  Nothing here waits for a time to pass; what runs for
long is cancelled.
"""

import json
import tempfile

from daemons import Client, Daemon, eventually
from examples import Tap

LONG = 3600


class Watcher(Client):
    """Reads lines as they are."""

    def line(self):
        return self.lines.readline().decode().rstrip("\n")

    def until(self, kind):
        lines = []
        while True:
            lines.append(self.line())
            if not lines[-1]:
                raise EOFError(f"no {kind!r}, but {lines}")
            if lines[-1].startswith(f'{{"event":"{kind}"'):
                return lines

    def answer(self, request):
        self.send(request)
        return json.loads(self.line())


def submit(client, batch, **more):
    return client.answer({"detach": True, **more, **batch})


BUSY = {
    "events": "all", "seed": 7, "concurrency": 3,
    "jobs": [
        {"name": "a", "count": 40, "steps": [{"wait": "2ms", "note": "n"}, {"compute": "1ms"}],
         "fail": 0.3, "retries": 2, "backoff": {"initial": "1ms", "jitter": "full"}},
        {"after": "a", "wait": {"dist": "exponential", "mean": "1ms"}, "data": {"x": [1, 2]}},
    ],
    "report": True,
}


def it_outlives_its_client(daemon, tap):
    first = Watcher(daemon)
    accepted = submit(first, {"jobs": [{"wait": "50ms"}, {"wait": "60ms"}]}, id="mine")
    first.close()
    second = Watcher(daemon)
    second.send({"op": "watch", "ref": accepted["ref"]})
    events = [json.loads(line) for line in second.until("finished")]
    tap.is_(events[-1]["status"], "ok", "a batch whose client has gone runs to its end")
    tap.is_([event["seq"] for event in events], [1, 2, 3, 4], "its events are numbered")
    tap.ok("id" not in events[0] and accepted["id"] == "mine",
           "the id stands only in what answers the submit")
    tap.ok(all("batch" not in event and "instance" not in event for event in events),
           "there is a ref in place of the number, and no instance")
    tap.is_(events[0]["time"], accepted["time"], "the time of acceptance is the same to all")
    second.close()


def all_are_sent_the_same_bytes(daemon, tap):
    owner = Watcher(daemon)
    ref = submit(owner, BUSY)["ref"]
    early = Watcher(daemon)
    early.send({"op": "watch", "ref": ref})
    whole = early.until("finished")
    tap.is_(owner.until("finished"), whole[1:], "who submitted it is sent what a watcher is")
    late = Watcher(daemon)
    late.send({"op": "watch", "ref": ref})
    tap.is_(late.until("finished"), whole, "and so is who comes when it has ended")
    for start in (2, len(whole) // 2, len(whole)):
        late.send({"op": "watch", "ref": ref, "from": start})
        tap.is_(late.until("finished"), whole[start - 1:], f"and who begins at {start}")
    tap.is_([json.loads(line)["seq"] for line in whole], list(range(1, len(whole) + 1)),
            "without a gap, from 1 on")
    late.send({"op": "watch", "ref": ref, "from": len(whole) + 1, "id": "b"})
    kept = json.loads(late.line())
    tap.is_((kept["event"], kept["id"], kept["state"], kept["last"]),
            ("batch", "b", "finished", len(whole)), "beyond its end there is its batch event")
    for client in (owner, early, late):
        client.close()


def a_key_makes_it_repeatable(daemon, tap):
    client = Watcher(daemon)
    text = '{"detach":true,"key":"k","jobs":[{"wait":0.01,"name":"\\u00e9"}],"id":%d}'
    client.send((text % 1).encode())
    ref = json.loads(client.line())["ref"]
    client.until("finished")
    client.send(b' { "detach" : true,"id":"x", "jobs":[ {"wait":0.01, "name":"\\u00e9"}],'
                b'\n"\\u006bey":"k"}')
    again = json.loads(client.line())
    tap.is_((again.get("existing"), again["ref"], again["id"]), (True, ref, "x"),
            "the same request under a key is answered with the batch that there is")
    tap.is_(json.loads(client.until("finished")[-1])["ref"], ref, "and watches it")
    for name, other in (("a member", b'{"detach":true,"key":"k","jobs":[{"wait":0.01}]}'),
                        ("an escape", (text.replace("\\u00e9", "\\u00E9") % 1).encode()),
                        ("the order", b'{"key":"k","jobs":[{"wait":0.01,"name":"\\u00e9"}],"detach":true}')):
        client.send(other)
        tap.is_(json.loads(client.line())["code"], "conflict", f"{name} makes it another request")
    tap.is_(client.answer({"op": "forget", "ref": ref})["event"], "forgotten", "it is forgotten")
    client.send((text % 1).encode())
    accepted = json.loads(client.line())
    tap.ok("existing" not in accepted and accepted["ref"] != ref, "and the key is free")
    client.until("finished")
    client.close()


def cancels_fall_once_for_all(daemon, tap):
    owner, other = Watcher(daemon), Watcher(daemon)
    ref = submit(owner, {"jobs": [{"wait": LONG, "count": 3}]})["ref"]
    tap.is_(other.answer({"op": "forget", "ref": ref})["code"], "conflict",
            "what runs is not forgotten")
    reported = other.answer({"op": "cancel", "ref": ref, "job": 1, "id": 5})
    tap.is_((reported["event"], reported["jobs"], reported["id"]), ("cancelled", 1, 5),
            "a job is cancelled from another connection")
    done = json.loads(owner.line())
    tap.is_((done["job"], done["status"], done["at"]), (1, "cancelled", reported["at"]),
            "the watchers get it, at that instant")
    for request in ({"job": 1}, {"job": 3}):
        tap.is_(other.answer({"op": "cancel", "ref": ref, **request})["code"], "not_found",
                f"job {request['job']} is not there to be cancelled")
    tap.is_(other.answer({"op": "cancel", "ref": ref})["jobs"], 2, "the rest is cancelled")
    tap.is_(json.loads(owner.until("finished")[-1])["status"], "cancelled", "and it ends so")
    tap.is_(other.answer({"op": "cancel", "ref": ref})["code"], "not_found",
            "what has ended is not cancelled")
    owner.close()
    other.close()


def a_cancel_is_answered_before_what_follows_from_it(daemon, tap):
    """Where it is made safe by another thread, as with a journal, whoever runs the
    batch may know of it before its answer is there."""
    client = Watcher(daemon)
    orders = []
    for _ in range(20):
        ref = submit(client, {"jobs": [{"wait": LONG}]})["ref"]
        client.send({"op": "cancel", "ref": ref})
        orders.append([json.loads(line)["event"] for line in client.until("finished")])
        if "cancelled" not in orders[-1]:
            orders[-1].append(json.loads(client.line())["event"])
    tap.is_([order for order in orders if order != ["cancelled", "done", "finished"]], [],
            "who cancels what it watches is answered before it is sent the ends")
    client.close()


def watches_begin_and_end(daemon, tap):
    owner, other = Watcher(daemon), Watcher(daemon)
    ref = submit(owner, {"jobs": [{"wait": LONG}, {}]})["ref"]
    other.send({"op": "watch", "ref": ref})
    other.until("done")
    tap.is_(other.answer({"op": "watch", "ref": ref})["code"], "conflict",
            "a batch is watched once a connection")
    tap.is_(other.answer({"op": "unwatch", "ref": ref, "id": 1}),
            {"event": "unwatched", "id": 1, "ref": ref, "last": 2}, "unwatch says the last event")
    tap.is_(other.answer({"op": "unwatch", "ref": ref})["code"], "not_found",
            "what is not watched is not unwatched")
    tap.is_(other.answer({"op": "watch", "ref": "no-such"})["code"], "not_found",
            "an unknown ref is not found")
    other.send({"op": "watch", "ref": ref, "from": 4})
    owner.send({"op": "cancel", "ref": ref})
    tap.is_(json.loads(other.line())["seq"], 4, "a watch of what is to come begins there")
    owner.until("finished")
    owner.send({"op": "forget", "ref": ref})
    owner.line()
    tap.is_(other.answer({"op": "watch", "ref": ref})["code"], "gone", "what was forgotten is gone")
    owner.close()
    other.close()


def they_are_listed(daemon, tap):
    client = Watcher(daemon)
    refs = [submit(client, {"jobs": [{"wait": LONG}]}, key=f"list {i}")["ref"] for i in range(70)]

    def listed(**how):
        client.send({"op": "batches", "id": "l", **how})
        lines = [json.loads(line) for line in client.until("batches")]
        tap.is_(lines[-1], {"event": "batches", "id": "l", "count": len(lines) - 1},
                f"the list {how} says its length")
        return lines[:-1]

    mine = [batch for batch in listed(state="running") if batch.get("key", "").startswith("list ")]
    tap.is_([batch["ref"] for batch in mine], refs, "in the order of acceptance")
    tap.is_([batch["ref"] for batch in listed(order="newest", limit=2)], refs[:-3:-1],
            "or the other way, and no more than the limit")
    tap.is_([batch["ref"] for batch in listed(after=refs[66])], refs[67:], "or behind one")
    one = listed(ref=refs[5])
    tap.is_((len(one), one[0]["pending"], one[0]["state"], one[0]["durable"]), (1, 1, "running", "no"),
            "or one alone")
    tap.is_(client.answer({"op": "batches", "after": "unknown"})["code"], "not_found",
            "an unknown ref to begin behind is not found")
    for ref in refs:
        client.send({"op": "cancel", "ref": ref})
    for _ in refs:
        client.until("finished")
    client.close()


def who_does_not_read_holds_up_nobody(daemon, tap):
    slow = Watcher(daemon, receive_bytes=4096)
    quick = Watcher(daemon)
    ref = submit(slow, {"jobs": [{"count": 300000, "name": "x" * 40}]})["ref"]
    quick.send({"op": "watch", "ref": ref, "from": 2})
    whole = quick.until("finished")
    tap.is_(len(whole), 300001, "a watcher is served while another does not read")
    quick.send({"op": "batches", "ref": ref})
    tap.is_(json.loads(quick.line())["state"], "finished", "the batch has ended")
    quick.line()
    tap.is_(slow.until("finished"), whole, "and who reads late is sent the same")
    slow.close()
    quick.close()


def what_is_refused(daemon, tap):
    client = Watcher(daemon)
    for request, path in (
            ({"jobs": [], "key": "k"}, "key"), ({"jobs": [], "retain": 1}, "retain"),
            ({"jobs": [], "on_restart": "cancel"}, "on_restart"),
            ({"jobs": [], "detach": False, "key": "k"}, "key"),
            ({"jobs": [], "detach": True, "clock": "virtual"}, "clock"),
            ({"jobs": [], "detach": True, "retain": "169h"}, "retain"),
            ({"jobs": [], "detach": True, "key": ""}, "key"),
            ({"jobs": [], "detach": True, "key": "x" * 256}, "key"),
            ({"jobs": [], "heartbeat": "999ms"}, "heartbeat"),
            ({"op": "watch", "ref": "a", "from": 0}, "from"),
            ({"op": "cancel", "ref": "a", "batch": 1}, "batch")):
        reported = client.answer(request)
        tap.is_((reported["code"], reported.get("path")), ("invalid_request", path), f"{request} at {path}")
    client.close()


def main():
    tap = Tap()
    daemon = Daemon("--drain-timeout", "1s")
    for test in (it_outlives_its_client, all_are_sent_the_same_bytes, a_key_makes_it_repeatable,
                 cancels_fall_once_for_all, a_cancel_is_answered_before_what_follows_from_it,
                 watches_begin_and_end, they_are_listed,
                 who_does_not_read_holds_up_nobody, what_is_refused):
        test(daemon, tap)
    client = Watcher(daemon)
    tap.ok(eventually(lambda: client.answer({"op": "stats"})["pending"] == 0), "nothing is pending")
    client.close()
    tap.is_(daemon.stop(), 0, "the daemon ends in good order")
    with tempfile.TemporaryDirectory() as state:
        daemon = Daemon("--state", state, "--threads", "2")
        a_cancel_is_answered_before_what_follows_from_it(daemon, tap)
        tap.is_(daemon.stop(), 0, "and with a journal")
    tap.finish()


main()
