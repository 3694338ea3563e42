#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""waitctl against servers that are no waitd, or not a sane one: it ends, and blames the server."""

import os
import socket
import subprocess
import tempfile
import threading

from examples import Tap

WAITCTL = os.environ.get("WAITCTL", "client/waitctl")
ACCEPTED = b'{"event":"accepted","batch":1,"jobs":%d,"instance":"x"}\n'
FINISHED = b'{"event":"finished","batch":1,"status":"ok","jobs":0,"ok":0}\n'

# What a server sends to whatever it is asked, and what to expect of ping, stats and `top -n 1`: the
# exit status and a part of the message.  None: it holds the connection and says nothing.
ANSWERS = {
    "that closes at once": (b"", 3, "lost (closed)", "closed the connection"),
    "that never answers": (None, 3, "the answer has not come", "no answer"),
    "of another protocol": (b"HTTP/1.1 400 Bad Request\r\n\r\n", 3, "not waitd", "not waitd"),
    "of an event that is not known": (b'{"event":"hello"}\n', 3, "lost (closed)", "not waitd"),
    "that answers something else": (ACCEPTED % 0 + FINISHED, 3, "the answer has not come",
                                    "closed the connection"),
    "that answers another request": (b'{"event":"cancelled","batch":1,"jobs":0}\n', 3,
                                     "the answer has not come", "closed the connection"),
    "that refuses": (b'{"event":"error","code":"overloaded","message":"no"}\n', 2, "overloaded: no",
                     "refused the request"),
}

# An `accepted` with an absurd number of jobs, in every way of showing it.
SHOWN = (["-o", "json"], ["-o", "human"], ["-o", "timeline"], ["-o", "summary"], ["--joblog", "joblog"],
         ["--trace", "trace"])


class Server:
    """Sends the same to whoever comes, until it is closed."""

    def __init__(self, answer):
        self.answer = answer
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.address = "127.0.0.1:%d" % self.listener.getsockname()[1]
        self.kept = []
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            try:
                client = self.listener.accept()[0]
            except OSError:
                return
            client.recv(65536)
            if self.answer is None:
                self.kept.append(client)
                continue
            client.sendall(self.answer)
            client.close()

    def close(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        for client in self.kept:
            client.close()


def waitctl(folder, *words):
    """How it ended, what it printed and what it said."""
    ended = subprocess.run([os.path.abspath(WAITCTL), *words], cwd=folder, stdin=subprocess.DEVNULL,
                           capture_output=True, text=True, timeout=60, check=False)
    return ended.returncode, ended.stdout, ended.stderr


def leaves_amid_input(tap):
    """A server that answers and leaves, while its client's input goes on."""
    server = Server(ACCEPTED % 0 + FINISHED)
    with subprocess.Popen([WAITCTL, "submit", "--server", server.address], stdin=subprocess.PIPE,
                          stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as client:
        client.stdin.write(b"[]")
        client.stdin.flush()
        status = client.wait(60)
        said = client.stderr.read().decode()
    tap.result(status == 3 and said.endswith(") before the end of the input\n"),
               "a server that leaves before the end of the input", f"{status} {said}")
    server.close()


def main():
    tap = Tap()
    leaves_amid_input(tap)
    with tempfile.TemporaryDirectory() as folder:
        for name, (answer, status, asked, sampled) in ANSWERS.items():
            server = Server(answer)
            there = ["--server", server.address, "--connect-timeout", "300ms"]
            for command in "ping", "stats":
                got = waitctl(folder, command, *there, "-o", "human")
                tap.result(got[0] == status and asked in got[2] and got[2].count("waitctl: ") == 1
                       and not got[1], "%s of a server %s" % (command, name), f"{got}")
            got = waitctl(folder, "top", "-n", "1", "--interval", "50ms", *there)
            tap.result(got[0] == 3 and sampled in got[2] and got[2].count("waitctl: ") == 1,
                   "top of a server %s" % name, f"{got}")
            server.close()
        server = Server(ACCEPTED % 0 + FINISHED)
        with open(os.path.join(folder, "two.json"), "w", encoding="ascii") as two:
            two.write("[][]")
        got = waitctl(folder, "submit", "--server", server.address, "two.json")
        tap.result(got[0] == 3 and got[2].endswith(") before everything was answered\n"),
                   "a server that leaves before everything was answered", f"{got}")
        server.close()
        for jobs in 9223372036854775807, 4294967295:
            server = Server(ACCEPTED % jobs + FINISHED)
            for shown in SHOWN:
                got = waitctl(folder, "run", "1", "--server", server.address, *shown)
                tap.result(got[0] == 3 and "what answers there is not waitd" in got[2]
                       and got[2].count("waitctl: ") == 1,
                       "%d jobs are the server's fault with %s" % (jobs, " ".join(shown)), f"{got}")
            server.close()
    tap.finish()


if __name__ == "__main__":
    main()
