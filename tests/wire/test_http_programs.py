#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""HTTP with real programs: the examples of waitd(8) by curl, Python, Node and wrk, and what
nginx and HAProxy pass on with the settings that it gives.  A program that is not installed is
skipped by name; tests/README.md says the packages.  Speaks TAP; WAITD is the program under test.
"""

import http.client
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile

from daemons import GUARD_SECONDS, eventually, first, free_port, settles
from examples import Tap
from http_client import JSON, Http, attempt, is_built, post, read_until, same

TOP = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
os.environ["PATH"] += ":/usr/sbin"


# ---- the manual --------------------------------------------------------------------

def block(word):
    """The display of its section on HTTP before which the word stands last."""
    with open(os.path.join(TOP, "daemon", "waitd.8"), encoding="utf-8") as file:
        section = file.read().partition(".Sh HTTP\n")[2].partition(".Sh ")[0]
    before, *rest = section.split("\n.Bd -literal -offset indent\n")
    for text in rest:
        display, _, after = text.partition("\n.Ed\n")
        if word in before[-200:]:
            return display.replace("\\(aq", "'")
        before = after
    raise ValueError(f"there is no display behind {word}")


def examples():
    """Each begins a line with the name of its program."""
    found = []
    for line in block("clients of all kinds").splitlines():
        if any(line.startswith(word) for word in WANTED):
            found.append(line)
        else:
            found[-1] += "\n" + line
    return found


# ---- clients -------------------------------------------------------------------------

def run(d, line):
    return subprocess.run(["sh", "-c", line.replace("127.0.0.1:9280", f"127.0.0.1:{d.port}")], check=False,
                          timeout=GUARD_SECONDS, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


WANTED = {
    "curl -sN": lambda out: [json.loads(line)["event"] for line in out.splitlines()] == ["accepted", "done", "finished"],
    "curl -i": lambda out: "HTTP/1.1 200 OK" in out and "X-Waitd-Waited: 0.1" in out,
    "python3": lambda out: out == "200\n",
    "node": lambda out: out == "200\n",
    # What wrk calls a timeout is an answer that takes longer than 2 s, as on a busy machine.
    "wrk": lambda out: "requests in" in out and "Non-2xx" not in out and (
        "Socket errors" not in out or "Socket errors: connect 0, read 0, write 0, " in out),
}


def example(d, line):
    done = run(d, line)
    wanted = next(check for word, check in WANTED.items() if line.startswith(word))
    return None if done.returncode == 0 and wanted(done.stdout) else f"{line}: {done.stdout}"


def all_are_tried(_):
    lines = examples()
    return None if all(any(line.startswith(word) for line in lines) for word in WANTED) else f"{lines}"


def node_streams(d):
    """Events arrive as they happen, and who aborts cancels; a refusal has its status."""
    script = """
        const url = process.argv[1], headers = { 'Content-Type': 'application/json' };
        const post = (body, more) => fetch(url + '/v1/batches', { method: 'POST', headers, body, ...more });
        const refused = await post('{');
        console.log(refused.status, (await refused.json()).code);
        const leave = new AbortController();
        const answer = await post('{"mode":"sequential","jobs":[{"wait":0.1,"count":9999}]}', { signal: leave.signal });
        let text = '';
        const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
        while (text.split('\\n').length < 3) text += (await reader.read()).value;
        console.log(text.split('\\n').slice(0, 2).map((line) => JSON.parse(line).event).join());
        leave.abort();
        const waits = await Promise.all([1, 2, 3].map((n) => fetch(url + '/wait/0.0' + n)));
        console.log(waits.map((wait) => wait.headers.get('x-waitd-waited')).join());"""
    done = subprocess.run(["node", "--input-type=module", "-e", script, f"http://127.0.0.1:{d.port}"], check=False,
                          timeout=GUARD_SECONDS, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    return first(same(done.stdout.splitlines(), ["400 bad_json", "accepted,done", "0.01,0.02,0.03"], "output"), is_idle(d))


def is_idle(d):
    return None if eventually(lambda: json.loads(d.ask("GET", "/v1/stats")[2])["batches"] == 0) else "a batch runs on"


# ---- proxies ---------------------------------------------------------------------------

def is_open(port):
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
        return True
    except OSError:
        return False


class Proxy:
    """One in front of a daemon, of whose HTTP it is at self.port."""

    def __init__(self, d, command, text, folder):
        self.port = free_port()
        name = os.path.join(folder, command[0] + ".conf")
        with open(name, "w", encoding="utf-8") as file:
            file.write(text(self.port, d.port, folder))
        self.process = subprocess.Popen([*command, name], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                                        cwd=folder, text=True)
        if not eventually(lambda: self.process.poll() is not None or is_open(self.port)) or self.process.poll() is not None:
            raise OSError(f"{command[0]} does not listen: {self.process.stderr.read()}")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self.process.stderr.close()

    def connect(self):
        return socket.create_connection(("127.0.0.1", self.port), GUARD_SECONDS)


def nginx(port, to, folder):
    settings = block("nginx").replace("127.0.0.1:9280", f"127.0.0.1:{to}")
    return f"""daemon off; master_process off; pid {folder}/nginx.pid; error_log stderr;
events {{ worker_connections 64; }}
http {{ access_log off; client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
fastcgi_temp_path {folder}/fastcgi; scgi_temp_path {folder}/scgi; uwsgi_temp_path {folder}/uwsgi;
server {{ listen 127.0.0.1:{port}; location / {{ {settings} }} }} }}
"""


def haproxy(port, to, _):
    return f"""listen waitd
bind 127.0.0.1:{port}
timeout connect 1s
{block("haproxy")}
server waitd 127.0.0.1:{to}
"""


# Whoever goes is noticed with what is sent next.
LONG = b'{"mode":"sequential","jobs":[{"wait":0.1,"count":9999}]}'


def events_come_at_once(d, proxy):
    """Each leaves the proxy while the batch goes on, as lines and as events; and who leaves cancels."""
    problem = None
    for accept in (b"", b"Accept: text/event-stream\r\n"):
        with proxy.connect() as sock:
            sock.sendall(post("/v1/batches", LONG, accept, b"any.example"))
            reported = read_until(sock, b'"done"')
        problem = first(problem, None if b'"accepted"' in reported and reported.endswith(b'"done"') else f"{reported}", is_idle(d))
    return problem


def bodies_pass_at_once(_, proxy):
    """Requests are answered while their body goes on."""
    with proxy.connect() as sock:
        sock.sendall(b"POST /v1/requests HTTP/1.1\r\nHost: any.example\r\nContent-Type: application/json\r\n"
                     b"Transfer-Encoding: chunked\r\n\r\n")
        for i in range(3):
            sock.sendall(b'22\r\n{"op":"ping","id":"%013d"}\r\n' % i)
            if not read_until(sock, b'"id":"%013d"' % i).endswith(b'"id":"%013d"' % i):
                return f"no answer to ping {i}"
        sock.sendall(b"0\r\n\r\n")
        return None if b'\r\n0\r\n\r\n' in read_until(sock, b"\r\n0\r\n\r\n") else "no end"


def large_batches_pass(_, proxy):
    """Whole, and the connection goes on behind them."""
    connection = http.client.HTTPConnection("127.0.0.1", proxy.port, timeout=GUARD_SECONDS)
    try:
        connection.request("POST", "/v1/batches", b'{"clock":"virtual","jobs":[{"count":70000}]}', JSON)
        events = connection.getresponse().read().count(b'{"event":"done"')
        connection.request("GET", "/wait/1ms?status=201")
        return first(same(events, 70000, "events"), same(connection.getresponse().status, 201, "behind it"))
    finally:
        connection.close()


PROXIES = [
    ("nginx", ["nginx", "-p", ".", "-c"], nginx),
    ("haproxy", ["haproxy", "-db", "-f"], haproxy),
]
THROUGH = [
    ("passes each event on at once", events_come_at_once),
    ("passes bodies on at once", bodies_pass_at_once),
    ("passes large batches on", large_batches_pass),
]


# ---- all of it ----------------------------------------------------------------------------

def try_proxies(tap, d, folder):
    for name, command, text in PROXIES:
        if not shutil.which(name):
            tap.skip(name, "it is not installed")
            continue
        try:
            with Proxy(d, command, text, folder) as proxy:
                for what, case in THROUGH:
                    attempt(tap, f"{name} {what}", case, d, proxy)
        except OSError as error:
            tap.result(False, f"{name} listens", str(error))


def main():
    if not is_built():
        print("1..0 # SKIP built without HTTP")
        return 0
    d = Http()
    try:
        return try_all(d)
    finally:
        d.process.kill()


def try_all(d):
    tap = Tap()
    attempt(tap, "the manual has an example for each", all_are_tried, d)
    for line in examples():
        program = line.split()[0]
        if shutil.which(program):
            attempt(tap, f"{' '.join(line.split()[:2])}, as the manual has it", example, d, line)
        else:
            tap.skip(program, "it is not installed")
    if shutil.which("node"):
        attempt(tap, "Node's fetch streams, aborts and is refused", node_streams, d)
    else:
        tap.skip("Node's fetch", "node is not installed")
    with tempfile.TemporaryDirectory(prefix="waitd-test.") as folder:
        try_proxies(tap, d, folder)
    attempt(tap, "and all is as before", settles, d)
    tap.result(d.stop() == 0, "the daemon ends in good order", "")
    return tap.finish()


if __name__ == "__main__":
    sys.exit(main())
