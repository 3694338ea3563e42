#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""How fast HTTP is, beside Go's net/http, Node's http and nginx with the same to do: a slow back
end, on one processor, with the generator (wrk, and waiters.c) on another.  And a large batch over
HTTP beside the same over the socket.  Peers and programs that are not installed are left out by
name; what is printed at the end are tables and the project's targets.

Set WAITD to the program under test.  Beside other work on the machine only processor times mean something."""

import argparse
import json
import os
import re
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time

import servers
from bench import be_nice

WAITD = os.environ.get("WAITD", "daemon/waitd")
CONNECTIONS, WAITING = 64, 10000


def say(text):
    print(text, file=sys.stderr, flush=True)


# ---- Servers -------------------------------------------------------------------

def build_go(scratch):
    target = os.path.join(scratch, "http_go")
    servers.quietly([servers.find("go"), "build", "-o", target, os.path.join(servers.PEERS, "http_go.go")],
                    env=dict(os.environ, GOCACHE=os.path.join(scratch, "cache"), GO111MODULE="off"))
    return [target]


def free_port():
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()[1]


def build_nginx(scratch):
    """It cannot pick a port by itself, nor report it: a shell does."""
    nginx = shutil.which("nginx", path="/usr/sbin:" + os.environ["PATH"])
    module = "/usr/lib/nginx/modules/ngx_http_echo_module.so"
    if not nginx or not os.path.exists(module):
        raise servers.Missing("no nginx with libnginx-mod-http-echo")
    port, name = free_port(), os.path.join(scratch, "nginx.conf")
    temporary = "".join(f"{kind}_temp_path {scratch}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "scgi", "uwsgi"))
    with open(name, "w", encoding="utf-8") as out:
        out.write(f"""load_module {module}; daemon off; master_process off; pid {scratch}/pid; error_log stderr;
events {{ worker_connections 20000; }}
http {{ access_log off; keepalive_requests 100000000; {temporary}
server {{ listen 127.0.0.1:{port} backlog=65535;
location = /wait/0 {{ return 200; }}
location = /wait/100ms {{ echo_sleep 0.1; echo_exec /wait/0; }} }} }}
""")
    return ["sh", "-c", f"echo listening on 127.0.0.1:{port} >&2; exec {nginx} -p {scratch} -c {name}"]


PEERS = [("Go", build_go), ("Node", lambda _: [servers.find("node", "nodejs"), os.path.join(servers.PEERS, "http_node.js")]),
         ("nginx", build_nginx)]


class Running:
    """A server on one processor, until the `with` ends."""

    def __init__(self, name, command, processor):
        self.name, self.command, self.processor = name, command, processor
        self.ports = {}
        self.process = None

    def __enter__(self):
        self.process = subprocess.Popen(  # pylint: disable=consider-using-with
            self.command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
            env=dict(os.environ, GOMAXPROCS="1"), preexec_fn=lambda: os.sched_setaffinity(0, {self.processor}))
        wanted = 2 if self.name == "waitd" else 1
        for line in self.process.stderr:
            if found := re.search(r"listening on (http://)?127\.0\.0\.1:(\d+)", line):
                self.ports["http" if found[1] or wanted == 1 else "socket"] = int(found[2])
            if len(self.ports) == wanted:
                break
        self.wait_until_open()
        return self

    def wait_until_open(self):
        for _ in range(500):
            try:
                socket.create_connection(("127.0.0.1", self.ports["http"]), 1).close()
                return
            except OSError:
                time.sleep(0.01)

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()


# ---- Measures -------------------------------------------------------------------

class Bench:
    def __init__(self, arguments):
        processors = sorted(os.sched_getaffinity(0))
        self.server_on, self.generator_on = processors[0], processors[-1]
        self.ahead = ["chrt", "-f", "20"] if arguments.realtime else []
        self.seconds, self.build = arguments.seconds, os.path.abspath(arguments.build)

    def generate(self, *command):
        done = subprocess.run(command, check=False, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              preexec_fn=lambda: os.sched_setaffinity(0, {self.generator_on}))
        if done.returncode != 0:
            raise servers.Missing(f"{command[0]}: {done.stderr.strip()}")
        return done.stdout

    def rate(self, running, path, connections):
        """Requests a second, and the server's processor time for each."""
        before = cpu_seconds(running.process.pid)
        out = self.generate(servers.find("wrk"), "-t", "1", "-c", str(connections), "-d", f"{self.seconds}s",
                            f"http://127.0.0.1:{running.ports['http']}{path}")
        if "Non-2xx" in out or "Socket errors" in out:
            raise servers.Missing(f"{running.name}: {out}")
        used = cpu_seconds(running.process.pid) - before
        return float(re.search(r"Requests/sec: +([\d.]+)", out)[1]), used / int(re.search(r"(\d+) requests in", out)[1])

    def waiting(self, running):
        """And how late a bare timer is meanwhile, on the server's processor."""
        with subprocess.Popen(["sh", "-c", 'sleep 7; exec "$@"', "sh", *self.ahead, os.path.join(self.build, "bare_timer")],
                              stdout=subprocess.PIPE, text=True,
                              preexec_fn=lambda: os.sched_setaffinity(0, {self.server_on})) as bare:
            figures = json.loads(self.generate(*self.ahead, os.path.join(self.build, "waiters"), str(running.ports["http"]),
                                               str(running.process.pid), str(WAITING), "6000", "9000"))
            figures["bare"] = json.loads(bare.stdout.read())["p99"]
        return figures

    def figures(self, running):
        figures = {}
        for path, connections in (("/wait/0", CONNECTIONS), ("/wait/100ms", 1000)):
            figures[path], figures["cpu " + path] = self.rate(running, path, connections)
        return figures


def cpu_seconds(pid):
    with open(f"/proc/{pid}/stat", encoding="ascii") as stat:
        fields = stat.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def drain(port, data):
    """Seconds from the request to the end of its answer, which is of all that was asked for."""
    with socket.create_connection(("127.0.0.1", port), 60) as sock:
        began, n = time.monotonic(), 0
        sock.sendall(data)
        sock.shutdown(socket.SHUT_WR)
        while piece := sock.recv(1 << 20):
            n += len(piece)
        if n < 50000000:
            raise RuntimeError(f"an answer is cut short: {n} bytes")
        return time.monotonic() - began


def batch(running):
    """A million jobs of differing waits on the virtual clock, by HTTP and by the socket in turn."""
    body = b'{"clock":"virtual","jobs":[{"count":1000000,"wait":{"dist":"exponential","mean":1}}]}'
    head = b"POST /v1/batches HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
    by_http, by_socket = [], []
    for _ in range(5):
        by_http.append(drain(running.ports["http"], head % len(body) + body))
        by_socket.append(drain(running.ports["socket"], body))
    return statistics.median(by_http), statistics.median(by_socket)


def slow_senders(port, n):
    socks = []
    for _ in range(n):
        sock = socket.create_connection(("127.0.0.1", port))
        sock.sendall(b"POST /v1/batches HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                     b"Content-Length: 1000\r\n\r\n{")
        socks.append(sock)
    return socks


def beside(running):
    """Seconds to the pong, p99, of a neighbour on the socket: alone, and beside 5,000 requests that
    wait, 1,000 slow senders and batches of a million jobs one after another."""
    alone = pings(running.ports["socket"], 1000)
    socks = slow_senders(running.ports["http"], 1000)
    for _ in range(5000):
        socks.append(socket.create_connection(("127.0.0.1", running.ports["http"])))
        socks[-1].sendall(b"GET /wait?dist=uniform&min=1s&max=9s HTTP/1.1\r\nHost: localhost\r\n\r\n")
    body = '{"clock":"virtual","jobs":[{"count":1000000,"wait":{"dist":"exponential","mean":1}}]}'
    script = ('while :; do curl -s -o /dev/null -H "Content-Type: application/json" '
              f"--data-binary '{body}' http://127.0.0.1:{running.ports['http']}/v1/batches; done")
    with subprocess.Popen(["sh", "-c", script], start_new_session=True) as stream:
        for sock in socks[:1000]:
            sock.send(b" ")
        among = pings(running.ports["socket"], 1000)
        os.killpg(stream.pid, 9)
    for sock in socks:
        sock.close()
    return alone, among


def pings(port, n):
    times = []
    with socket.create_connection(("127.0.0.1", port)) as sock:
        for _ in range(n):
            began = time.monotonic()
            sock.sendall(b'{"op":"ping"}')
            sock.recv(4096)
            times.append(time.monotonic() - began)
            time.sleep(0.001)
    return sorted(times)[int(n * 0.99)]


# ---- Reporting ------------------------------------------------------------------------

def write_rate(value):
    return f"{value / 1000:.1f} k/s"


def write_us(value):
    return f"{value * 1e6:.1f} µs"


def write_ms(value):
    return f"{value * 1000:.2f} ms"


ROWS = [("/wait/0", f"`/wait/0`, {CONNECTIONS} connections", write_rate),
        ("cpu /wait/0", "its CPU a request", write_us),
        ("/wait/100ms", "`/wait/100ms`, 1,000 connections", write_rate),
        ("cpu /wait/100ms", "its CPU a request", write_us),
        ("p50", f"{WAITING:,} waiting at once, answered over 3 s and more: lateness p50", write_ms),
        ("p99", "p99", write_ms), ("bare", "a bare timer's p99 beside it", write_ms),
        ("max", "the most", write_ms),
        ("early", "too early", str), ("memory", "memory each", lambda value: f"{value / 1024:.1f} KiB")]


def show(measured, batches, neighbour):
    print("| work | " + " | ".join(measured) + " |\n" + "| --- " * (len(measured) + 1) + "|")
    for key, about, write in ROWS:
        print(f"| {about} | " + " | ".join(write(each[key]) if key in each else "" for each in measured.values()) + " |")
    waitd, peers = measured["waitd"], [measured[name] for name in ("Go", "Node") if name in measured]
    targets = [("lateness p99 above a bare timer's", write_ms(waitd["p99"] - waitd["bare"]), "≤ 2 ms",
                waitd["p99"] - waitd["bare"] <= 0.002),
               ("memory a waiting connection", f"{waitd['memory'] / 1024:.1f} KiB", "≤ 12 KiB", waitd["memory"] <= 12 * 1024),
               ("a neighbour's ping p99 beside 5,000 waiting, 1,000 slow senders and 10^6 jobs",
                f"{write_ms(neighbour[1])} (alone {write_ms(neighbour[0])})", "≤ 20 ms", neighbour[1] <= 0.02),
               ("10^6 jobs: HTTP's time by the socket's", f"{batches[0] / batches[1]:.2f}", "≤ 1.3", batches[0] / batches[1] <= 1.3)]
    if peers:
        best, least = max(each["/wait/0"] for each in peers), min(each["cpu /wait/0"] for each in peers)
        targets.insert(0, ("their CPU a request by waitd's", f"{least / waitd['cpu /wait/0']:.2f}", "≥ 1.5",
                           least >= 1.5 * waitd["cpu /wait/0"]))
        targets.insert(0, ("requests a second by the best of Go and Node", f"{waitd['/wait/0'] / best:.2f}", "≥ 1.5",
                           waitd["/wait/0"] >= 1.5 * best))
    print("\n| target | waitd | wanted | |\n| --- | --- | --- | --- |")
    for name, got, wanted, held in targets:
        print(f"| {name} | {got} | {wanted} | {'held' if held else 'NOT HELD'} |")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=int, default=5, help="of each run of wrk (5)")
    parser.add_argument("--nice", type=int, default=0, help="priority of all of it; below 0 as root (0)")
    parser.add_argument("--realtime", action="store_true",
                        help="lateness ahead of all other work (SCHED_FIFO), as root: where that cannot be kept off")
    parser.add_argument("--build", default="tests/bench", help="where the programs are (tests/bench)")
    arguments = parser.parse_args()
    if arguments.nice:
        be_nice(arguments.nice)
    bench, measured = Bench(arguments), {}
    with tempfile.TemporaryDirectory() as scratch:
        waitd = [os.path.abspath(WAITD), "--listen", "127.0.0.1:0", "--http", "127.0.0.1:0", "--threads", "1",
                 "--max-connections", "20000"]
        with Running("waitd", waitd, bench.server_on) as running:
            batches = batch(running)
            neighbour = beside(running)
            say(f"waitd: 10^6 jobs in {batches[0]:.3f} s over HTTP, {batches[1]:.3f} s over the socket")
        for name, build in [("waitd", lambda _: waitd), *PEERS]:
            try:
                command = build(scratch)
                with Running(name, command, bench.server_on) as running:
                    measured[name] = bench.figures(running)
                if name != "nginx":  # whose sleeps are of a length that is configured
                    ahead = [] if name == "Node" else bench.ahead  # its threads wait for one another, spinning
                    with Running(name, ahead + command, bench.server_on) as running:
                        measured[name] |= bench.waiting(running)
                say(f"{name}: {measured[name]}")
            except servers.Missing as missing:
                say(f"{name} is left out: {missing}")
        show(measured, batches, neighbour)


if __name__ == "__main__":
    main()
