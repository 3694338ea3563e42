# SPDX-License-Identifier: ISC
"""The servers that are measured: how each is built and started."""

import os
import re
import shutil
import subprocess
import sys
import threading

HERE = os.path.dirname(os.path.abspath(__file__))
PEERS = os.path.join(HERE, "peers")


class Missing(Exception):
    """A tool chain is not installed."""


def find(*names):
    """The first of some programs that there is; Debian's own before others."""
    for name in names:
        for path in ("/usr/bin/" + name, shutil.which(name)):
            if path and os.access(path, os.X_OK):
                return path
    raise Missing("no " + " or ".join(names))


def quietly(command, **options):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          check=False, **options)
    if done.returncode != 0:
        raise Missing("%s failed:\n%s" % (command[0], done.stdout[-2000:]))
    return done.stdout


def is_current(target, source):
    return os.path.exists(target) and os.path.getmtime(target) > os.path.getmtime(source)


# ---- Peers: each takes a scratch directory and returns a command -----------

CARGO_TOML = """[package]
name = "peer"
version = "0.1.0"
edition = "2021"
[[bin]]
name = "peer"
path = "%s"
[dependencies]
tokio = { version = "1", features = ["rt", "net", "io-util", "time", "sync"] }
serde = { version = "1", features = ["derive"] }
serde_json = "1"
"""

# Debian's packages of crates, and no network.
CARGO_CONFIG = """[source.crates-io]
replace-with = "debian"
[source.debian]
directory = "/usr/share/cargo/registry"
"""


def build_rust(scratch):
    cargo, rustc = find("cargo"), find("rustc")
    if not os.path.isdir("/usr/share/cargo/registry"):
        raise Missing("no librust-*-dev packages")
    source = os.path.join(PEERS, "rust.rs")
    target = os.path.join(scratch, "target/release/peer")
    if not is_current(target, source):
        os.makedirs(os.path.join(scratch, ".cargo"), exist_ok=True)
        with open(os.path.join(scratch, "Cargo.toml"), "w", encoding="utf-8") as out:
            out.write(CARGO_TOML % source)
        with open(os.path.join(scratch, ".cargo/config.toml"), "w", encoding="utf-8") as out:
            out.write(CARGO_CONFIG)
        quietly([cargo, "build", "--offline", "--release"], cwd=scratch,
                env=dict(os.environ, RUSTC=rustc))
    return [target]


def build_go(scratch):
    source = os.path.join(PEERS, "go.go")
    target = os.path.join(scratch, "peer")
    if not is_current(target, source):
        quietly([find("go"), "build", "-o", target, source],
                env=dict(os.environ, GOCACHE=os.path.join(scratch, "cache"), GO111MODULE="off"))
    return [target]


def build_node(_scratch):
    return [find("node", "nodejs"), os.path.join(PEERS, "node.js")]


def build_asyncio(_scratch):
    # Debian's uvloop is Debian's Python's.
    python = find("python3")
    quietly([python, "-c", "import uvloop"])
    return [python, os.path.join(PEERS, "asyncio_uvloop.py")]


def build_c(scratch, name, packages):
    source = os.path.join(PEERS, name + ".c")
    target = os.path.join(scratch, "peer")
    if not is_current(target, source):
        flags = []
        if packages:
            flags = quietly([find("pkg-config"), "--cflags", "--libs", *packages]).split()
        quietly([find("gcc", "cc"), "-std=gnu11", "-O2", "-Wall", "-o", target, source, *flags])
    return [target]


def build_libevent(scratch):
    return build_c(scratch, "libevent_jansson", ["libevent_core", "jansson"])


def build_limit(scratch):
    return build_c(scratch, "limit", [])


def build_revision(revision):
    """waitd as it was then, built from this repository with what it is configured to by default."""
    def build(scratch):
        top = quietly(["git", "-C", HERE, "rev-parse", "--show-toplevel"]).strip()
        commit = quietly(["git", "-C", top, "rev-parse", "--verify", revision + "^{commit}"]).strip()
        source = os.path.join(scratch, commit)
        target = os.path.join(source, "build/daemon/waitd")
        if not os.path.exists(target):
            shutil.rmtree(source, ignore_errors=True)
            os.makedirs(os.path.join(source, "build"))
            archive = subprocess.run(["git", "-C", top, "archive", commit], check=True,
                                     stdout=subprocess.PIPE).stdout
            subprocess.run(["tar", "-x", "-C", source], check=True, input=archive)
            quietly(["autoreconf", "-fi"], cwd=source)
            quietly(["../configure", "-q"], cwd=os.path.join(source, "build"))
            quietly(["make", "-j2", "-C", os.path.join(source, "build")])
        return [target]
    return build


class Server:
    """A server under test.  `work` is what the scenario will ask, for the one
    that has to know it beforehand."""

    def __init__(self, name, title, build, is_waitd=False):
        self.name, self.title, self.build, self.is_waitd = name, title, build, is_waitd
        self.command = None

    def prepare(self, scratch):
        path = os.path.join(scratch, self.name)
        os.makedirs(path, exist_ok=True)
        self.command = self.build(path)

    def arguments(self, scenario):
        if self.is_waitd:
            return ["--listen", "127.0.0.1:0", "--log-level", "info",
                    "--threads", str(scenario.get("threads", 1)), *scenario.get("options", [])]
        return scenario["fixed"] if self.name == "limit" else []

    def can(self, scenario):
        """Whether it takes part."""
        if self.name == "limit":
            return "fixed" in scenario
        if "program" in scenario:  # which is this build's
            return self.name == "waitd"
        return self.is_waitd or not scenario.get("alone", False)


PEER_LIST = [
    Server("asyncio", "asyncio+uvloop", build_asyncio),
    Server("node", "Node", build_node),
    Server("go", "Go", build_go),
    Server("libevent", "libevent, a timer a job, jansson tree", build_libevent),
    Server("rust", "Rust: tokio+serde, a sorted batch", build_rust),
    Server("limit", "no parsing at all", build_limit),
]


class Running:
    """A server that runs on some processors, until the `with` ends."""

    def __init__(self, server, scenario, processors):
        self.command = server.command + server.arguments(scenario)
        self.processors = processors
        self.process = self.address = None
        self.said = []

    def __enter__(self):
        self.process = subprocess.Popen(  # pylint: disable=consider-using-with
            self.command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE, text=True,
            preexec_fn=lambda: os.sched_setaffinity(0, self.processors))
        for line in self.process.stderr:
            match = re.search(r"listening on (127\.0\.0\.1:\d+)", line)
            if match:
                self.address = match.group(1)
                threading.Thread(target=self.listen, daemon=True).start()
                return self
            self.said.append(line)
        self.process.wait()
        raise RuntimeError("%s does not start: %s" % (self.command[0], "".join(self.said)))

    def listen(self):
        """Lets it say what it has to say without filling its pipe."""
        for line in self.process.stderr:
            if len(self.said) < 100:
                self.said.append(line)

    def __exit__(self, *_exception):
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        for line in self.said[:5]:
            if "stopping" not in line:
                sys.stderr.write("    it said: " + line)
