#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""The log goes where nobody takes it: no client waits for that, lines that are
lost are counted, and the count is reported when the log can be written again.
"""

import atexit
import fcntl
import json
import os
import pty
import re
import signal
import socket
import subprocess
import sys
import threading
import time

from daemons import GUARD_SECONDS, PROGRAM, eventually
from examples import Tap

CROWD = 1000
LOST = re.compile(rb"waitd: warning: (\d+) log lines could not be written in time and are lost\n")


class Deaf:
    """A daemon whose log is read up to the line that says its address, and no further."""

    def __init__(self, reader, writer):
        self.reader = reader
        self.process = subprocess.Popen(
            [PROGRAM, "--listen", "127.0.0.1:0", "--threads", "2", "--log-level", "debug"],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=writer)
        atexit.register(self.process.kill)
        os.close(writer)
        line = b""
        while not line.endswith(b"\n"):
            line += os.read(reader, 1)
        self.port = int(line.rsplit(b":", 1)[1])

    def ask(self, *requests):
        """What comes for requests, until the daemon closes."""
        with socket.create_connection(("127.0.0.1", self.port), GUARD_SECONDS) as client:
            client.sendall("".join(requests).encode())
            return b"".join(iter(lambda: client.recv(65536), b""))

    def serves(self):
        """None, or how many of a crowd were not answered."""
        answered = sum(b'"pong"' in self.ask('{"op":"ping"}', '{"op":"quit"}')
                       for _ in range(CROWD))
        return None if answered == CROWD else f"{answered} of {CROWD} were answered"

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(GUARD_SECONDS)


def small_pipe():
    reader, writer = os.pipe()
    fcntl.fcntl(writer, fcntl.F_SETPIPE_SZ, 4096)
    return reader, writer


def socket_pair():
    ends = socket.socketpair()
    return ends[0].detach(), ends[1].detach()


def test_nobody_reads(tap, what, ends):
    daemon = Deaf(*ends)
    problem = daemon.serves()
    tap.result(problem is None, f"{what} that nobody reads holds no client up", str(problem))
    status = daemon.stop()
    tap.result(status == 0, "and it stops as ever", f"status {status}")
    os.close(daemon.reader)


def test_the_lost_are_counted(tap):
    """Two lines a batch, of 40 bytes each: far more than is kept."""
    batches = 20000
    daemon = Deaf(*small_pipe())
    daemon.ask("[{}]" * batches, '{"op":"quit"}')
    text = []
    reader = threading.Thread(target=lambda: text.extend(
        iter(lambda: os.read(daemon.reader, 65536), b"")))
    reader.start()
    log = lambda: b"".join(text)  # pylint: disable=unnecessary-lambda-assignment
    tap.result(eventually(lambda: LOST.search(log())), "the log says that lines were lost",
               repr(log()[-300:]))
    daemon.ask('{"op":"quit"}')
    status = daemon.stop()
    reader.join(GUARD_SECONDS)
    reported = sum(int(n) for n in LOST.findall(log()))
    came = len(re.findall(rb"batch \d+: (?:accepted, 1 jobs|finished, ok)\n", log()))
    others = LOST.sub(b"", log()).split(b"\n")[:-1]
    whole = all(re.match(rb"waitd: debug: connection \d+(, batch \d+)?: |stopping", line)
                for line in others)
    tap.result(reported > 0 and 2 * batches <= reported + came <= 2 * batches + 20,
               "those that came and those that were lost are all there were",
               f"{reported} lost, {came} came of {2 * batches}")
    tap.result(whole, "every line is a whole one", repr(others[:3]))
    tap.result(LOST.search(log()).end() < len(log()) and b": closed: " in log()[-400:],
               "what is logged afterwards comes behind it", repr(log()[-400:]))
    tap.result(status == 0, "and it stops as ever", f"status {status}")


def test_stdio(tap):
    """Standard error is a full pipe, shared with us: its flags stay as they are."""
    reader, writer = small_pipe()
    before = fcntl.fcntl(writer, fcntl.F_GETFL)
    os.write(writer, b"." * 4096)
    out_reader, out_writer = os.pipe()
    os.close(out_reader)
    done = subprocess.run([PROGRAM, "--stdio", "--log-level", "debug"], input=b"[{}]",
                          stdout=out_writer, stderr=writer, timeout=GUARD_SECONDS, check=False)
    os.close(out_writer)
    tap.result(done.returncode == 1, "--stdio: a full pipe on standard error holds nothing up, "
               "and the exit status is as ever", str(done.returncode))
    tap.result(fcntl.fcntl(writer, fcntl.F_GETFL) == before,
               "and the descriptor's flags are what they were")
    os.close(reader)
    os.close(writer)


def test_nobody_there(tap):
    reader, writer = os.pipe()
    daemon = Deaf(reader, writer)
    os.close(reader)
    problem = daemon.serves()
    tap.result(problem is None, "a pipe whose reader has gone holds no client up", str(problem))
    status = daemon.stop()
    tap.result(status == 0, "and it stops as ever", f"status {status}")


def test_no_journal(tap):
    """Standard error is said to be the journal's, but no journal takes lines with fields."""
    name = "without a journal lines go to standard error, with their priorities"
    if os.path.exists("/run/systemd/journal/socket"):
        tap.skip(name, "there is one")
        return
    ours, theirs = socket.socketpair()
    status = os.fstat(theirs.fileno())
    daemon = subprocess.Popen(
        [PROGRAM, "--listen", "127.0.0.1:0"], stdin=subprocess.DEVNULL, stderr=theirs,
        env=dict(os.environ, JOURNAL_STREAM=f"{status.st_dev}:{status.st_ino}"))
    theirs.close()
    ours.settimeout(GUARD_SECONDS)
    line = ours.makefile().readline()
    tap.result(line.startswith("<6>listening on "), name, repr(line))
    daemon.terminate()
    daemon.wait(GUARD_SECONDS)
    ours.close()


def test_a_port_scan(tap):
    """Junk of all kinds on both loops: one line in ten seconds, which counts."""
    began = time.monotonic()
    daemon = subprocess.Popen([PROGRAM, "--listen", "127.0.0.1:0", "--threads", "2"],
                              stdin=subprocess.DEVNULL, stderr=subprocess.PIPE)
    port = int(daemon.stderr.readline().rsplit(b":", 1)[1])
    for junk in [b"GET / HTTP/1.0\r\n\r\n", b"\x16\x03\x01\x02\x00\x01", b"\r\n\r\n", b"",
                 b"SSH-2.0-scan\r\n", b"\0" * 64, b"EHLO x\r\n", b"{}"] * 25:
        with socket.create_connection(("127.0.0.1", port), GUARD_SECONDS) as client:
            client.sendall(junk)
            client.shutdown(socket.SHUT_WR)
            try:
                while client.recv(65536):
                    pass
            except ConnectionError:
                pass
    daemon.send_signal(signal.SIGTERM)
    lines = daemon.stderr.read().splitlines()
    daemon.wait(GUARD_SECONDS)
    most = 3 + (time.monotonic() - began) // 10
    reported = [line for line in lines if b"stopping" not in line]
    tap.result(1 <= len(reported) <= most and len(lines) == len(reported) + 1 and b"request refused" in reported[0],
               "a port scan's junk leaves one line in ten seconds", repr(lines))


def main():
    tap = Tap()
    test_nobody_reads(tap, "a pipe", small_pipe())
    test_nobody_reads(tap, "a terminal", pty.openpty())
    test_nobody_reads(tap, "a socket", socket_pair())
    test_the_lost_are_counted(tap)
    test_nobody_there(tap)
    test_stdio(tap)
    test_no_journal(tap)
    test_a_port_scan(tap)
    tap.finish()


if __name__ == "__main__":
    sys.exit(main())
