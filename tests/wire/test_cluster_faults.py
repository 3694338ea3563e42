#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""The worst days of a cluster: nodes, servers and what is between them fail, and nothing that a
client has read is contradicted.  WAITD_TEST_ROUNDS rounds of each, by seed (default: one to three,
as the case has it); WAITD_TEST_SEED (default 1) is the first, and WAITD_TEST_CASES a regular
expression that the names of the cases to play match.  `make cluster-rounds' plays many.
"""

import os
import random
import re
import shutil
import signal
import threading
import time

import nats
from daemons import Client, GUARD_SECONDS, eventually
from nats import Nats, Node, Proxy, Server, free_port, gaps, submit, to_the_end, watch
from examples import Tap
from test_cluster import ends_with

ROUNDS = int(os.environ.get("WAITD_TEST_ROUNDS") or 0)
SEED = int(os.environ.get("WAITD_TEST_SEED") or 1)
CHOSEN = re.compile(os.environ.get("WAITD_TEST_CASES") or "")
FAST = ("--cluster-grace", "300ms")


def steps(n, gap="20ms", *more):
    """n jobs, one after another, and more behind them."""
    return {"mode": "sequential", "jobs": [{"wait": gap, "count": n}, *more]}


ENDLESS = {"wait": "1h", "count": 100}  # until it is cancelled


class Lines:
    """Bends what a server sends line by line: what it is called with may end within one."""

    def __init__(self, bend):
        self.bend, self.rest = bend, b""

    def __call__(self, data):
        lines, end, self.rest = (self.rest + data).rpartition(b"\r\n")
        return self.bend(lines + end)


class Follower:
    """Reads one batch to its end from whichever node answers, by its cursor."""

    def __init__(self, nodes, ref, seed):
        self.nodes, self.ref = nodes, ref
        self.random = random.Random(seed)
        self.lines, self.reconnects, self.problem = [], 0, None
        self.thread = threading.Thread(target=self.follow, daemon=True)
        self.thread.start()

    def follow(self):
        guard = time.monotonic() + GUARD_SECONDS
        while time.monotonic() < guard:
            try:
                client = watch(self.random.choice(self.nodes), self.ref, len(self.lines) + 1)
            except OSError:
                time.sleep(0.02)
                continue
            if self.read(client):
                return
            self.reconnects += 1
            time.sleep(0.05)
        self.problem = f"no end after {len(self.lines)} lines"

    def read(self, client):
        client.socket.settimeout(15)
        try:
            while event := client.event():
                if event["event"] in ("suspended", "error"):
                    if event.get("code") not in (None, "unavailable"):
                        self.problem = str(event)
                        return True
                    return False
                self.lines.append(event)
                if event["event"] == "finished":
                    return True
        except OSError:
            pass
        finally:
            client.close()
        return False

    def end(self):
        """None, or what is wrong."""
        self.thread.join(GUARD_SECONDS)
        return self.problem or gaps(self.lines)


def contradictions(nodes, ref, followers):
    """None, or how what was read differs from what is read now."""
    wrong = [f.end() for f in followers]
    if any(wrong):
        return str(wrong)
    final = to_the_end(watch(next(n for n in nodes if n.process.poll() is None), ref))
    for follower in followers:
        if follower.lines != final:
            at = next((i for i, (a, b) in enumerate(zip(follower.lines, final)) if a != b), -1)
            return f"event {at + 1}: {follower.lines[at]} and now {final[at]}"
    return None


def rounds(tap, name, play, n):
    """Plays it with each seed; the first that fails is reported."""
    began = time.monotonic()
    for seed in range(SEED, SEED + (ROUNDS or n)):
        problem = play(random.Random(seed))
        if problem == "SKIP":
            tap.skip(name, "no faketime, or sanitizers")
            return
        if problem:
            tap.ok(False, name, f"WAITD_TEST_SEED={seed}: {problem}")
            return
    tap.ok(True, f"{name}: {ROUNDS or n} rounds" if ROUNDS else name)
    if ROUNDS:
        print(f"# seeds {SEED} to {SEED + ROUNDS - 1}, {time.monotonic() - began:.0f} s", flush=True)


def with_nodes(directory, play, *flags, n=3, proxied=False, settings=""):
    """Calls play(server, proxies, nodes), and clears away."""
    server = Server(directory, f"s{free_port()}", settings=settings).start()
    proxies = [Proxy(server) for _ in range(n)] if proxied else []
    nodes = [Node(proxies[i].url if proxied else server.url, *FAST, *flags) for i in range(n)]
    try:
        return play(server, proxies, nodes)
    finally:
        for node in nodes:
            node.process.send_signal(signal.SIGCONT)
        nats.end_all()
        for proxy in proxies:
            proxy.close()
        server.stop(signal.SIGKILL)


def cancel_somewhere(node, ref, job=None):
    client = Client(node)
    answer = client.ask({"op": "cancel", "ref": ref, **({} if job is None else {"job": job})})
    client.close()
    return answer


def kill_nodes(directory, chance):
    def play(server, _, nodes):
        client, accepted = submit(nodes[0], steps(60))
        followers = [Follower(nodes, accepted["ref"], chance.random()) for _ in range(4)]
        for i in (0, 1):
            time.sleep(chance.uniform(0, 0.4))
            nodes[i].kill()
        client.close()
        return contradictions(nodes, accepted["ref"], followers)

    return with_nodes(directory, play)


def stop_a_node(directory, chance):
    def play(server, _, nodes):
        client, accepted = submit(nodes[0], steps(200, "20ms", ENDLESS))
        followers = [Follower([n], accepted["ref"], 1) for n in nodes]
        time.sleep(chance.uniform(0.2, 0.5))
        nodes[0].process.send_signal(signal.SIGSTOP)
        time.sleep(0.5)
        answer = cancel_somewhere(nodes[1], accepted["ref"])
        time.sleep(2.5)
        nodes[0].process.send_signal(signal.SIGCONT)
        client.close()
        if answer.get("event") != "cancelled":
            return str(answer)
        return contradictions(nodes, accepted["ref"], followers)

    return with_nodes(directory, play)


def kill_the_server(directory, chance):
    def play(server, _, nodes):
        client, accepted = submit(nodes[0], steps(60))
        followers = [Follower(nodes, accepted["ref"], chance.random()) for _ in range(3)]
        time.sleep(chance.uniform(0, 0.5))
        server.stop(signal.SIGKILL)
        time.sleep(chance.uniform(0, 0.5))
        server.start()
        client.close()
        return contradictions(nodes, accepted["ref"], followers)

    return with_nodes(directory, play)


def cut_off_a_node(directory, chance):
    """It hears nothing while another cancels; what it has sent by then stays true."""
    def play(server, proxies, nodes):
        client, accepted = submit(nodes[0], steps(400, "5ms", ENDLESS))
        followers = [Follower([n], accepted["ref"], 1) for n in nodes]
        time.sleep(chance.uniform(0.1, 0.5))
        proxies[0].deaf.set()
        time.sleep(chance.uniform(0, 0.4))
        answer = cancel_somewhere(nodes[1], accepted["ref"])
        time.sleep(chance.uniform(0.3, 1.5))
        proxies[0].deaf.clear()
        if chance.random() < 0.5:
            proxies[0].cut()
        client.close()
        if answer.get("event") != "cancelled":
            return str(answer)
        return contradictions(nodes, accepted["ref"], followers)

    return with_nodes(directory, play, proxied=True)


def lose_an_acknowledgement(directory, chance):
    """The connection ends once the server has the request, before the node has read anything."""
    def play(server, proxies, nodes):
        inside = Nats(server)
        to_the_end(submit(nodes[0], steps(1))[0])  # it has begun
        before = len(inside.messages("req"))
        proxies[0].drops = lambda data: b""
        submitter = Client(nodes[0])
        submitter.send({"detach": True, **steps(5)})
        if not eventually(lambda: len(inside.messages("req")) > before):
            return "the request does not arrive"
        proxies[0].drops = None
        proxies[0].cut()
        events = submitter.until("finished")
        submitter.close()
        after = len(inside.messages("req"))
        inside.close()
        if after != before + 1 or events[0]["event"] != "accepted":
            return f"{after - before} requests, {events[0]}"
        return gaps(events)

    return with_nodes(directory, play, n=1, proxied=True)


def roll_back(directory, chance):
    """The server loses what it had acknowledged: nodes put it back under its old name."""
    def play(server, _, nodes):
        early, first = submit(nodes[1], steps(3))
        early.close()
        time.sleep(0.3)
        server.stop()
        server.copy_store(server.directory + "/kept")
        server.start()
        if not eventually(lambda: (submit(nodes[0], {"jobs": []})[1] or {}).get("event") == "accepted"):
            return "the nodes do not come back"
        client, accepted = submit(nodes[0], steps(250), key="lost")
        cancelled = cancel_somewhere(nodes[1], accepted["ref"], 0)
        cancelled = [cancelled, cancel_somewhere(nodes[1], accepted["ref"], 240)]
        followers = [Follower([n], accepted["ref"], 1) for n in nodes]
        time.sleep(chance.uniform(0.6, 1.2))
        server.stop(signal.SIGKILL)
        server.put_store_back(server.directory + "/kept")
        server.start()
        problem = contradictions(nodes, accepted["ref"], followers)
        again, existing = submit(nodes[2], steps(250), key="lost")
        ref = existing.get("ref")
        again.close()
        client.close()
        inside = Nats(server)
        put_back = [m for m in inside.messages("req") if "Waitd-Was" in m["headers"]]
        cancels = [m for m in inside.messages("out") if "Waitd-Was" in m["headers"]]
        inside.close()
        done = [e for e in followers[0].lines if e.get("status") == "cancelled" and "job" in e]
        if problem:
            return problem
        if ref != accepted["ref"] or not put_back or len(cancels) < len(
                [c for c in cancelled if c.get("event") == "cancelled"]):
            return f"{ref} for {accepted['ref']}, {len(put_back)} and {len(cancels)} put back, {cancelled}"
        return None if done else "the cancel is lost"

    return with_nodes(directory, play)


def lose_all_of_the_store(directory, chance):
    def play(server, _, nodes):
        client, accepted = submit(nodes[0], steps(100))
        followers = [Follower([nodes[0]], accepted["ref"], 1)]
        time.sleep(chance.uniform(0.2, 0.6))
        server.stop(signal.SIGKILL)
        shutil.rmtree(server.store)
        server.start()
        client.close()
        return contradictions(nodes, accepted["ref"], followers)

    return with_nodes(directory, play, n=2)


def wait_patiently(directory, chance):
    """Cut off, a node sends heartbeats to those who want them, and in the end `suspended`."""
    def play(server, proxies, nodes):
        client, accepted = submit(nodes[0], {"jobs": [{"wait": "20ms"}, {"wait": "6s"}]}, heartbeat="1s")
        first = client.event()
        time.sleep(chance.uniform(0, 0.3))
        proxies[0].deaf.set()
        events = client.until("suspended")
        proxies[0].deaf.clear()
        kinds = [e and e["event"] for e in events]
        client.close()
        rest = to_the_end(watch(nodes[1], accepted["ref"], 3))
        if first.get("seq") != 2 or kinds != ["heartbeat"] * (len(kinds) - 1) + ["suspended"] or \
                len(kinds) < 3 or events[-1]["last"] != 2 or rest[-1]["ok"] != 2:
            return f"{first} {events} {rest}"
        return None

    return with_nodes(directory, play, "--client-timeout", "3500ms", n=2, proxied=True)


def clocks_step_back(directory, by, chance):
    """The stamps that nodes read are set back at one message, as by a leader whose clock was."""
    step = {}

    def bend(data):
        def set_back(found):
            sequence, stamp = int(found[2]), int(found[4])
            if "from" in step and sequence >= step["from"]:
                stamp -= by
            return b"%s.%s.%s.%d" % (found[1], found[2], found[3], stamp)

        return re.sub(rb"(\$JS\.ACK\.[^. ]+\.[^. ]+\.\d+)\.(\d+)\.(\d+)\.(\d{19})", set_back, data)

    def play(server, proxies, nodes):
        for proxy in proxies:
            proxy.drops = Lines(bend)
        client, accepted = submit(nodes[0], {"jobs": [{"wait": "10ms", "count": 1}, {"wait": "1h"},
                                                      *({"wait": 0.02 * i} for i in range(1, 60))]})
        followers = [Follower([n], accepted["ref"], 1) for n in nodes]
        time.sleep(chance.uniform(0.3, 0.6))
        inside = Nats(server)
        step["from"] = inside.info()["state"]["last_seq"] + 1
        inside.close()
        answer = cancel_somewhere(nodes[1], accepted["ref"])
        client.close()
        if answer.get("event") != "cancelled":
            return str(answer)
        suspended = sum(f.reconnects for f in followers)
        problem = contradictions(nodes, accepted["ref"], followers)
        return problem or (by < 150e6 and suspended and f"{suspended} watches were suspended") or None

    return with_nodes(directory, play, proxied=True)


def wall_clocks_differ(directory, chance):
    """Nodes' wall clocks do not matter."""
    server = Server(directory, "clocks").start()
    library = next((os.path.join(d, "libfaketime.so.1") for d in
                    ("/usr/lib/x86_64-linux-gnu/faketime", "/usr/lib/aarch64-linux-gnu/faketime",
                     "/usr/lib/faketime") if os.path.exists(os.path.join(d, "libfaketime.so.1"))), None)
    if library is None:
        server.stop()
        return "SKIP"
    environment = {**os.environ, "LD_PRELOAD": library, "FAKETIME": "+3600s",
                   "FAKETIME_DONT_FAKE_MONOTONIC": "1"}
    nodes = [Node(server.url, *FAST)]
    try:
        if nodes[0].is_sanitized():  # whose library has to be the first
            return "SKIP"
        nodes.append(Node(server.url, *FAST, environment=environment))
        began = time.monotonic()
        client, accepted = submit(nodes[1], steps(20))
        events = [accepted] + to_the_end(client)
        took = time.monotonic() - began
        other = to_the_end(watch(nodes[0], accepted["ref"]))
        if other != events:
            return f"{events[:3]} {other[:3]}"
        return None if 0.4 <= took < 60 else f"it took {took}"  # an hour is between the clocks
    finally:
        nats.end_all()
        server.stop()


def three_servers(directory, chance):
    ports = [free_port() for _ in range(3)]
    servers = [Server(directory, f"r{i}-{free_port()}", cluster=(ports[i], ports)) for i in range(3)]
    for server in servers:
        server.start()
    urls = [s.url for s in servers]
    nodes = []
    try:
        def asked(name, request):
            """Whether the servers do it, which they do not answer before they have a leader."""
            inside = Nats(servers[0])
            inside.socket.settimeout(2)
            try:
                return "error" not in inside.api(name, request)
            except (OSError, TypeError, ValueError):
                return False
            finally:
                inside.close()

        # A cluster of servers takes a while to elect who makes streams, and to know that it is three.
        if not eventually(lambda: asked("STREAM.CREATE.probe", {"name": "probe", "num_replicas": 3})):
            return "the servers make no stream of three replicas"
        nodes = [Node(urls[i:] + urls[:i]) for i in range(3)]
        inside = Nats(servers[0])
        leader = inside.info()["cluster"]["leader"]
        replicas = inside.info()["config"]["num_replicas"]
        inside.close()
        client, accepted = submit(nodes[0], {"jobs": [{"wait": "20ms", "count": 30}, {"wait": "1h"}]})
        if accepted.get("durable") != "cluster" or replicas != 3:
            return f"{accepted}, {replicas} replicas"
        followers = [Follower(nodes, accepted["ref"], chance.random()) for _ in range(3)]
        time.sleep(chance.uniform(0.3, 1))
        next(s for s in servers if s.directory.endswith(leader)).stop(signal.SIGKILL)
        client.close()

        answers = []

        def cancels():
            """Whether it is known to have fallen: one that was not known may have, too."""
            answers.append(cancel_somewhere(nodes[1], accepted["ref"]))
            return answers[-1].get("event") == "cancelled" or (
                len(answers) > 1 and answers[-1].get("code") == "not_found")

        if not eventually(cancels):
            return f"no cancel without the leader: {answers[-1]}"
        return contradictions(nodes, accepted["ref"], followers)
    finally:
        nats.end_all()
        for server in servers:
            server.stop(signal.SIGKILL)


def follow_slowly(directory, chance):
    def play(server, _, nodes):
        client, accepted = submit(nodes[0], {"events": "all", "jobs": [{"wait": "1ms", "count": 20000}]})
        slow = Client(nodes[1], receive_bytes=4096)
        slow.send({"op": "watch", "ref": accepted["ref"]})
        time.sleep(0.5)
        own = [accepted] + to_the_end(client)
        late = to_the_end(slow)
        return None if late == own else f"{len(late)} and {len(own)} events"

    return with_nodes(directory, play, n=2)


def race_for_a_key(directory, chance):
    """One key at all nodes at once: one batch, and whoever asks for another one is refused."""
    def play(server, _, nodes):
        for i in range(20):
            clients = [Client(n) for n in nodes]
            gaps_of = [chance.choice((20, 20, 21)) for _ in nodes]
            for client, gap in zip(clients, gaps_of):
                client.send({"detach": True, "key": f"race {i}", **steps(2, f"{gap}ms")})
                time.sleep(chance.choice((0, 0, 0.0005, 0.002)))
            answers = [c.event() for c in clients]
            won = [i for i, a in enumerate(answers) if a["event"] == "accepted" and not a.get("existing")]
            if len(won) != 1:
                return f"round {i}: {answers}"
            ref, gap = answers[won[0]]["ref"], gaps_of[won[0]]
            for answer, own in zip(answers, gaps_of):
                if (answer.get("ref") != ref) if own == gap else (answer.get("code") != "conflict"):
                    return f"round {i}: {answers} for gaps of {gaps_of}"
            streams = [to_the_end(watch(n, ref)) for n in nodes]
            if any(s != streams[0] for s in streams) or gaps(streams[0]):
                return f"round {i}: {streams}"
            for client in clients:
                client.close()
        return None

    return with_nodes(directory, play)


def cancel_twice_at_once(directory, chance):
    """Two nodes cancel one batch, whole or a job of it: all see both fall at the same instants."""
    def play(server, _, nodes):
        client, accepted = submit(nodes[0], steps(100, "10ms", ENDLESS))
        followers = [Follower([n], accepted["ref"], 1) for n in nodes]
        time.sleep(chance.uniform(0, 0.5))
        asking = [Client(n) for n in nodes[1:]]
        for other in asking:
            job = {} if chance.random() < 0.5 else {"job": chance.randrange(100, 200)}
            other.send({"op": "cancel", "ref": accepted["ref"], **job})
            time.sleep(chance.choice((0, 0, 0.001, 0.05)))
        answers = [o.event() for o in asking]
        cancel_somewhere(nodes[0], accepted["ref"])  # if both were of a job
        for end in (client, *asking):
            end.close()
        # Of two one may come too late: the other has ended what it names.
        if sorted(a.get("code", a["event"]) for a in answers) not in (
                ["cancelled"] * 2, ["cancelled", "not_found"]):
            return str(answers)
        return contradictions(nodes, accepted["ref"], followers)

    return with_nodes(directory, play)


def fill_the_stream(directory, chance):
    """Above 90 % submits are refused at every node; cancels and what runs go on."""
    def play(server, _, nodes):
        inside = Nats(server)
        most = chance.randrange(150000, 400000)
        inside.api("STREAM.UPDATE.waitd", {**inside.info()["config"], "max_bytes": most})
        for node in nodes:
            node.kill()
        nodes[:] = [Node(server.url, *FAST) for _ in nodes]  # a limit is seen as they begin to read
        client, accepted = submit(nodes[0], {"jobs": [{"wait": "20ms", "count": 50}, {"wait": "1h"}]})
        follower = Follower(nodes, accepted["ref"], chance.random())
        large = {"jobs": [{"wait": "1h", "data": "x" * chance.randrange(1000, 6000)}]}

        def is_refused():
            other, answer = submit(chance.choice(nodes), large)
            other.close()
            return answer.get("code") == "unavailable"

        if not eventually(is_refused):
            return "it never fills"
        answer = cancel_somewhere(nodes[2], accepted["ref"])
        used = inside.info()["state"]["bytes"]
        inside.close()
        client.close()
        if answer.get("event") != "cancelled" or not most * 0.7 < used < most * 0.95:
            return f"{answer}, {used} of {most} bytes"
        return contradictions(nodes, accepted["ref"], [follower])

    return with_nodes(directory, play)


def engines_differ(directory, chance):
    """What another engine's node has accepted is not run here, and what is ours is untouched."""
    def play(server, _, nodes):
        other = Node(server.url, *FAST, "--engine-version", "999")
        foreign, theirs = submit(other, steps(chance.randrange(1, 20)))
        client, accepted = submit(nodes[0], steps(chance.randrange(1, 20)))
        codes = [Client(node).ask({"op": "watch", "ref": ref}).get("code")
                 for node, ref in ((nodes[1], theirs["ref"]), (other, accepted["ref"]))]
        streams = [[theirs, *to_the_end(foreign)], to_the_end(watch(other, theirs["ref"])),
                   [accepted, *to_the_end(client)], to_the_end(watch(nodes[1], accepted["ref"]))]
        if codes != ["unavailable"] * 2 or streams[0] != streams[1] or streams[2] != streams[3]:
            return f"{codes} {streams}"
        return None

    return with_nodes(directory, play, n=2)


def exceed_the_payload(directory, chance):
    """A request is taken as long as it fits, and refused by name with the limit from there on."""
    limit = chance.randrange(4096, 65536)

    def play(server, _, nodes):
        def asked(length):
            client, answer = submit(chance.choice(nodes), {"jobs": [{"data": "x" * length}]})
            client.close()
            return answer

        fits, exceeds = 0, limit
        while exceeds - fits > 1:
            middle = (fits + exceeds) // 2
            answer = asked(middle)
            if answer["event"] == "accepted":
                fits = middle
            elif answer.get("code") == "too_large" and str(limit) in answer["message"]:
                exceeds = middle
            else:
                return f"{middle} bytes of {limit}: {answer}"
        return None if limit - fits < 1500 else f"{fits} bytes fit into {limit}"

    return with_nodes(directory, play, settings=f"max_payload: {limit}")


def step_back_a_little(directory, chance):
    return clocks_step_back(directory, 140_000_000, chance)


def step_back_far(directory, chance):
    return clocks_step_back(directory, 2_000_000_000, chance)


# How it is called, how it is played, and how many rounds there are if nothing is said.
CASES = (
    ("nodes are killed in mid-stream", kill_nodes, 3),
    ("a node stands still for ten graces while another cancels", stop_a_node, 3),
    ("the server is killed and comes back", kill_the_server, 3),
    ("one of three servers is lost, the leader", three_servers, 1),
    ("a node is cut off while another cancels", cut_off_a_node, 3),
    ("a node that is cut off holds its watchers, and lets them go in the end", wait_patiently, 1),
    ("an acknowledgement is lost", lose_an_acknowledgement, 3),
    ("a key is asked for at three nodes at once", race_for_a_key, 1),
    ("two nodes cancel at once", cancel_twice_at_once, 1),
    ("the server's store is rolled back", roll_back, 3),
    ("the server's store is lost", lose_all_of_the_store, 3),
    ("the server's clock is set back by less than half a grace", step_back_a_little, 3),
    ("the server's clock is set back by more than half a grace", step_back_far, 3),
    ("a follower reads slowly", follow_slowly, 3),
    ("the stream is full", fill_the_stream, 1),
    ("nodes' wall clocks differ by an hour", wall_clocks_differ, 1),
    ("nodes of two engine versions", engines_differ, 1),
    ("requests up to the payload limit and beyond", exceed_the_payload, 1),
)


def main():
    tap = Tap()
    refused = ends_with(["--cluster", "nats://127.0.0.1:1"])[1]
    if nats.PROGRAM is None or "built without NATS" in refused:
        print(f"ok 1 - a cluster # SKIP {'no nats-server' if nats.PROGRAM is None else refused}\n1..1")
        return None
    directory = nats.temporary()
    try:
        for name, play, n in CASES:
            if CHOSEN.search(name):
                rounds(tap, name, lambda chance, play=play: play(directory, chance), n)
    finally:
        nats.end_all()
        shutil.rmtree(directory, ignore_errors=True)
    return tap.finish()


if __name__ == "__main__":
    main()
