#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""Who may come in, and whose is what: principals, over real connections to a real daemon."""

import contextlib
import os
import tempfile

from daemons import Client, Daemon
import examples

LONG = 3600


class Tap(examples.Tap):
    def ok(self, passed, name):
        self.result(bool(passed), name)

    def is_(self, got, expected, name):
        self.result(got == expected, name, f"expected: {expected}"[:2000] + f"\n     got: {got}"[:2000])


@contextlib.contextmanager
def serving(*flags, **options):
    daemon = Daemon(*flags, **options)
    try:
        yield daemon
    finally:
        daemon.process.kill()
        daemon.process.wait()


def at(daemon, address):
    """The same daemon, by another of its addresses."""
    class Elsewhere:
        pass
    Elsewhere.address = address
    return Client(Elsewhere)


def listed(client):
    client.send({"op": "batches"})
    return [event for event in client.until("batches")[:-1]]


def each_has_its_own(tap):
    with tempfile.TemporaryDirectory() as folder:
        path = f"unix:{folder}/socket"
        with serving("--listen", path, "--admin", "unix:12345") as daemon:
            alice, bob = Client(daemon), at(daemon, path)
            mine = alice.ask({"detach": True, "key": "k", "jobs": [{"wait": LONG}]})
            his = bob.ask({"detach": True, "key": "k", "jobs": [{"wait": LONG}, {}]})
            tap.is_(his["event"], "accepted", "a key of one owner is none of another's")
            bob.until("done")
            tap.is_([(batch["ref"], batch["owner"]) for batch in listed(alice)], [(mine["ref"], "local")],
                    "a client without credentials sees what such clients have")
            tap.is_([(batch["ref"], batch["owner"]) for batch in listed(bob)],
                    [(his["ref"], f"unix:{os.getuid()}")], "a user of a Unix socket sees his own")
            for op in ("watch", "cancel", "forget"):
                told = bob.ask({"op": op, "ref": mine["ref"]})
                tap.is_(told, bob.ask({"op": op, "ref": "0-0"}),
                        f"{op} of another's batch is answered as of none at all")
            tap.is_(bob.ask({"op": "batches", "ref": mine["ref"]}), {"event": "batches", "count": 0},
                    "nor is it listed by its ref")
            tap.is_(bob.ask({"op": "batches", "after": mine["ref"]}), bob.ask({"op": "batches", "after": "0-0"}),
                    "and no list begins behind it")
            alice.ask({"op": "cancel", "ref": mine["ref"]})
            alice.until("finished")
            alice.ask({"op": "forget", "ref": mine["ref"]})
            tap.is_(alice.ask({"op": "watch", "ref": mine["ref"]})["code"], "gone", "what is gone is gone to its owner")
            tap.is_(bob.ask({"op": "watch", "ref": mine["ref"]})["code"], "not_found", "and to others it never was")
            alice.close()
            bob.close()


def administrators_see_all(tap):
    with tempfile.TemporaryDirectory() as folder:
        path = f"unix:{folder}/socket"
        with serving("--listen", path, "--admin", f"unix:{os.getuid()}") as daemon:
            alice, admin = Client(daemon), at(daemon, path)
            ref = alice.ask({"detach": True, "jobs": [{"wait": LONG}]})["ref"]
            tap.is_([batch["owner"] for batch in listed(admin)], ["local"], "an administrator sees others' batches")
            tap.is_(admin.ask({"op": "watch", "ref": ref})["event"], "accepted", "and watches them")
            tap.is_(admin.ask({"op": "cancel", "ref": ref})["event"], "cancelled", "and cancels them")
            admin.until("finished")
            tap.is_(admin.ask({"op": "forget", "ref": ref})["event"], "forgotten", "and forgets them")
            alice.close()
            admin.close()


def main():
    tap = Tap()
    for test in (each_has_its_own, administrators_see_all):
        test(tap)
    tap.finish()


main()
