#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""Every example of waitd-protocol(7), sent to a real daemon.

What comes back is compared line by line as text.  Numbers of batches are the
example's own, translated both ways; instances, versions, refs and times of day are not compared,
and neither are the figures of `stats`, nor times where the example says that
they are measured.
"""

import atexit
import os
import re
import socket
import subprocess
import sys
import tempfile
import threading

from examples import Tap, read_examples

GUARD_SECONDS = 30  # a hanging daemon fails the test; nothing waits for this long
BATCH = re.compile(r'"batch":(\d+)')
QUOTED = re.compile(r'\bnot (\d+)(?=")')  # the number of a batch in a message
VARIABLE = re.compile(r'"(instance|version|time|ref)":"[^"]*"')
TIMES = re.compile(
    r'"(at|due|elapsed|predicted|sequential|speedup|critical_path)":[0-9]+(\.[0-9]+)?(?=[,}])')
TOKEN = re.compile(r'(?<="token":")[^"]+')
SECRET = re.compile(r"alice\.[A-Za-z0-9_-]{43}")
FIGURES = re.compile(r'":[0-9]+(\.[0-9]+)?(?=[,}])')


class Daemon:
    def __init__(self, program, *flags):
        self.process = subprocess.Popen(
            [program, "--listen", "127.0.0.1:0", *flags], stderr=subprocess.PIPE,
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, text=True)
        atexit.register(self.process.kill)
        self.port = None
        for line in self.process.stderr:
            if line.startswith("listening on "):
                self.port = int(line.rsplit(":", 1)[1])
                break
        if self.port is None:
            print(f"Bail out! {program} did not become ready")
            sys.exit(99)
        threading.Thread(target=self.process.stderr.read, daemon=True).start()

    def stop(self):
        self.process.terminate()
        return self.process.wait(GUARD_SECONDS)


def normalise(line, example):
    line = VARIABLE.sub(r'"\1":"..."', line)
    if line.startswith('{"event":"stats"'):
        line = FIGURES.sub('":0', line)
    if "measured" in example.words:
        line = TIMES.sub(r'"\1":0', line)
    return line


class Conversation:
    """One example on one connection."""

    def __init__(self, example, port):
        self.example = example
        self.socket = socket.create_connection(("127.0.0.1", port), GUARD_SECONDS)
        self.received = self.socket.makefile("r", encoding="utf-8", newline="\n")
        self.real_of = {}  # the example's number of a batch: the daemon's
        self.transcript = []

    def run(self):
        """None, or what was wrong."""
        for sent, expected in self.example.turns:
            self.send(sent)
            last = expected is self.example.turns[-1][1]
            if last and "holding" not in self.example.words:
                self.socket.shutdown(socket.SHUT_WR)
            for line in expected:
                self.expect(line)
        rest = self.received.read()
        self.socket.close()
        if rest:
            self.transcript += ["not expected:", rest]
            return "\n".join(self.transcript)
        return "\n".join(self.transcript)

    def send(self, text):
        text = BATCH.sub(
            lambda m: f'"batch":{self.real_of.get(m.group(1), m.group(1))}', text)
        self.socket.sendall(text.encode())

    def expect(self, expected):
        got = self.received.readline().rstrip("\n")
        wanted, real = BATCH.search(expected), BATCH.search(got)
        if wanted and real:
            if got.startswith('{"event":"accepted"'):
                self.real_of.setdefault(wanted.group(1), real.group(1))
            expected = BATCH.sub(
                lambda m: f'"batch":{self.real_of.get(m.group(1), m.group(1))}', expected)
        elif '"code":"not_found"' in expected:
            expected = QUOTED.sub(
                lambda m: f'not {self.real_of.get(m.group(1), m.group(1))}', expected)
        if normalise(got, self.example) != normalise(expected, self.example):
            self.transcript += ["expected: " + expected, "     got: " + got]


def ask_with_token(program, example):
    """One example, its token replaced by one that a daemon of its own knows."""
    waitctl = os.environ.get("WAITCTL", "client/waitctl")
    made = subprocess.run([waitctl, "token", "new", "alice"], check=True, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    example.turns = [(TOKEN.sub(SECRET.search(made.stdout + made.stderr).group(), sent), expected)
                     for sent, expected in example.turns]
    with tempfile.NamedTemporaryFile("w", prefix="waitd-test.") as file:
        file.write(made.stdout.splitlines()[0] + "\n")
        file.flush()
        daemon = Daemon(program, "--token-file", file.name)
        wrong = Conversation(example, daemon.port).run()
        daemon.stop()
    return wrong


def main():
    program = os.environ.get("WAITD", "daemon/waitd")
    if not os.access(program, os.X_OK):
        print(f"Bail out! no waitd at {program}: set WAITD")
        sys.exit(99)
    tap = Tap()
    examples = read_examples()
    daemon = Daemon(program)
    for example in examples:
        try:
            if "token" in example.words:
                wrong = ask_with_token(program, example)
            else:
                wrong = Conversation(example, daemon.port).run()
        except (OSError, UnicodeDecodeError) as fault:
            wrong = str(fault)
        tap.result(not wrong, f"example {example.name}", wrong)
    names = [example.name for example in examples]
    tap.result(len(names) > 20 and len(set(names)) == len(names),
               "the page has its examples, each with a name of its own", " ".join(names))
    tap.result(daemon.stop() == 0, "the daemon ends in good order")
    tap.finish()


main()
