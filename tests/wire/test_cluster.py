#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""Many nodes, one service: three waitd on one nats-server, as clients and the stream see them."""

import calendar
import hashlib
import json
import shutil
import subprocess
import time
import urllib.error
import urllib.request

import nats
from daemons import Client, Daemon, GUARD_SECONDS, Machine, PROGRAM, eventually
from examples import Tap
from nats import Nats, Node, Server, free_port, submit, to_the_end, watch

BATCH = {"events": "all", "seed": 7, "concurrency": 3, "report": True, "jobs": [
    {"name": "a", "count": 40, "steps": [{"wait": "20ms", "note": "n"}, {"compute": "1ms"}],
     "fail": 0.3, "retries": 2, "backoff": {"initial": "1ms", "jitter": "full"}},
    {"after": "a", "wait": "1ms", "data": {"x": [1, 2]}}]}
LONG = {"jobs": [{"name": "x", "wait": "50ms"}, {"name": "y", "wait": "1h"}]}


def ends_with(flags, wait=GUARD_SECONDS):
    done = subprocess.run([PROGRAM, "--listen", "127.0.0.1:0", *flags], stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, timeout=wait, check=False)
    return done.returncode, done.stderr.strip().splitlines()[-1] if done.stderr else ""


def nanoseconds(stamp):
    whole, fraction = stamp.rstrip("Z").partition(".")[::2]
    seconds = calendar.timegm(time.strptime(whole, "%Y-%m-%dT%H:%M:%S"))
    return seconds * 10**9 + int(fraction.ljust(9, "0"))


def test_stream(tap, server):
    inside = Nats(server)
    config = inside.info()["config"]
    tap.is_({k: config.get(k) for k in ("subjects", "storage", "max_msgs_per_subject", "discard",
                                        "discard_new_per_subject", "max_age", "num_replicas")},
            {"subjects": ["waitd.req.*", "waitd.out.>", "waitd.tick.*"], "storage": "file",
             "max_msgs_per_subject": 1, "discard": "new", "discard_new_per_subject": None,
             "max_age": 0, "num_replicas": 1}, "the stream is made as it has to be")
    inside.close()


def test_request(tap, server, nodes):
    client, accepted = submit(nodes[0], LONG, key="a key %", retain="2h", id=5)
    inside = Nats(server)
    token = hashlib.sha256(b"local\0a key %").hexdigest()
    message = inside.message(last_by_subj=f"waitd.req.{token}")
    tap.ok(message, "a request stands under the hash of its owner and key")
    headers = message["headers"]
    tap.is_((headers["Waitd-Owner"], headers["Waitd-Key"], headers["Waitd-Grace"],
             headers["Waitd-Retain"], headers["Nats-Expected-Last-Subject-Sequence"]),
            ("local", "a%20key%20%25", "1000000000", "7200000000000", "0"),
            "its headers say what it leaves to the daemon")
    tap.ok({"Waitd-Engine", "Waitd-Nonce"} <= set(headers), "and by whom it was put")
    tap.is_(nanoseconds(accepted["time"]), nanoseconds(message["time"]),
            "it is accepted at the stamp of its message")
    tap.is_(accepted["ref"].split("-")[0], str(message["seq"]), "its ref begins with the sequence")
    tap.is_((accepted["id"], accepted["durable"], accepted["seq"]), (5, "server", 1),
            "and is as safe as the server")
    other = Client(nodes[1])
    answer = other.ask({"op": "cancel", "ref": accepted["ref"], "job": 1})
    finished = client.until("finished")[-1]
    tap.is_((answer["event"], answer["jobs"]), ("cancelled", 1), "another node cancels one job of it")
    tap.is_(finished["cancelled"], 1, "and the node that accepted it knows")
    cancel = inside.messages("out")[-1]
    tap.ok(cancel["subject"].startswith(f"waitd.out.{accepted['ref']}.") and
           int(cancel["headers"]["Waitd-Floor"]) >= nanoseconds(message["time"]),
           "the cancel stands under the ref, with a floor", str(cancel))
    at = round(answer["at"] * 1e9)
    tap.ok(abs(nanoseconds(cancel["time"]) + 10**9 - nanoseconds(message["time"]) - at) < 1000,
           "and falls a grace after its stamp", f"{cancel['time']} {answer}")
    for end in (client, other, inside):
        end.close()


def test_same_everywhere(tap, nodes, alone):
    streams = []
    client, accepted = submit(nodes[0], BATCH)
    watchers = [watch(n, accepted["ref"]) for n in nodes]
    own = [json.dumps(accepted)] + [json.dumps(e) for e in to_the_end(client)]
    for watcher in watchers:
        streams.append([json.dumps(e) for e in to_the_end(watcher)])
    tap.ok(all(s == own for s in streams), "each node sends the same bytes", str(streams)[:400])
    late = [json.dumps(e) for e in to_the_end(watch(nodes[2], accepted["ref"]))]
    tap.is_(late, own, "and again when all is over")
    client, first = submit(alone, BATCH)
    single = [nats.same(first)] + [nats.same(e) for e in to_the_end(client)]
    tap.is_([nats.same(json.loads(e)) for e in own], single,
            "they are those of a single node, but for ref, time and durable")


def test_keys(tap, nodes):
    wrong = []
    for i in range(40):
        clients = [Client(n) for n in nodes]
        for client in clients:
            client.send({"detach": True, "key": f"race {i}", "jobs": [{"wait": 0.001}]})
        answers = [c.event() for c in clients]
        new = sum(not a.get("existing") for a in answers)
        if new != 1 or len({a.get("ref") for a in answers}) != 1:
            wrong.append(answers)
        for client in clients:
            client.close()
    tap.is_(wrong[:2], [], "of a key that is asked for at three nodes at once there is one batch")
    client, accepted = submit(nodes[0], {"jobs": [{"wait": 0.001}]}, key="race 0")
    tap.is_(accepted.get("existing"), True, "it stays bound")
    client.close()
    client, refused = submit(nodes[1], {"jobs": [{"wait": 0.002}]}, key="race 0")
    tap.is_(refused.get("code"), "conflict", "to its request")
    client.close()


def test_cancels(tap, nodes):
    wrong = []
    for _ in range(20):
        client, accepted = submit(nodes[0], {"jobs": [{"wait": "1h"}, {"wait": "1h"}]})
        others = [Client(n) for n in nodes[1:]]
        for job, other in enumerate(others):
            other.send({"op": "cancel", "ref": accepted["ref"], "job": job})
        answers = [o.event() for o in others]
        streams = [client.until("finished")] + [to_the_end(watch(n, accepted["ref"], 2)) for n in nodes]
        instants = {round(e["at"] * 1e9) for e in streams[0] if e["event"] == "done"}
        if any(s != streams[0] for s in streams) or \
                instants != {round(a["at"] * 1e9) for a in answers}:
            wrong.append((answers, streams))
        for end in (client, *others):
            end.close()
    tap.is_(wrong[:1], [], "cancels at two nodes at once fall at the same instants for all")


def test_answer_to_a_cancel(tap, server):
    """It is not waited for that the cancel falls."""
    node = Node(server.url, "--cluster-name", "patient", "--cluster-grace", "30s")
    client, accepted = submit(node, {"jobs": [{"wait": "1h", "count": 9}, {"wait": "1s"}]})
    other = Client(node)
    began = time.monotonic()
    answer = other.ask({"op": "cancel", "ref": accepted["ref"]})
    tap.ok(answer.get("event") == "cancelled" and answer["jobs"] == 9 and answer["at"] >= 30 and
           time.monotonic() - began < 29, "a cancel is answered as soon as it is read back",
           f"{answer} after {time.monotonic() - began}")
    tap.is_(client.event().get("job"), 9, "and the batch goes on until it falls")
    for end in (client, other):
        end.close()
    node.kill()


def test_lists(tap, nodes):
    client, accepted = submit(nodes[0], {"jobs": [{"wait": 0.001}]}, key="listed")
    client.until("finished")
    asks = [Client(n) for n in nodes]
    asks[1].send({"op": "batches", "ref": accepted["ref"]})
    listed = asks[1].until("batches")[0]
    tap.is_((listed.get("key"), "pending" in listed, "last" in listed, "status" in listed),
            ("listed", False, False, False), "a node lists what it has not run, without its progress")
    tap.is_(asks[1].ask({"op": "forget", "ref": accepted["ref"]})["event"], "forgotten",
            "a node finds out by itself that a batch has ended, and forgets it")
    tap.is_([a.ask({"op": "watch", "ref": accepted["ref"]}).get("code") for a in asks], ["gone"] * 3,
            "which is so at all of them")
    again, second = submit(nodes[2], {"jobs": [{"wait": 0.003}]}, key="listed")
    tap.is_((second.get("event"), second.get("existing")), ("accepted", None), "its key is free")
    third, existing = submit(nodes[0], {"jobs": [{"wait": 0.003}]}, key="listed")
    tap.is_((existing.get("ref"), existing.get("existing")), (second.get("ref"), True),
            "and bound anew, at all of them")
    running, long = submit(nodes[0], LONG)
    tap.is_(asks[2].ask({"op": "forget", "ref": long["ref"]}).get("code"), "conflict",
            "what runs is not forgotten")
    asks[1].send({"op": "watch", "ref": long["ref"]})
    asks[1].until("done")
    asks[1].ask({"op": "unwatch", "ref": long["ref"]})

    def without_progress():
        """The node may still be about to end it."""
        asks[1].send({"op": "batches", "ref": long["ref"]})
        listed = asks[1].until("batches")[0]
        return (listed.get("state"), "pending" in listed, "last" in listed) == ("running", False, False)

    tap.ok(eventually(without_progress), "what a node runs no more it lists without the progress of then")
    tap.is_(asks[2].ask({"op": "watch", "ref": "1-0123456789abcdef"}).get("code"), "not_found",
            "what never was is not found")
    for end in (client, again, third, running, *asks):
        end.close()


def test_short_lives(tap, nodes):
    client, accepted = submit(nodes[0], {"jobs": [{"wait": 0.001}]}, key="short", retain="200ms")
    client.until("finished")
    other = Client(nodes[1])

    def is_gone():
        return other.ask({"op": "watch", "ref": accepted["ref"]}).get("code") == "gone"

    tap.ok(eventually(is_gone), "a batch is gone when its time is over, also at nodes that never ran it")
    again, second = submit(nodes[2], {"jobs": [{"wait": 0.002}]}, key="short")
    tap.ok(second.get("event") == "accepted" and "existing" not in second, "and its key is free there",
           str(second))
    for end in (client, other, again):
        end.close()


def test_refusals(tap, server, nodes):
    client = Client(nodes[0])
    client.send({"detach": True, "on_restart": "catch_up", "jobs": []})
    refused = client.event()
    tap.is_((refused.get("code"), refused.get("path")), ("invalid_request", "on_restart"),
            "on_restart is refused by name")
    client.send({"detach": True, "jobs": [{"data": "x" * (1 << 20)}]})
    refused = client.event()
    tap.is_((refused.get("code"), "1048576" in refused.get("message", "")), ("too_large", True),
            "a request over the servers' payload limit is refused with the limit")
    client.close()
    url = ["--cluster", server.url]
    for flags, word in ((url + ["--state", "/tmp"], "cluster and state do not go together"),
                        (["--cluster", "http://127.0.0.1:1"], "nats://"),
                        (["--cluster", "nats://127.0.0.1"], "nats://"),
                        (url + ["--cluster-name", "a.b"], "no name of a cluster"),
                        (url + ["--cluster-name", "a" * 33], "no name of a cluster"),
                        (url + ["--cluster-grace", "1ms"], "0.1 to 60 s")):
        status, line = ends_with(flags)
        tap.ok(status == 2 and word in line, f"{' '.join(flags[-2:])} is refused", f"{status}: {line}")
    status, line = ends_with(["--cluster", f"nats://127.0.0.1:{free_port()}"])
    tap.ok(status == 1 and "reached" in line, "without a server the daemon exits with 1", f"{status}: {line}")


def test_streams_that_differ(tap, server):
    inside = Nats(server)
    good = {"storage": "file", "max_msgs_per_subject": 1, "discard": "new", "num_replicas": 1,
            "retention": "limits", "max_age": 0}
    for i, (change, words) in enumerate((
            ({"storage": "memory"}, ("storage memory", "takes file")),
            ({"discard": "old"}, ("discard old", "takes new")),
            ({"max_msgs_per_subject": 2}, ("max_msgs_per_subject 2", "takes 1")),
            ({"max_age": 10**11}, ("max_age (nanoseconds) 100000000000", "takes 0")),
            ({"discard_new_per_subject": True}, ("discard_new_per_subject true", "takes false")),
            ({"deny_delete": True}, ("deny_delete true", "takes false")),
            ({"no_ack": True}, ("no_ack true", "takes false")),
            ({"retention": "workqueue"}, ("retention workqueue", "takes limits")),
            ({"subjects": ["X.req.*", "X.out.>"]}, ("the subjects X.req.* X.out.>", "X.tick.*")))):
        name = f"S{i}"
        subjects = [s.replace("X", name) for s in change.get("subjects", ["X.req.*", "X.out.>", "X.tick.*"])]
        made = inside.api(f"STREAM.CREATE.{name}", {"name": name, **good, **change, "subjects": subjects})
        status, line = ends_with(["--cluster", server.url, "--cluster-name", name])
        words = [w.replace("X", name) for w in words]
        tap.ok("error" not in made and status == 1 and all(w in line for w in words),
               f"a stream with {next(iter(change))} {next(iter(change.values()))} is refused with both values",
               f"{made.get('error')} {status}: {line}")
    inside.api("STREAM.CREATE.fine", {"name": "fine", **good, "max_bytes": 1 << 20,
                                      "subjects": ["fine.req.*", "fine.out.>", "fine.tick.*"]})
    node = Node(server.url, "--cluster-name", "fine")
    client, accepted = submit(node, {"jobs": [{"wait": 0.001}]})
    tap.is_(accepted.get("event"), "accepted", "one that differs in what does not matter is used")

    client.close()
    node.stop()
    inside.close()


def test_full(tap, server):
    inside = Nats(server)
    inside.api("STREAM.CREATE.small", {
        "name": "small", "storage": "file", "max_msgs_per_subject": 1, "discard": "new",
        "max_bytes": 200000, "subjects": ["small.req.*", "small.out.>", "small.tick.*"]})
    node = Node(server.url, "--cluster-name", "small")
    client, long = submit(node, LONG)
    answers = []
    while not answers or answers[-1].get("event") == "accepted" and len(answers) < 200:
        other, answer = submit(node, {"jobs": [{"wait": "1h", "data": "x" * 5000}]})
        answers.append(answer)
        other.close()
    used = inside.info("small")["state"]["bytes"]
    tap.ok(answers[-1].get("code") == "unavailable" and "full" in answers[-1]["message"] and
           170000 < used <= 180000, "above 90 % of the stream submits are unavailable",
           f"{answers[-1]} {used}")
    other = Client(node)
    tap.is_(other.ask({"op": "cancel", "ref": long["ref"]}).get("event"), "cancelled",
            "cancels still fit")
    for end in (client, other, inside):
        end.close()
    node.stop()


def test_foreign(tap, server, nodes):
    other = Node(server.url, "--engine-version", "999")
    client, accepted = submit(other, LONG)
    ask = Client(nodes[0])
    ask.send({"op": "batches", "ref": accepted["ref"]})
    tap.is_(ask.until("batches")[0].get("state"), "foreign", "a batch of another engine is foreign")
    answers = [ask.ask({"op": op, "ref": accepted["ref"]}) for op in ("watch", "cancel")]
    tap.ok(all(a.get("code") == "unavailable" and "999" in a["message"] for a in answers),
           "watching and cancelling it are unavailable, with both versions", str(answers))
    for end in (client, ask):
        end.close()
    other.stop()


def fetch(port, path):
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=GUARD_SECONDS) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def test_server_away(tap, directory):
    server = Server(directory, "away").start()
    http = "--metrics" in subprocess.run([PROGRAM, "--help"], capture_output=True, text=True,
                                         check=True).stdout
    node = Node(server.url, *(["--metrics", "127.0.0.1:0"] if http else []))
    if http:
        metrics = eventually(lambda: next((line for line in node.log if line.startswith("metrics on ")), None))
        port = int(metrics.rsplit(":", 1)[1])
    client, accepted = submit(node, LONG)
    client.event()
    server.stop()
    for request, what in (({"detach": True, "jobs": []}, "a submit"),
                          ({"op": "cancel", "ref": accepted["ref"]}, "a cancel")):
        other = Client(node)
        with Machine() as machine:
            began = time.monotonic()
            answer = other.ask(request)
            took = time.monotonic() - began
        tap.ok(answer.get("code") == "unavailable" and took < 5 + 4 * machine.late,
               f"with the server away {what} is unavailable within 5 s",
               f"{answer} after {took}, and this machine was {machine.late} late")
        other.close()
    if http:
        tap.is_((fetch(port, "/readyz")[0], fetch(port, "/healthz")[0]), (503, 200),
                "the daemon is not ready, and healthy")
    server.start()

    def is_served():
        late = Client(node)
        answer = late.ask({"detach": True, "jobs": []})
        late.close()
        return answer.get("event") == "accepted"

    tap.ok(eventually(is_served), "it comes back by itself")
    if http:
        tap.ok(eventually(lambda: fetch(port, "/readyz")[0] == 200), "and is ready")
        text = fetch(port, "/metrics")[1]
        figures = dict(line.split(" ") for line in text.splitlines() if line.startswith("waitd_cluster"))
        tap.ok(float(figures.get("waitd_cluster_watermark_age_seconds", -1)) >= 0 and
               int(figures.get("waitd_cluster_reconnects_total", 0)) >= 1 and
               int(figures.get("waitd_cluster_requests", 0)) >= 2 and
               "waitd_cluster_races_lost_total" in figures, "metrics report the cluster", str(figures))
    client.close()
    node.stop()
    server.stop()


def test_no_ticks_without_watchers(tap, server):
    inside = Nats(server)
    node = Node(server.url, "--cluster-name", "quiet")
    client, _ = submit(node, {"jobs": [{"wait": 0.001}]})
    to_the_end(client)
    sequence = [0]

    def is_quiet():
        before, sequence[0] = sequence[0], inside.info("quiet")["state"]["last_seq"]
        time.sleep(1)
        return before == sequence[0]

    tap.ok(eventually(is_quiet), "a node that nobody watches at puts no ticks")
    before = node.cpu_seconds()
    time.sleep(1)
    tap.ok(node.cpu_seconds() - before < 0.1, "and sleeps", str(node.cpu_seconds() - before))
    inside.close()
    node.stop()


def main():
    tap = Tap()
    refused = ends_with(["--cluster", "nats://127.0.0.1:1"])[1]
    if nats.PROGRAM is None or "built without NATS" in refused:
        print(f"ok 1 - a cluster # SKIP {'no nats-server' if nats.PROGRAM is None else refused}\n1..1")
        return 0
    directory = nats.temporary()
    server = Server(directory).start()
    nodes = [Node(server.url) for _ in range(3)]
    alone = Daemon()
    try:
        test_stream(tap, server)
        test_request(tap, server, nodes)
        test_same_everywhere(tap, nodes, alone)
        test_keys(tap, nodes)
        test_cancels(tap, nodes)
        test_answer_to_a_cancel(tap, server)
        test_lists(tap, nodes)
        test_short_lives(tap, nodes)
        test_refusals(tap, server, nodes)
        test_streams_that_differ(tap, server)
        test_full(tap, server)
        test_foreign(tap, server, nodes)
        test_server_away(tap, directory)
        test_no_ticks_without_watchers(tap, server)
        tap.is_([d.stop() for d in (*nodes, alone)], [0] * 4, "all daemons stop in good order")
    finally:
        nats.end_all()
        if alone.process.poll() is None:
            alone.process.kill()
        server.stop()
        shutil.rmtree(directory, ignore_errors=True)
    return tap.finish()


if __name__ == "__main__":
    raise SystemExit(main())
