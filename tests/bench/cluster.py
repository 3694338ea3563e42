#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""What a cluster costs: three nodes on one nats-server with file storage, beside one daemon without.

Set WAITD to the program under test.  Times are the shortest of several rounds and rates the best:
other work on the machine makes them worse and never better."""

import argparse
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "wire"))
import nats  # noqa: E402
from daemons import Daemon  # noqa: E402

FLAGS = ("--max-pending", "40000000", "--max-jobs", "10000000")
CLIENTS = 64


def connect(daemon):
    return socket.create_connection(("127.0.0.1", int(daemon.address.rsplit(":", 1)[1])), 60)


def cpu(pid):
    with open(f"/proc/{pid}/stat", encoding="ascii") as stat:
        fields = stat.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def ask_to_the_end(daemon, request):
    """The seconds until a batch has finished."""
    buffer, tail = bytearray(1 << 20), b""
    with connect(daemon) as client:
        began = time.monotonic()
        client.sendall(json.dumps(request).encode())
        while b'"event":"finished"' not in tail:
            n = client.recv_into(buffer)
            if n == 0:
                sys.exit("the daemon has hung up")
            tail = tail[-64:] + bytes(memoryview(buffer)[max(0, n - 65536):n])
        return time.monotonic() - began


def follow_elsewhere(here, there, request):
    """The same of one that is submitted at one node and watched at another."""
    with connect(here) as client:
        began = time.monotonic()
        client.sendall(json.dumps(request).encode())
        ref = json.loads(client.makefile("rb").readline())["ref"]
        accepted = time.monotonic() - began
    return accepted + ask_to_the_end(there, {"op": "watch", "ref": ref})


def accept(submitters, nodes, server, seconds):
    """Batches a second, and the processors' time for each: of the nodes, and of the server."""
    before = [cpu(n.pid) for n in nodes] + [cpu(server.process.pid)]
    done = subprocess.run([submitters, str(CLIENTS), str(seconds),
                           *(n.address.rsplit(":", 1)[1] for n in nodes)],
                          stdout=subprocess.PIPE, text=True, check=True)
    figures = json.loads(done.stdout)
    n = figures["accepted"]
    used = [a - b for a, b in zip([cpu(n.pid) for n in nodes] + [cpu(server.process.pid)], before)]
    return n / figures["seconds"], sum(used[:-1]) / n, used[-1] / n, figures["p99"]


def row(*cells):
    widths = (76, 14, 10, 8, 20)
    print("| " + " | ".join(f"{c:<{w}}" for c, w in zip(cells, widths)) + " |", flush=True)


def judge(text, value, limit, at_least=False, unit=""):
    holds = value >= limit if at_least else value <= limit
    factor = value / limit if at_least else limit / value
    row(text, f"{value:,.2f}{unit}", ("≥ " if at_least else "≤ ") + f"{limit:,}{unit}",
        "held" if holds else "NOT HELD",
        f"{factor if holds else 1 / factor:.2f} times {'better' if holds else 'worse'}")


def measure(server, nodes, alone, submitters, rounds):
    plain = {"jobs": [{"count": 1000000}]}
    detached = {"detach": True, **plain}
    times = {"attached": [], "alone": [], "elsewhere": []}
    used = {"alone": [], "cluster": []}
    for _ in range(rounds):
        times["attached"].append(ask_to_the_end(alone, plain))
        before = cpu(alone.pid)
        times["alone"].append(ask_to_the_end(alone, detached))
        used["alone"].append(cpu(alone.pid) - before)
        before = cpu(nodes[1].pid)
        times["elsewhere"].append(follow_elsewhere(nodes[0], nodes[1], detached))
        used["cluster"].append(cpu(nodes[1].pid) - before)
    rates = [accept(submitters, nodes, server, 3) for _ in range(3)]
    rate, of_nodes, of_server, p99 = max(rates)
    row("work", "cluster", "wanted", "", "by")
    row("-" * 76, "-" * 14, "-" * 10, "-" * 8, "-" * 20)
    judge("10^6 jobs at one node, followed at another: of one node's time, detached",
          min(times["elsewhere"]) / min(times["alone"]), 1.3)
    judge("the same: of one node's time, attached (without `seq`, 22 % fewer bytes)",
          min(times["elsewhere"]) / min(times["attached"]), 1.3)
    judge("a watch: CPU of one node's", sum(used["cluster"]) / max(sum(used["alone"]), 0.01), 1.0)
    judge(f"one-job batches accepted a second, {CLIENTS} clients, one in flight each", rate, 5000, True)
    row("  their bound: CPU of the three nodes a batch, and of the server",
        f"{of_nodes * 1e6:.0f} + {of_server * 1e6:.0f} µs", "", "", f"{os.cpu_count()} processors")
    row("  until accepted, p99", f"{p99 * 1e3:.1f} ms", "", "", "")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", default="tests/bench", help="where `submitters' is (tests/bench)")
    parser.add_argument("--rounds", type=int, default=12, metavar="N")
    parser.add_argument("--nice", type=int, default=0, metavar="N", help="run with this priority")
    arguments = parser.parse_args()
    os.nice(arguments.nice)
    if nats.PROGRAM is None:
        print("skipped: no nats-server")
        return
    directory = nats.temporary()
    server = nats.Server(directory).start()
    alone = Daemon(*FLAGS)
    try:
        nodes = [nats.Node(server.url, *FLAGS) for _ in range(3)]
        measure(server, nodes, alone, os.path.join(arguments.build, "submitters"), arguments.rounds)
    finally:
        nats.end_all()
        alone.process.kill()
        server.stop(signal.SIGKILL)
        shutil.rmtree(directory, ignore_errors=True)


main()
