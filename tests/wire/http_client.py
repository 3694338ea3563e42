#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""A daemon that speaks HTTP, and clients of it; shared by the tests of HTTP."""

import http.client
import json
import socket
import subprocess
import sys

from daemons import GUARD_SECONDS, PROGRAM, Daemon, eventually, problem_of
from examples import Tap

JSON = {"Content-Type": "application/json"}


ONE = b'{"jobs":[{"wait":0.05}]}'


class Http(Daemon):
    """A daemon whose HTTP is at self.port."""

    def __init__(self, *flags, http="127.0.0.1:0"):
        super().__init__("--http", http, *flags)
        self.http = None
        eventually(self.find)
        self.port = int(self.http.rsplit(":", 1)[1]) if not http.startswith("unix:") else 0
        if self.port:  # each loop begins with HTTP when it has a client of it
            for _ in range(4):
                self.ask("GET", "/healthz")
            self.descriptors_at_rest = self.descriptors()

    def find(self):
        for line in self.log:
            if line.startswith("listening on http://"):
                self.http = line.strip()[len("listening on http://"):]
        return self.http

    def ask(self, method, path, body=None, headers=()):
        """(status, headers, body) of one request."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=GUARD_SECONDS)
        try:
            connection.request(method, path, body=body, headers=dict(headers))
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read()
        finally:
            connection.close()

    def catch_up(self):
        """Returns when what was sent before has been read: each loop has since answered some who came later."""
        for _ in range(8):
            self.ask("GET", "/healthz")

    def raw(self, data, half_close=True):
        """All that comes back, to the end of file."""
        with socket.create_connection(("127.0.0.1", self.port), GUARD_SECONDS) as sock:
            sock.sendall(data)
            if half_close:
                sock.shutdown(socket.SHUT_WR)
            return read_all(sock)


def read_all(sock):
    data = b""
    try:
        while piece := sock.recv(65536):
            data += piece
    except ConnectionError:
        data += b"(reset)"
    return data


def dechunk(data):
    body = b""
    while data:
        size, _, rest = data.partition(b"\r\n")
        body, data = body + rest[:int(size, 16)], rest[int(size, 16) + 2:]
    return body


def read_until(sock, text):
    data = b""
    while text not in data:
        piece = sock.recv(1)
        if not piece:
            return data
        data += piece
    return data


def same(got, expected, what):
    return None if got == expected else f"{what}: got {got!r}, expected {expected!r}"


def refused(answer, status, code):
    try:
        got = answer[0], json.loads(answer[2])["code"], answer[1]["Content-Type"]
    except (ValueError, KeyError):
        got = answer[0], answer[2], answer[1]["Content-Type"]
    return same(got, (status, code, "application/json"), "a refusal")


def events(body):
    return [json.loads(line) for line in body.decode().splitlines()]


def kinds(body):
    return [event["event"] for event in events(body)]


def get(path, version="1.1", host=b"localhost", extra=b""):
    line = f"GET {path} HTTP/{version}\r\n".encode()
    return line + (b"Host: " + host + b"\r\n" if host is not None else b"") + extra + b"\r\n"


def post(path, body, extra=b"", host=b"localhost"):
    line = f"POST {path} HTTP/1.1\r\n".encode()
    return (line + b"Host: " + host + b"\r\nContent-Type: application/json\r\n" + extra +
            b"Content-Length: %d\r\n\r\n" % len(body) + body)


def status_of(data):
    return int(data.split(b" ", 2)[1]) if data.startswith(b"HTTP/") else data


def connect_slowly(d, data):
    """To one who reads little at a time."""
    sock = socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
    sock.settimeout(GUARD_SECONDS)
    sock.connect(("127.0.0.1", d.port))
    sock.sendall(data)
    return sock


def attempt(tap, name, case, *arguments):
    problem = problem_of(case, *arguments)
    tap.result(not problem, name, problem or "")


def is_built():
    """Whether this build has HTTP."""
    said = subprocess.run([PROGRAM, "--check-config", "--http", "0"], stderr=subprocess.PIPE, check=False).stderr
    return b"built without HTTP" not in said


FLAGS = ("--http-host", "test.example", "--http-origin", "http://ok.example:3000", "--service", "db=2",
         "--service", "one=1", "--max-jobs", "100000")


def try_shared(tap, cases):
    """Each case with one daemon, those that the command line names by a word, or all."""
    only = sys.argv[1:]
    daemon = Http(*FLAGS)
    try:
        for name, case in cases:
            if not only or any(word in name for word in only):
                attempt(tap, name, case, daemon)
        tap.result(daemon.stop() == 0, "the daemon ends in good order", "")
    finally:
        daemon.process.kill()


def run(shared, alone=None):
    """All of a test program: its cases with one daemon, and what is to be tried with others."""
    if not is_built():
        print("1..0 # SKIP built without HTTP")
        return 0
    tap = Tap()
    try_shared(tap, shared)
    if alone and not sys.argv[1:]:
        alone(tap)
    return tap.finish()
