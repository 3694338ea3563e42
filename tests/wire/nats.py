# SPDX-License-Identifier: ISC
"""Real nats-servers, what is in their streams, proxies that cut and lose, and nodes of waitd."""

import base64
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

from daemons import Client, Daemon, GUARD_SECONDS, eventually, free_port

PROGRAM = shutil.which("nats-server")


class Server:
    """One nats-server; its store outlives it."""

    def __init__(self, directory, name="n1", cluster=None, settings="", wrap=()):
        self.directory = os.path.join(directory, name)
        os.makedirs(self.directory, exist_ok=True)
        self.port = free_port()
        self.url = f"nats://127.0.0.1:{self.port}"
        self.store = os.path.join(self.directory, "store")
        self.config = os.path.join(self.directory, "nats.conf")
        self.wrap = list(wrap)
        self.process = None
        routes = ""
        if cluster:
            own, others = cluster
            routes = (f'server_name: {name}\ncluster {{ name: c, listen: "127.0.0.1:{own}", '
                      f'routes: [{", ".join(f"nats-route://127.0.0.1:{p}" for p in others)}] }}\n')
        with open(self.config, "w", encoding="ascii") as config:
            config.write(f'listen: "127.0.0.1:{self.port}"\n'
                         f'jetstream {{ store_dir: "{self.store}" }}\n{routes}{settings}\n')

    def start(self):
        self.process = subprocess.Popen(
            [*self.wrap, PROGRAM, "-c", self.config], stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=open(os.path.join(self.directory, "log"), "ab"))
        if not eventually(self.listens):
            print("Bail out! nats-server does not listen")
            sys.exit(99)
        return self

    def listens(self):
        try:
            socket.create_connection(("127.0.0.1", self.port), 1).close()
            return True
        except OSError:
            return False

    def stop(self, number=signal.SIGTERM):
        if self.process is None:
            return
        self.process.send_signal(number)
        self.process.wait(GUARD_SECONDS)
        self.process = None

    def copy_store(self, to):
        shutil.rmtree(to, ignore_errors=True)
        shutil.copytree(self.store, to)

    def put_store_back(self, kept):
        shutil.rmtree(self.store)
        shutil.copytree(kept, self.store)


class Nats:
    """As much of a client as it takes to look into a stream."""

    def __init__(self, server):
        self.socket = socket.create_connection(("127.0.0.1", server.port), GUARD_SECONDS)
        self.socket.settimeout(GUARD_SECONDS)
        self.lines = self.socket.makefile("rb")
        self.lines.readline()
        self.socket.sendall(b'CONNECT {"verbose":false,"headers":true}\r\nSUB _T.* 1\r\n')
        self.number = 0

    def request(self, subject, payload=None, headers=None):
        """The answer's data."""
        self.number += 1
        data = json.dumps(payload).encode() if isinstance(payload, (dict, list)) else payload or b""
        if headers:
            head = b"NATS/1.0\r\n" + b"".join(f"{k}: {v}\r\n".encode()
                                             for k, v in headers.items()) + b"\r\n"
            line = f"HPUB {subject} _T.{self.number} {len(head)} {len(head) + len(data)}\r\n"
            data = head + data
        else:
            line = f"PUB {subject} _T.{self.number} {len(data)}\r\n"
        self.socket.sendall(line.encode() + data + b"\r\n")
        return self.answer()

    def answer(self):
        while True:
            words = self.lines.readline().split()
            if not words:
                return None
            if words[0] == b"PING":
                self.socket.sendall(b"PONG\r\n")
            elif words[0] in (b"MSG", b"HMSG"):
                data = self.lines.read(int(words[-1]) + 2)[:-2]
                return data[int(words[-2]):] if words[0] == b"HMSG" else data

    def api(self, name, payload=None):
        return json.loads(self.request(f"$JS.API.{name}", payload))

    def info(self, stream="waitd"):
        return self.api(f"STREAM.INFO.{stream}")

    def message(self, stream="waitd", **which):
        """Headers and data of one message, or None."""
        found = self.api(f"STREAM.MSG.GET.{stream}", which).get("message")
        if found is None:
            return None
        lines = base64.b64decode(found.get("hdrs", "")).decode().split("\r\n")[1:]
        found["headers"] = dict(line.split(": ", 1) for line in lines if ": " in line)
        found["data"] = base64.b64decode(found.get("data", "")).decode()
        return found

    def messages(self, kind, stream="waitd"):
        """All messages whose subject begins so, by sequence."""
        state = self.info(stream)["state"]
        found = (self.message(stream, seq=seq)
                 for seq in range(max(1, state["first_seq"]), state["last_seq"] + 1))
        return [m for m in found if m and m["subject"].startswith(f"{stream}.{kind}.")]

    def close(self):
        self.lines.close()
        self.socket.close()


class Proxy:
    """Between a node and its server.  `cut` resets all; while it is `deaf` nothing passes."""

    def __init__(self, server):
        self.server = server
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"nats://127.0.0.1:{self.listener.getsockname()[1]}"
        self.deaf = threading.Event()  # set: nothing passes, and nobody learns of it
        self.drops = None              # a function of bytes from the server: what passes
        self.pairs = []
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            try:
                server = socket.create_connection(("127.0.0.1", self.server.port), 5)
            except OSError:
                client.close()
                continue
            self.pairs.append((client, server))
            for a, b, is_answer in ((client, server, False), (server, client, True)):
                threading.Thread(target=self.pass_on, args=(a, b, is_answer), daemon=True).start()

    def pass_on(self, source, sink, is_answer):
        try:
            while data := source.recv(65536):
                while self.deaf.is_set():
                    time.sleep(0.01)
                if is_answer and self.drops:
                    data = self.drops(data)
                sink.sendall(data)
        except OSError:
            pass
        for end in (source, sink):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def cut(self):
        for pair in self.pairs:
            for end in pair:
                try:
                    end.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass
        self.pairs = []

    def close(self):
        self.listener.close()
        self.cut()


class Node(Daemon):
    all = []

    def __init__(self, url, *flags, environment=None):
        urls = [url] if isinstance(url, str) else url
        self.flags = [f for u in urls for f in ("--cluster", u)] + list(flags)
        super().__init__(*self.flags, environment=environment)
        Node.all.append(self)

    @staticmethod
    def may_be_tried_again(_):
        """It waits some seconds for its server, which may be too slow for that."""
        return True

    def kill(self):
        self.process.kill()
        self.process.wait(GUARD_SECONDS)


def submit(node, request, **members):
    """A client that watches what it has submitted, and the `accepted`."""
    client = Client(node)
    client.send({"detach": True, **members, **request})
    return client, client.event()


def watch(node, ref, first=1):
    client = Client(node)
    client.send({"op": "watch", "ref": ref, "from": first})
    return client


def to_the_end(client):
    events = client.until("finished")
    client.close()
    return events


def same(event):
    """An event less what two runs of one request differ in."""
    return {k: v for k, v in event.items() if k not in ("ref", "time", "durable")}


def gaps(events, first=1):
    """None, or what is wrong with the numbers of a stream of events."""
    numbers = [e.get("seq") for e in events if e and "seq" in e]
    expected = list(range(first, first + len(numbers)))
    return None if numbers == expected else f"numbers {numbers[:50]}"


def end_all():
    """Whatever is left of nodes when a test ends, however it ends."""
    for node in Node.all:
        if node.process.poll() is None:
            node.kill()


def temporary():
    return tempfile.mkdtemp(prefix="waitd-nats-")
