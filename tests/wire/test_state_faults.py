#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""A daemon with a journal on bad days: while it shuts down, on a disk that is full or cannot be
written to, with a wall clock that is set back, and beside another one on the same directory.
What needs more than a user may do (mounting) or what is not installed (libfaketime) is skipped
by name.  Nothing here waits for a time to pass but for what runs by the clock itself.
"""

import os
import signal
import tempfile

from daemons import Client, Daemon
import examples

LONG = 3600


class Tap(examples.Tap):
    def ok(self, passed, name, detail=""):
        self.result(bool(passed), name, str(detail)[:2000])

    def is_(self, got, expected, name):
        self.result(got == expected, name, f"expected: {expected}"[:2000] + f"\n     got: {got}"[:2000])


def submit(client, *jobs, **more):
    client.send({"detach": True, "jobs": list(jobs), **more})
    return client.event()


def listed(client, **how):
    client.send({"op": "batches", **how})
    return client.until("batches")[:-1]


# ---- Shutting down ----------------------------------------------------------------------


def who_comes_while_it_shuts_down(tap):
    """Attached batches keep it for a while; the detached ones go on in its next life."""
    with tempfile.TemporaryDirectory() as folder:
        daemon = Daemon("--state", folder)
        watcher, other = Client(daemon), Client(daemon)
        ref = submit(watcher, {"wait": LONG}, {})["ref"]
        watcher.event()
        attached = other.ask({"jobs": [{"wait": LONG}]})["batch"]
        os.kill(daemon.pid, signal.SIGTERM)
        tap.is_(watcher.until("suspended")[-1], {"event": "suspended", "ref": ref, "last": 2},
                "a watcher is told up to where it was sent events")
        tap.is_(watcher.event(), None, "and its connection ends")
        for start, last in ((None, 0), (3, 2)):
            request = {"op": "watch", "ref": ref, **({"from": start} if start else {})}
            tap.is_(other.ask(request), {"event": "suspended", "ref": ref, "last": last},
                    f"who comes now, from {start}, is told so at once")
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


def main():
    tap = Tap()
    who_comes_while_it_shuts_down(tap)
    tap.finish()


main()
