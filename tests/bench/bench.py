#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""Measures waitd beside its peers: see --help."""

import argparse
import collections
import datetime
import json
import os
import platform
import shlex
import signal
import statistics
import subprocess
import sys

import detached
import report
import scenarios
import servers

DESCRIPTION = """\
Runs each scenario against waitd and against peers that speak the same part of
its protocol, all in turn: the server on one processor, the load generator on
another.  The generator checks what it is sent as it measures, and a server
that gets it wrong gets no figures.  Prints tables in Markdown and whether the
project's targets are held, and writes all figures as JSON.
"""

EPILOG = """\
Names may be abbreviated by family: rows (all of the table), crowded, threads, growth.
Figures are for comparing with others of the same run: another machine, or
other work on this one, moves them all.  The scenarios:

%s
The peers: %s.  One whose tool chain is not
installed is left out, by name.
"""


def parse_arguments():
    about = "".join("  %-18s%s\n" % (name, each["about"])
                    for name, each in scenarios.SCENARIOS.items())
    names = ", ".join("%s (%s)" % (peer.name, peer.title) for peer in servers.PEER_LIST)
    parser = argparse.ArgumentParser(
        description=DESCRIPTION, epilog=EPILOG % (about, names),
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("scenarios", nargs="*", metavar="SCENARIO",
                        help="which ones, or families of them (all)")
    parser.add_argument("--peers", metavar="NAMES",
                        help="peers to run, separated by blanks; `none' (all that there are)")
    parser.add_argument("--rounds", type=int, default=3, metavar="N",
                        help="take the medians of so many (3)")
    parser.add_argument("--waitd", default=os.environ.get("WAITD", "daemon/waitd"), metavar="PATH",
                        help="the daemon ($WAITD, or daemon/waitd)")
    parser.add_argument("--also", action="append", default=[], metavar="NAME=PATH",
                        help="another build of waitd, to compare with; may be repeated")
    parser.add_argument("--baseline", metavar="REV",
                        help="build that revision of this repository, and compare with it")
    parser.add_argument("--build", default="tests/bench", metavar="DIRECTORY",
                        help="where `load' is and peers are built (tests/bench)")
    parser.add_argument("--server-on", type=int, metavar="N", help="processor (the first)")
    parser.add_argument("--generator-on", type=int, metavar="N", help="processor (the last)")
    parser.add_argument("--nice", type=int, default=0, metavar="N",
                        help="run server and generator (and their session) with this priority; below 0, as root, "
                             "where other work cannot be kept off")
    parser.add_argument("--state", metavar="DIR",
                        help="where journals of detached batches are made (a temporary one)")
    parser.add_argument("--quick", action="store_true", help="a tenth of the detached batches")
    parser.add_argument("--json", metavar="FILE",
                        help="where the results go (results.json in the --build directory)")
    parser.add_argument("--show", metavar="FILE", help="only print the tables of old results")
    return parser.parse_args()


def expand(names):
    wanted = []
    for name in names or list(scenarios.SCENARIOS):
        for each in scenarios.FAMILIES.get(name, [name]):
            if each not in scenarios.SCENARIOS:
                sys.exit("bench: no such scenario: %s (see --help)" % each)
            if each not in wanted:
                wanted.append(each)
    return wanted


def say(text):
    print(text, file=sys.stderr, flush=True)


def waitd_server(name, title, path):
    if not os.access(path, os.X_OK):
        sys.exit("bench: no daemon at %s: build it, or set WAITD" % path)
    return servers.Server(name, title, lambda _scratch: [os.path.abspath(path)], is_waitd=True)


def prepare_servers(arguments):
    """Those to run.  Peers that cannot be built are named and left out."""
    ready = [waitd_server("waitd", "waitd", arguments.waitd)]
    for each in arguments.also:
        name, _, path = each.partition("=")
        ready.append(waitd_server(name, name, path))
    if arguments.baseline:
        ready.append(servers.Server("baseline", "waitd " + arguments.baseline,
                                    servers.build_revision(arguments.baseline), is_waitd=True))
    wanted = None if arguments.peers in (None, "", "all") else arguments.peers.split()
    known = [peer.name for peer in servers.PEER_LIST]
    for name in wanted or []:
        if name not in known + ["none"]:
            sys.exit("bench: no such peer: %s (there are: %s)" % (name, " ".join(known)))
    ready += [peer for peer in servers.PEER_LIST if wanted is None or peer.name in wanted]
    able = []
    for server in ready:
        try:
            server.prepare(os.path.join(os.path.abspath(arguments.build), "built"))
            able.append(server)
        except servers.Missing as missing:
            say("skipped %s: %s" % (server.name, missing))
    return able


def be_nice(priority):
    """Among processes, and of the session among sessions where the kernel groups by them."""
    os.nice(priority)
    try:
        with open("/proc/self/autogroup", "w", encoding="utf-8") as out:
            out.write(str(priority))
    except OSError:
        pass


class Bench:
    """The measuring itself."""

    def __init__(self, arguments):
        processors = sorted(os.sched_getaffinity(0))
        self.everywhere = set(processors)
        self.server_on = {processors[0] if arguments.server_on is None else arguments.server_on}
        self.generator_on = {processors[-1] if arguments.generator_on is None
                             else arguments.generator_on}
        if self.server_on == self.generator_on:
            say("bench: server and generator share a processor: figures are of little worth")
        if arguments.nice != 0:
            be_nice(arguments.nice)
        self.build = os.path.abspath(arguments.build)
        self.measured = collections.defaultdict(lambda: collections.defaultdict(list))
        self.faults = []

    def program(self, name, arguments, processors):
        done = subprocess.run([os.path.join(self.build, name), *arguments], check=False, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              preexec_fn=lambda: os.sched_setaffinity(0, processors))
        if done.returncode != 0:
            raise RuntimeError(done.stderr.strip() or "%s ended with %d" % (name, done.returncode))
        return json.loads(done.stdout)

    def once(self, name, server):
        """One scenario against one server."""
        scenario = scenarios.SCENARIOS[name]
        if "program" in scenario:
            self.keep(name, server, scenario["judge"](
                self.program(scenario["program"], ["--json"], self.server_on)))
            return
        several = scenario.get("threads", 1) > 1
        server_on = self.everywhere if several else self.server_on
        generator_on = self.everywhere if several else self.generator_on
        try:
            with servers.Running(server, scenario, server_on) as running:
                options = ["--connect", running.address, "--pid", str(running.process.pid)]
                result = self.program("load", options + shlex.split(scenario["load"]),
                                      generator_on)
        except RuntimeError as fault:
            text = "%s, %s: %s" % (name, server.name, fault)
            say("    FAULT: " + text)
            self.faults.append(text)
            return
        self.keep(name, server, scenario["judge"](result))

    def keep(self, name, server, figures):
        self.measured[name][server.name].append(figures)
        say("    %-10s %s" % (server.name, "  ".join(
            "%s %.4g" % item for item in figures.items())))

    def round(self, number, names, able):
        for name in names:
            say("round %d, %s: %s" % (number + 1, name, scenarios.SCENARIOS[name]["about"]))
            if name == "timers":
                self.measured[name]["bare"].append(
                    self.program("bare_timer", [], self.server_on))
            turn = number % len(able)
            for server in able[turn:] + able[:turn]:
                if server.can(scenarios.SCENARIOS[name]):
                    self.once(name, server)

    def results(self):
        return {
            name: {
                server: {
                    "median": {figure: statistics.median(each[figure] for each in rounds)
                               for figure in rounds[0]},
                    "rounds": rounds,
                } for server, rounds in by_server.items()
            } for name, by_server in self.measured.items()
        }


def machine():
    processor = platform.processor()
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as lines:
            processor = next(line.split(":", 1)[1].strip() for line in lines
                             if line.startswith("model name"))
    except (OSError, StopIteration):
        pass
    return {"processor": processor, "processors": os.cpu_count(), "kernel": platform.release(),
            "load_average": os.getloadavg()[0]}


def run(arguments):
    names = expand(arguments.scenarios)
    able = prepare_servers(arguments)
    results = {
        "date": datetime.date.today().isoformat(),
        "machine": machine(),
        "rounds": arguments.rounds,
        "servers": {server.name: {"title": server.title} for server in able},
    }
    bench = Bench(arguments)
    if "detached" in names:  # takes its own medians, of what has to be compared in turn
        names.remove("detached")
        say("detached: " + scenarios.SCENARIOS["detached"]["about"])
        detached.WAITD = os.path.abspath(arguments.waitd)
        results["detached"] = detached.measure(arguments.state, arguments.quick)
    for number in range(arguments.rounds):
        bench.round(number, names, able)
    results["scenarios"] = bench.results()
    results["faults"] = bench.faults
    report.add_losses(results)
    results["targets"] = report.Targets(results).all()
    path = arguments.json or os.path.join(arguments.build, "results.json")
    with open(path, "w", encoding="utf-8") as out:
        json.dump(results, out, indent=1)
    say("all figures are in " + path)
    return results


def main():
    arguments = parse_arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # servers are ended on the way out
    if arguments.show:
        with open(arguments.show, encoding="utf-8") as old:
            results = json.load(old)
    else:
        results = run(arguments)
    print()
    print(report.everything(results), end="")
    return 1 if results["faults"] else 0


if __name__ == "__main__":
    sys.exit(main())
