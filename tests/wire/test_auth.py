#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""Who may come in, and whose is what: principals, over real connections to a real daemon."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import tempfile
import time
from http.client import HTTPConnection

from daemons import PROGRAM, Client, Daemon, eventually
from examples import Tap

LONG = 3600
WAITCTL = os.environ.get("WAITCTL") or "client/waitctl"


@contextlib.contextmanager
def serving(*flags, **options):
    daemon = Daemon(*flags, **options)
    try:
        yield daemon
    finally:
        daemon.process.kill()
        daemon.process.wait()


def at(daemon, address):
    """The same daemon, by another of its addresses."""
    class Elsewhere:
        pass
    Elsewhere.address = address
    return Client(Elsewhere)


def listed(client):
    client.send({"op": "batches"})
    return [event for event in client.until("batches")[:-1]]


def each_has_its_own(tap):
    with tempfile.TemporaryDirectory() as folder:
        path = f"unix:{folder}/socket"
        with serving("--listen", path, "--admin", "unix:12345") as daemon:
            alice, bob = Client(daemon), at(daemon, path)
            mine = alice.ask({"detach": True, "key": "k", "jobs": [{"wait": LONG}]})
            his = bob.ask({"detach": True, "key": "k", "jobs": [{"wait": LONG}, {}]})
            tap.is_(his["event"], "accepted", "a key of one owner is none of another's")
            bob.until("done")
            tap.is_([(batch["ref"], batch["owner"]) for batch in listed(alice)], [(mine["ref"], "local")],
                    "a client without credentials sees what such clients have")
            tap.is_([(batch["ref"], batch["owner"]) for batch in listed(bob)],
                    [(his["ref"], f"unix:{os.getuid()}")], "a user of a Unix socket sees his own")
            for op in ("watch", "cancel", "forget"):
                reported = bob.ask({"op": op, "ref": mine["ref"]})
                tap.is_(reported, bob.ask({"op": op, "ref": "0-0"}),
                        f"{op} of another's batch is answered as of none at all")
            tap.is_(bob.ask({"op": "batches", "ref": mine["ref"]}), {"event": "batches", "count": 0},
                    "nor is it listed by its ref")
            tap.is_(bob.ask({"op": "batches", "after": mine["ref"]}), bob.ask({"op": "batches", "after": "0-0"}),
                    "and no list begins behind it")
            alice.ask({"op": "cancel", "ref": mine["ref"]})
            alice.until("finished")
            alice.ask({"op": "forget", "ref": mine["ref"]})
            tap.is_(alice.ask({"op": "watch", "ref": mine["ref"]})["code"], "gone", "what is gone is gone to its owner")
            tap.is_(bob.ask({"op": "watch", "ref": mine["ref"]})["code"], "not_found", "and to others it never was")
            alice.close()
            bob.close()


def administrators_see_all(tap):
    with tempfile.TemporaryDirectory() as folder:
        path = f"unix:{folder}/socket"
        with serving("--listen", path, "--admin", f"unix:{os.getuid()}") as daemon:
            alice, admin = Client(daemon), at(daemon, path)
            ref = alice.ask({"detach": True, "jobs": [{"wait": LONG}]})["ref"]
            tap.is_([batch["owner"] for batch in listed(admin)], ["local"], "an administrator sees others' batches")
            tap.is_(admin.ask({"op": "watch", "ref": ref})["event"], "accepted", "and watches them")
            tap.is_(admin.ask({"op": "cancel", "ref": ref})["event"], "cancelled", "and cancels them")
            admin.until("finished")
            alice.until("finished")
            tap.is_(admin.ask({"op": "forget", "ref": ref})["event"], "forgotten", "and forgets them")
            alice.close()
            admin.close()


# ---- Tokens --------------------------------------------------------------------------------


class Tokens:
    """A file of tokens in a folder of its own, and who has them."""

    def __init__(self, folder, *names):
        self.path = os.path.join(folder, "tokens")
        self.made = {}
        for name in names:
            self.add(name)

    def add(self, name):
        out = subprocess.run([WAITCTL, "token", "new", name], capture_output=True, text=True, check=True).stdout
        line, self.made[name] = out.splitlines()
        self.write((open(self.path, encoding="ascii").read() if os.path.exists(self.path) else "") + line + "\n")

    def write(self, text):
        with open(os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="ascii") as file:
            file.write(text)

    def file_of(self, name):
        """As waitctl takes it."""
        path = f"{self.path}.{name}"
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="ascii") as file:
            file.write(self.made[name] + "\n")
        return path


def auth(token, **more):
    return {"op": "auth", "token": token, **more}


def end_of(client):
    """What comes up to the end of the connection."""
    rest = client.lines.read()
    client.close()
    return rest


def tokens_let_in(tap):
    with tempfile.TemporaryDirectory() as folder:
        tokens = Tokens(folder, "alice", "bob")
        with serving("--token-file", tokens.path, "--admin", "token:bob") as daemon:
            client = Client(daemon)
            tap.is_(client.ask({"op": "ping", "id": 1})["event"], "pong", "an unauthenticated client is answered a ping")
            tap.is_(client.ask(auth(tokens.made["alice"], id="x")),
                    {"event": "authenticated", "id": "x", "principal": "token:alice"}, "a token opens")
            mine = client.ask({"detach": True, "jobs": [{"wait": LONG}]})
            tap.is_(mine["event"], "accepted", "and what follows is served")
            tap.is_(client.ask(auth(tokens.made["bob"]))["code"], "invalid_request",
                    "in mid-stream a token comes too late")
            tap.is_(client.ask({"op": "ping"})["event"], "pong", "and the connection goes on")
            tap.is_([batch["owner"] for batch in listed(client)], ["token:alice"], "the batch is the token's")
            second = Client(daemon)
            second.send(json.dumps(auth(tokens.made["bob"])).encode() + b'{"op":"batches"}[{}]{"op":"quit"}')
            lines = [json.loads(line) for line in end_of(second).splitlines()]
            tap.is_((lines[0]["event"], sorted(line["event"] for line in lines[1:])),
                    ("authenticated", ["accepted", "batch", "batches", "done", "finished"]),
                    "requests in one piece behind the token are served, and an administrator sees all")
            client.close()
            out = subprocess.run([WAITCTL, "--server", daemon.address, "--token-file", tokens.file_of("alice"),
                                  "-o", "json", "list"], capture_output=True, text=True, check=False)
            tap.is_((out.returncode, json.loads(out.stdout.splitlines()[0])["ref"]), (0, mine["ref"]),
                    "waitctl shows the token of a file, and no answer to it")
            out = subprocess.run([WAITCTL, "--server", daemon.address, "list", "-o", "json"], capture_output=True,
                                 text=True, check=False, env={**os.environ, "WAITD_TOKEN_FILE": tokens.file_of("bob")})
            tap.is_(out.returncode, 0, "or of the file that WAITD_TOKEN_FILE names")
            out = subprocess.run([WAITCTL, "--server", daemon.address, "run", "1ms"], capture_output=True,
                                 text=True, check=False)
            tap.is_((out.returncode, "unauthorized" in out.stderr), (2, True), "without one it is refused, which is status 2")
            tap.ok(not any(secret.split(".")[1] in line for secret in tokens.made.values() for line in daemon.log),
                   "no log has a secret")


def unauthenticated_are_refused(tap):
    with tempfile.TemporaryDirectory() as folder:
        tokens = Tokens(folder, "alice")
        with serving("--token-file", tokens.path, "--max-auth-failures", "off", "--log-level", "debug") as daemon:
            began = time.monotonic()
            for name, text in (
                    ("no token at all", '{"op":"stats"}'), ("a batch", '[{"wait":1}]'), ("quit", '{"op":"quit"}'),
                    ("a token that is missing", '{"op":"auth"}'), ("an empty token", '{"op":"auth","token":""}'),
                    ("a token of the wrong type", '{"op":"auth","token":5}'),
                    ("a wrong token", '{"op":"auth","token":"alice.wrong-secret"}'),
                    ("a token of nobody's", '{"op":"auth","token":"bob.wrong-secret"}'),
                    ("a secret without its name", json.dumps(auth(tokens.made["alice"].split(".")[1]))),
                    ("a huge token", json.dumps(auth("alice." + "x" * 100000))),
                    ("HTTP", "GET / HTTP/1.1\r\n\r\n"), ("TLS", "\x16\x03\x01\x02\x00\x01"),
                    ("rubbish", "rubbish"), ("bytes that are no text", "\xff\xfe\x00")):
                client = Client(daemon)
                try:
                    client.send(text.encode("latin-1"))
                    client.socket.shutdown(socket.SHUT_WR)
                except OSError:
                    pass
                lines = end_of(client).splitlines()
                codes = [json.loads(line).get("code") for line in lines]
                tap.is_(codes, ["unauthorized"], f"{name} is unauthorized, and the end")
            for name, text in (("nothing", b""), ("white space", b" \n"), ("half a request", b'{"op":"au')):
                client = Client(daemon)
                client.send(text)
                client.socket.shutdown(socket.SHUT_WR)
                tap.is_(len(end_of(client).splitlines()), int(name == "half a request"), f"{name} and an end of file")
            took = time.monotonic() - began
            daemon.stop()
            daemon.close()
            tap.ok(not any("wrong-secret" in line or "xxxx" in line for line in daemon.log), "nothing of it is logged")
            reported = [line for line in daemon.log if "not let in" in line]
            tap.ok(1 <= len(reported) <= 3 + took // 10, f"one line reports all of them in ten seconds, not {len(reported)}")


def wrong_tokens_are_limited(tap):
    with tempfile.TemporaryDirectory() as folder:
        tokens = Tokens(folder, "alice", "bob")
        with serving("--token-file", tokens.path, "--max-auth-failures", "2") as daemon:
            known = Client(daemon)
            known.ask(auth(tokens.made["alice"]))
            known.close()
            messages = []
            for _ in range(3):
                client = Client(daemon)
                messages.append(client.ask(auth("alice.wrong"))["message"])
                client.close()
            tap.ok("max-auth-failures" not in messages[1] and "max-auth-failures" in messages[2],
                   "after so many wrong tokens none is looked at")
            client = Client(daemon)
            tap.is_(client.ask(auth(tokens.made["bob"]))["code"], "unauthorized", "nor a right one that is new")
            client.close()
            client = Client(daemon)
            tap.is_(client.ask(auth(tokens.made["alice"]))["event"], "authenticated",
                    "who has shown his before is let in all the same")
            client.close()


def unauthenticated_have_limits(tap):
    with tempfile.TemporaryDirectory() as folder:
        tokens = Tokens(folder, "alice")
        with serving("--token-file", tokens.path, "--max-unauthenticated", "3", "--auth-timeout", "1h",
                     "--max-auth-bytes", "300") as daemon:
            alice = Client(daemon)
            alice.ask(auth(tokens.made["alice"]))
            idle = [Client(daemon) for _ in range(3)]
            for client in idle:
                client.ask({"op": "ping"})
            one_more = Client(daemon)
            reported = one_more.event()
            tap.is_((reported["code"], "max-unauthenticated 3" in reported["message"]), ("overloaded", True),
                    "only so many may be unknown at a time")
            one_more.close()
            tap.is_(alice.ask({"op": "ping"})["event"], "pong", "whoever is known is not counted")
            for client in idle:
                client.close()
            tap.ok(eventually(lambda: ask_anew(daemon, {"op": "ping"}) == "pong"), "then there is room again")
            # Those who were refused have their places until they have closed.
            tap.ok(eventually(lambda: "max-auth-bytes" in refusal_of(daemon, b" " * 400)),
                   "and only so much may be sent before")
            slow = Client(daemon)
            while (slow.ask({"op": "ping"}) or {}).get("event") != "pong":
                slow.close()
                slow = Client(daemon)
            for byte in json.dumps(auth(tokens.made["alice"])).encode():
                slow.send(bytes([byte]))
            tap.is_(slow.event()["event"], "authenticated", "a token may come byte by byte")
            slow.close()
            alice.close()
        with serving("--token-file", tokens.path, "--max-unauthenticated", "3", "--auth-timeout", "300ms") as daemon:
            idle = [Client(daemon) for _ in range(3)]
            for client in idle:
                reported = client.event()
                tap.is_((reported["code"], "auth-timeout" in reported["message"]), ("unauthorized", True),
                        "who does not say in time who he is is refused")
                tap.is_(end_of(client), b"", "and that is the end")
            tap.ok(eventually(lambda: ask_anew(daemon, {"op": "ping"}) == "pong"), "which leaves his place to another")


def refusal_of(daemon, data):
    client = Client(daemon)
    client.send(data)
    event = client.event()
    client.close()
    return event["message"] if event else ""


def ask_anew(daemon, request):
    client = Client(daemon)
    event = client.ask(request)
    client.close()
    return event and event["event"]


def files_are_read_again(tap):
    with tempfile.TemporaryDirectory() as folder:
        tokens = Tokens(folder, "alice", "bob")
        with serving("--token-file", tokens.path) as daemon:
            here = Client(daemon)
            here.ask(auth(tokens.made["alice"]))
            text = open(tokens.path, encoding="ascii").read()
            tokens.write("\n".join(line for line in text.splitlines() if line.startswith("bob")) + "\n")
            daemon.process.send_signal(signal.SIGHUP)
            tap.ok(eventually(lambda: any("1 tokens read" in line for line in daemon.log)), "SIGHUP reads the file again")
            tap.is_(here.ask({"op": "ping"})["event"], "pong", "who is here stays")
            here.close()
            client = Client(daemon)
            tap.is_(client.ask(auth(tokens.made["alice"]))["code"], "unauthorized", "whose line is gone comes in no more")
            client.close()
            os.chmod(tokens.path, 0o644)
            daemon.process.send_signal(signal.SIGHUP)
            tap.ok(eventually(lambda: any("others can read it" in line for line in daemon.log)),
                   "a file that others can read by now is not read")
            client = Client(daemon)
            tap.is_(client.ask(auth(tokens.made["bob"]))["event"], "authenticated", "and what was read before stands")
            client.close()
        for check in ([], ["--check-config"]):
            out = subprocess.run([PROGRAM, *check, "--listen", "127.0.0.1:0", "--token-file", tokens.path],
                                 capture_output=True, text=True, check=False)
            tap.is_((out.returncode, "others can read it" in out.stderr), (1, True), "nor does a daemon start with it")
            out = subprocess.run([PROGRAM, *check, "--listen", "127.0.0.1:0", "--token-file", folder + "/none"],
                                 capture_output=True, text=True, check=False)
            tap.is_(out.returncode, 1, "or without it")


def loopback_may_be_trusted(tap):
    with tempfile.TemporaryDirectory() as folder:
        tokens = Tokens(folder, "alice")
        path = f"unix:{folder}/socket"
        with serving("--listen", path, "--token-file", tokens.path, "--trust-loopback") as daemon:
            client = Client(daemon)
            tap.is_(client.ask([{}])["event"], "accepted", "--trust-loopback serves this machine without a token")
            client.close()
        with serving("--listen", path, "--token-file", tokens.path) as daemon:
            client = at(daemon, path)
            tap.is_(client.ask(auth("x")), {"event": "authenticated", "principal": f"unix:{os.getuid()}"},
                    "a user of a Unix socket is who he is, whatever he shows")
            tap.is_(client.ask([{}])["event"], "accepted", "and needs no token")
            client.close()


# ---- HTTP ------------------------------------------------------------------------------------


def http(address, method, path, token=None, body=None, headers=None):
    connection = HTTPConnection("127.0.0.1", int(address.rsplit(":", 1)[1]), timeout=60)
    fields = dict(headers or {})
    if token is not None:
        fields["Authorization"] = f"Bearer {token}"
    if body is not None:
        fields["Content-Type"] = "application/json"
    connection.request(method, path, body=body, headers=fields)
    answer = connection.getresponse()
    text = answer.read()
    connection.close()
    return answer, text


def http_site(daemon):
    return eventually(lambda: next((line for line in daemon.log if "listening on http" in line), None)).split()[-1]


def http_takes_tokens(tap):
    with tempfile.TemporaryDirectory() as folder:
        tokens = Tokens(folder, "alice", "bob")
        with serving("--token-file", tokens.path, "--http", "127.0.0.1:0", "--max-auth-failures", "off") as daemon:
            site = http_site(daemon)
            if http(site, "GET", "/readyz")[0].status == 404:
                return
            for path in ("/healthz", "/readyz", "/"):
                tap.is_(http(site, "GET", path)[0].status, 200, f"{path} is open")
            for method, path in (("GET", "/v1/batches"), ("GET", "/v1/stats"), ("GET", "/metrics"), ("POST", "/v1/batches"),
                                 ("GET", "/wait/0"), ("GET", "/nothing"), ("DELETE", "/v1/batches/0-0")):
                answer, text = http(site, method, path, body="[]" if method == "POST" else None)
                tap.is_((answer.status, json.loads(text)["code"], answer.headers["WWW-Authenticate"]),
                        (401, "unauthorized", 'Bearer realm="waitd"'), f"{method} {path} takes a token")
            for token in ("alice.wrong", "", "x", "alice." + "y" * 4000, tokens.made["alice"] + " x"):
                answer, _ = http(site, "GET", "/v1/stats", token)
                tap.is_((answer.status, "Bearer" in answer.headers["WWW-Authenticate"]), (401, True), "a wrong one is none")
            answer, _ = http(site, "GET", "/v1/stats", headers={"Authorization": "Basic YTpi"})
            tap.is_(answer.status, 401, "nor is another scheme")
            answer, text = http(site, "POST", "/v1/batches", tokens.made["alice"],
                                json.dumps({"detach": True, "jobs": [{"wait": LONG}]}))
            tap.is_(answer.status, 201, "a right one lets in, a body behind it too")
            ref = answer.headers["Location"].rsplit("/", 1)[1]
            answer, text = http(site, "GET", "/v1/batches", tokens.made["alice"])
            tap.is_([batch["owner"] for batch in json.loads(text)["batches"]], ["token:alice"], "and lists one's own")
            tap.is_(json.loads(http(site, "GET", "/v1/batches", tokens.made["bob"])[1])["count"], 0, "and nobody else's")
            tap.is_(http(site, "GET", f"/v1/batches/{ref}", tokens.made["bob"])[0].status, 404, "which are not found")
            tap.is_(http(site, "DELETE", f"/v1/batches/{ref}", tokens.made["bob"])[0].status, 404, "nor deleted")
            connection = HTTPConnection("127.0.0.1", int(site.rsplit(":", 1)[1]), timeout=60)
            statuses = []
            for token in (None, tokens.made["alice"], "alice.wrong", tokens.made["bob"], None):
                connection.request("GET", "/v1/stats", headers={"Authorization": f"Bearer {token}"} if token else {})
                answer = connection.getresponse()
                answer.read()
                statuses.append(answer.status)
            tap.is_(statuses, [401, 200, 401, 200, 401], "each request of a connection proves who sends it")
            connection.close()
            answer, _ = http(site, "POST", "/v1/requests", "alice.wrong", "[{}]" * 10000)
            tap.is_(answer.status, 401, "a long body of an unauthenticated client is not read away to its end")
            preflight = {"Origin": site, "Access-Control-Request-Method": "POST"}
            tap.is_([http(site, "OPTIONS", path, headers=preflight)[0].status for path in ("/v1/batches", "/wait/60s")],
                    [204, 204], "a browser asks before without one")
            tap.ok(not any("wrong" in line for line in daemon.log), "no log has a token")


def http_wrong_tokens_are_limited(tap):
    with tempfile.TemporaryDirectory() as folder:
        tokens = Tokens(folder, "alice", "bob")
        with serving("--token-file", tokens.path, "--http", "127.0.0.1:0", "--max-auth-failures", "1") as daemon:
            site = http_site(daemon)
            tap.is_(http(site, "GET", "/v1/stats", tokens.made["alice"])[0].status, 200, "a right token")
            metrics = http(site, "GET", "/metrics", tokens.made["alice"])[1]
            metrics = metrics if isinstance(metrics, str) else metrics.decode()
            tap.ok("\nwaitd_connections_unauthenticated " in metrics and
                   "\nwaitd_connections_unauthenticated_max 256\n" in metrics, "who is unknown is counted in the metrics")
            answer, _ = http(site, "GET", "/v1/stats", "alice.wrong")
            tap.is_((answer.status, answer.headers["Retry-After"]), (401, None), "a wrong one")
            for token in ("alice.wrong", tokens.made["bob"]):
                answer, text = http(site, "GET", "/v1/stats", token)
                tap.is_((answer.status, json.loads(text)["code"], 1 <= int(answer.headers["Retry-After"]) <= 60,
                         answer.headers.get_all("Retry-After")[1:], answer.headers["WWW-Authenticate"]),
                        (429, "overloaded", True, [], None), "too many of them are answered with a time to wait")
            answer, _ = http(site, "POST", "/v1/requests", "alice.wrong", "[{}]" * 10000)
            tap.is_(answer.status, 429, "before a long body has ended, too")
            tap.is_(http(site, "GET", "/v1/stats", tokens.made["alice"])[0].status, 200, "who is known is served")


def http_openness_is_no_place_to_stay(tap):
    with tempfile.TemporaryDirectory() as folder:
        tokens = Tokens(folder, "alice")
        with serving("--token-file", tokens.path, "--http", "127.0.0.1:0", "--auth-timeout", "1s",
                     "--http-header-timeout", "1h") as daemon:
            site = http_site(daemon)
            address = ("127.0.0.1", int(site.rsplit(":", 1)[1]))
            known = HTTPConnection(*address, timeout=60)
            known.request("GET", "/v1/stats", headers={"Authorization": f"Bearer {tokens.made['alice']}"})
            known.getresponse().read()
            ask = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"
            for what, requests in (("who polls", [ask] * 1000000), ("who sends a body", [
                    ask.replace(b"\r\n\r\n", b"\r\nContent-Length: 99999\r\n\r\n")] + [b"x"] * 1000000)):
                with socket.create_connection(address, 60) as client:
                    gone = False
                    for request in requests:
                        try:
                            client.sendall(request)
                            client.settimeout(60 if request == ask else 0.005)
                            gone = not client.recv(4096)
                        except TimeoutError:
                            pass
                        except ConnectionError:
                            gone = True
                        if gone:
                            break
                    tap.ok(gone, f"{what} for what is open is let go in time")
            known.request("GET", "/healthz")
            tap.is_(known.getresponse().status, 200, "who is known is not")
            known.close()


def http_unauthenticated_have_little_time(tap):
    with tempfile.TemporaryDirectory() as folder:
        tokens = Tokens(folder, "alice")
        with serving("--token-file", tokens.path, "--http", "127.0.0.1:0", "--auth-timeout", "300ms",
                     "--http-header-timeout", "1h") as daemon:
            site = http_site(daemon)
            with socket.create_connection(("127.0.0.1", int(site.rsplit(":", 1)[1])), 20) as client:
                client.sendall(b"GET /v1/stats HTTP/1.1\r\n")
                tap.is_(client.recv(1), b"", "who has not said it in half a head is let go in time")


def main():
    tap = Tap()
    tests = [each_has_its_own, administrators_see_all]
    if subprocess.run([WAITCTL, "token", "new", "x"], capture_output=True, check=False).returncode == 0:
        tests += [tokens_let_in, unauthenticated_are_refused, wrong_tokens_are_limited, unauthenticated_have_limits,
                  files_are_read_again, loopback_may_be_trusted]
        if subprocess.run([PROGRAM, "--http", "127.0.0.1:0", "--check-config"], capture_output=True,
                          check=False).returncode == 0:
            tests += [http_takes_tokens, http_wrong_tokens_are_limited, http_openness_is_no_place_to_stay,
                      http_unauthenticated_have_little_time]
    for test in tests:
        test(tap)
    tap.finish()


main()
