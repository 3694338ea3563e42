#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""TLS on the daemon's socket, by waitctl and by Python's ssl: who is let in and who is
not, half-closes, truncation, certificates read again, and clients that speak
something else.
"""

import atexit
import json
import os
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time
from http.client import HTTPSConnection, RemoteDisconnected

from daemons import GUARD_SECONDS, PROGRAM, eventually
from examples import Tap

WAITCTL = os.environ.get("WAITCTL") or "client/waitctl"


def openssl(*words):
    subprocess.run(["openssl", *words], check=True, stdin=subprocess.DEVNULL,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


class Certificates:
    """An authority and what it vouches for, in a folder."""

    def __init__(self, folder):
        self.folder = folder
        os.mkdir(folder)
        self.make("ca", "req", "-x509", "-days", "2", "-subj", "/CN=authority")
        self.issue("server", "/CN=localhost", "DNS:localhost,IP:127.0.0.1")
        self.issue("other", "/CN=elsewhere", "DNS:elsewhere.example")
        self.issue("expired", "/CN=localhost", "DNS:localhost,IP:127.0.0.1", days="-1")
        self.issue("client", "/CN=somebody", "DNS:somebody")

    def path(self, name):
        return os.path.join(self.folder, name)

    def make(self, name, *words):
        openssl(*words, "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                "-keyout", self.path(name + ".key"), "-out", self.path(name + ".pem"))

    def issue(self, name, subject, names, days="2"):
        self.make(name, "req", "-subj", subject)
        with open(self.path("extensions"), "w", encoding="ascii") as out:
            out.write("subjectAltName=" + names)
        openssl("x509", "-req", "-in", self.path(name + ".pem"), "-CA", self.path("ca.pem"),
                "-CAkey", self.path("ca.key"), "-CAcreateserial", "-days", days,
                "-extfile", self.path("extensions"), "-out", self.path(name + ".crt"))

    def locked(self, name):
        openssl("ec", "-in", self.path(name + ".key"), "-aes256", "-passout", "pass:secret", "-out",
                self.path("locked.key"))
        return self.path("locked.key")

    def flags(self, name):
        return ["--tls-cert", self.path(name + ".crt"), "--tls-key", self.path(name + ".key")]


class Daemon:
    """One that listens by TLS, and plainly beside it."""

    def __init__(self, *flags, environment=None):
        self.process = subprocess.Popen(
            [PROGRAM, "--listen", "tls:127.0.0.1:0", "--listen", "127.0.0.1:0", "--threads", "2",
             *flags], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
            env=environment)
        atexit.register(self.process.kill)
        ports = {}
        for _ in range(2):
            line = self.process.stderr.readline()
            ports["tls:" in line] = int(line.rsplit(":", 1)[1])
        self.port, self.plain = ports[True], ports[False]
        self.log = []
        threading.Thread(target=lambda: self.log.extend(self.process.stderr), daemon=True).start()

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(GUARD_SECONDS)

    def stats(self):
        with socket.create_connection(("127.0.0.1", self.plain), GUARD_SECONDS) as client:
            client.sendall(b'{"op":"stats"}')
            return json.loads(client.makefile().readline())


def waitctl(daemon, *words, server=None, data=""):
    done = subprocess.run(
        [WAITCTL, "--server", server or f"tls:localhost:{daemon.port}", *words], input=data,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=GUARD_SECONDS,
        check=False)
    return done.returncode, done.stdout, done.stderr


def connect(daemon, certificates, version=ssl.TLSVersion.TLSv1_3):
    context = ssl.create_default_context(cafile=certificates.path("ca.pem"))
    context.minimum_version = context.maximum_version = version
    plain = socket.create_connection(("127.0.0.1", daemon.port), GUARD_SECONDS)
    return context.wrap_socket(plain, server_hostname="localhost")


# ---- The tests ---------------------------------------------------------------


def test_other_clients(tap, certificates):
    """As waitd(8) says that they are to be called."""
    daemon = Daemon(*certificates.flags("server"))
    address = f"localhost:{daemon.port}"
    for words in (["openssl", "s_client", "-quiet", "-connect", address],
                  ["ncat", "--ssl", "--no-shutdown", "localhost", str(daemon.port)]):
        what = f"{words[0]} has every event by quit"
        if not shutil.which(words[0]):
            tap.skip(what, f"no {words[0]}")
            continue
        done = subprocess.run(words, input='[{"wait":0.3}]{"op":"quit"}', stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL, text=True, timeout=GUARD_SECONDS, check=False)
        events = [json.loads(line)["event"] for line in done.stdout.splitlines()]
        tap.result(events == ["accepted", "done", "finished"], what, f"{done.returncode} {done.stdout}")
    tap.result(daemon.stop() == 0, "the daemon stops in good order")


def test_served(tap, certificates):
    daemon = Daemon(*certificates.flags("server"))
    ca = ["--tls-ca", certificates.path("ca.pem")]
    status, out, said = waitctl(daemon, *ca, "ping")
    tap.result(status == 0 and '"pong"' in out, "waitctl is answered by TLS", f"{out}{said}")
    status, out, said = waitctl(daemon, *ca, "ping", server=f"tls:127.0.0.1:{daemon.port}")
    tap.result(status == 0 and not said, "by an address too", f"{out}{said}")
    # All is read at once, the client half-closes, and what was asked for still comes.
    status, out, said = waitctl(daemon, *ca, "submit", data='[{"wait":0.3}]')
    tap.result(status == 0 and out.count('"finished"') == 1 and not said,
               "half a close is close_notify, either way", f"{out}{said}")
    jobs = 100000
    status, out, said = waitctl(daemon, *ca, "submit",
                                data='{"events":"all","jobs":[{"name":"job","count":%d}]}' % jobs)
    done = sorted(json.loads(line)["job"] for line in out.splitlines() if '"done"' in line)
    tap.result(status == 0 and done == list(range(jobs)), "every event of a large batch comes",
               f"{status} {len(done)} {said}")

    for name, made, flags, why in [
            ("one that the system's authorities do not know", "server", [], "issuer certificate"),
            ("one for another name", "other", ca, "mismatch"),
            ("an expired one", "expired", ca, "expired")]:
        other = Daemon(*certificates.flags(made))
        status, out, said = waitctl(other, *flags, "ping")
        tap.result(status == 3 and why in said.lower() and not out,
                   f"a certificate is refused: {name}", f"{status} {said}")
        other.stop()

    def plain():
        return waitctl(daemon, "ping", server=f"127.0.0.1:{daemon.port}")[2]

    # A reset may overtake what the daemon says; it is there at another try, then.
    tap.result(eventually(lambda: "this address speaks TLS" in plain()), "plain text to TLS is one clear line", plain())
    status, out, said = waitctl(daemon, *ca, "ping", server=f"tls:localhost:{daemon.plain}")
    tap.result(status == 3 and "does not speak TLS" in said, "TLS to plain text is one clear line",
               said)
    try:
        connect(daemon, certificates, ssl.TLSVersion.TLSv1_2)
        refused = False
    except (ssl.SSLError, ConnectionError):
        refused = True
    tap.result(refused, "TLS 1.2 is refused")
    status = daemon.stop()
    tap.result(status == 0, "the daemon stops as ever", f"status {status}")


def test_cut_off(tap, certificates):
    daemon = Daemon(*certificates.flags("server"))
    began = time.monotonic()
    client = connect(daemon, certificates)
    client.sendall(b'[{"wait":3600}]')
    client.recv(65536)
    before = daemon.stats()["pending"]
    os.close(client.detach())  # an end of file, but no close_notify
    tap.result(before == 1 and eventually(lambda: daemon.stats()["cancelled"] == 1),
               "a connection that is cut off has its batches cancelled", str(daemon.stats()))
    for junk in (b"\x16\x03\x01", b"\x16\x03\x01\x00\xff" + bytes(300), b"\x16" * 2000,
                 b"GET / HTTP/1.0\r\n\r\n", b""):
        with socket.create_connection(("127.0.0.1", daemon.port), GUARD_SECONDS) as client:
            try:
                client.sendall(junk)
                client.shutdown(socket.SHUT_WR)
                while client.recv(65536):
                    pass
            except OSError:
                pass
    tap.result(eventually(lambda: daemon.stats()["connections"] == 1),
               "junk is let go", str(daemon.stats()))
    tap.result(len(daemon.log) <= 1 + (time.monotonic() - began) // 10, "and leaves one line in the log in ten seconds",
               repr(daemon.log))
    daemon.stop()


def test_client_certificates(tap, certificates):
    ca = certificates.path("ca.pem")
    daemon = Daemon(*certificates.flags("server"), "--tls-client-ca", ca)
    status, out, said = waitctl(daemon, "--tls-ca", ca, "ping")
    tap.result(status == 3 and not out, "without a certificate a client is not served", said)
    status, out, said = waitctl(daemon, "--tls-ca", ca, *certificates.flags("client"), "ping")
    tap.result(status == 0 and '"pong"' in out, "with one it is", said)
    status, out, said = waitctl(daemon, "--tls-ca", ca, *certificates.flags("client"), "submit", "--detach",
                                data='[{}]')
    status, out, said = waitctl(daemon, "--tls-ca", ca, *certificates.flags("client"), "-o", "json", "list")
    tap.result('"owner":"cert:CN=somebody"' in out, "and is the principal of its subject", out + said)
    status, out, said = waitctl(daemon, "list", server=f"127.0.0.1:{daemon.plain}")
    tap.result(status == 2 and "by a certificate, over TLS" in said, "plain text beside it gets no further than a ping",
               f"{status} {said}")
    tap.result(eventually(lambda: any("nothing to prove by" in line for line in daemon.log)), "which the daemon says at its start")
    others = Certificates(certificates.path("others"))
    status, out, said = waitctl(daemon, "--tls-ca", ca, *others.flags("client"), "ping")
    tap.result(status == 3 and not out, "with one by another authority it is not", said)
    daemon.stop()


def test_files_of_waitctl(tap, certificates):
    daemon = Daemon(*certificates.flags("server"))
    status, out, said = waitctl(daemon, "--tls-ca", "/none", "ping")
    tap.result((status, out, said) == (2, "", "waitctl: cannot read /none: No such file or directory\n"),
               "waitctl names the file that it cannot read", f"{status} {out}{said}")
    status, out, said = waitctl(daemon, "--tls-ca", certificates.path("ca.pem"), *certificates.flags("other")[:3],
                                certificates.path("ca.pem"), "ping")
    tap.result(status == 3 and "lib" not in said, "and says what is wrong with one that it can", said)
    daemon.stop()


def test_unknown_clients_leave(tap, certificates):
    """One that has asked a ping and shown no token ends as TLS has it, with a close_notify."""
    made = subprocess.run([WAITCTL, "token", "new", "alice"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                          text=True, check=False)
    if made.returncode != 0:
        return  # built without tokens
    tokens = certificates.path("tokens")
    with open(os.open(tokens, os.O_WRONLY | os.O_CREAT, 0o600), "w", encoding="ascii") as file:
        file.write(made.stdout.splitlines()[0] + "\n")
    daemon = Daemon(*certificates.flags("server"), "--token-file", tokens)
    ca = ["--tls-ca", certificates.path("ca.pem")]
    status, out, said = waitctl(daemon, *ca, "ping")
    tap.result(status == 0 and '"pong"' in out and not said, "without a token a ping is answered, and no more is said",
               f"{status} {out}{said}")
    status, out, said = waitctl(daemon, *ca, "list")
    tap.result(status == 2 and "--token-file FILE" in said, "what takes a token says how one is shown", said)
    daemon.stop()


def test_stalled_handshakes(tap, certificates):
    for timeout in ("1h", "1s"):
        began = time.monotonic()
        daemon = Daemon(*certificates.flags("server"), "--tls-client-ca", certificates.path("ca.pem"),
                        "--max-unauthenticated", "20", "--auth-timeout", timeout)
        stalled = []
        for i in range(60):
            client = socket.create_connection(("127.0.0.1", daemon.port), GUARD_SECONDS)
            try:
                if i % 2:
                    client.sendall(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03")
            except ConnectionError:
                pass  # one of those that are refused
            stalled.append(client)

        def ping(to=daemon):
            return waitctl(to, "--tls-ca", certificates.path("ca.pem"), *certificates.flags("client"), "ping")

        def is_logged(word, of=daemon, start=began):
            return 1 <= sum(word in line for line in of.log) <= 2 + (time.monotonic() - start) // 10

        if timeout == "1h":
            status, _, said = ping()
            tap.result(status != 0 and "max-unauthenticated 20" in said or status == 3,
                       "handshakes that stall take their places, and not one more", f"{status} {said}")
            tap.result(eventually(lambda: is_logged("refused")), "with a line in the log in ten seconds", repr(daemon.log))
        else:
            tap.result(eventually(lambda: ping()[0] == 0), "for so long, and then others come in")  # pylint: disable=cell-var-from-loop
            tap.result(eventually(lambda: is_logged("not let in")), "which has a line in the log as well", repr(daemon.log))
        for client in stalled:
            client.close()
        daemon.stop()


def fetch(port, certificates, path, token=None, client=None, body=None, origin=None):
    """The status and the text that a path is answered with by HTTPS."""
    context = ssl.create_default_context(cafile=certificates.path("ca.pem"))
    if client:
        context.load_cert_chain(certificates.path(client + ".crt"), certificates.path(client + ".key"))
    connection = HTTPSConnection("localhost", port, timeout=GUARD_SECONDS, context=context)
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    if body:
        headers["Content-Type"] = "application/json"
    if origin:
        headers["Origin"] = origin
    connection.request("POST" if body else "GET", path, body=body, headers=headers)
    answer = connection.getresponse()
    text = answer.read().decode()
    connection.close()
    return answer.status, text


def test_https(tap, certificates):
    ca = certificates.path("ca.pem")
    daemon = Daemon(*certificates.flags("server"), "--http", "tls:127.0.0.1:0")
    if not eventually(lambda: any("https://" in line for line in daemon.log)):
        tap.skip("HTTPS", "waitd was built without HTTP")
        return
    port = int(next(line for line in daemon.log if "https://" in line).rsplit(":", 1)[1])
    status, text = fetch(port, certificates, "/healthz")
    tap.result((status, text) == (200, "ok\n"), "HTTP is served by TLS", f"{status} {text}")
    jobs = 50000
    status, text = fetch(port, certificates, "/v1/batches", body='{"events":"all","jobs":[{"count":%d}]}' % jobs)
    tap.result(status == 200 and text.count('"done"') == jobs and text.count('"finished"') == 1,
               "every event of a large batch comes", f"{status} {len(text)}")
    status, text = fetch(port, certificates, "/v1/requests", body='{"op":"ping"}[{"wait":0.1}]' * 3)
    tap.result(text.count('"pong"') == 3 and text.count('"finished"') == 3, "and a conversation both ways", text)
    for origin, expected in ((f"https://localhost:{port}", 200), (f"http://localhost:{port}", 403), ("null", 403)):
        status, _ = fetch(port, certificates, "/v1/stats", origin=origin)
        tap.result(status == expected, f"Origin {origin} is {'own' if expected == 200 else 'foreign'}", str(status))
    with socket.create_connection(("127.0.0.1", port), GUARD_SECONDS) as plain:
        plain.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
        said = plain.makefile().readline()
    tap.result("speaks TLS" in said, "plain HTTP is answered so in one line", said)
    status = daemon.stop()
    tap.result(status == 0, "the daemon stops as ever", f"status {status}")
    daemon = Daemon(*certificates.flags("server"), "--http", "tls:127.0.0.1:0", "--tls-client-ca", ca)
    eventually(lambda: any("https://" in line for line in daemon.log))
    port = int(next(line for line in daemon.log if "https://" in line).rsplit(":", 1)[1])
    status, text = fetch(port, certificates, "/v1/batches", client="client", body='{"detach":true,"jobs":[]}')
    status, text = fetch(port, certificates, "/v1/batches", client="client")
    tap.result('"owner":"cert:CN=somebody"' in text, "a certificate says who sends a request", f"{status} {text}")
    try:
        fetch(port, certificates, "/healthz")
        refused = False
    except (ssl.SSLError, ConnectionError, RemoteDisconnected):
        refused = True
    tap.result(refused, "and without one nothing is served")
    daemon.stop()


def test_read_again(tap, certificates):
    folder = certificates.path("live")
    os.mkdir(folder)
    live = ["--tls-cert", f"{folder}/crt", "--tls-key", f"{folder}/key"]

    def put(made, name):
        shutil.copy(made.path(name + ".key"), f"{folder}/key")
        shutil.copy(made.path(name + ".crt"), f"{folder}/crt")

    def reload(daemon, word):
        lines = len(daemon.log)
        daemon.process.send_signal(signal.SIGHUP)
        return eventually(lambda: any(word in line for line in daemon.log[lines:]))

    put(certificates, "server")
    daemon = Daemon(*live)
    old = connect(daemon, certificates)
    renewed = Certificates(certificates.path("renewed"))
    put(renewed, "server")
    reported = reload(daemon, "configuration read again")
    status, _, said = waitctl(daemon, "--tls-ca", renewed.path("ca.pem"), "ping")
    tap.result(reported and status == 0, "SIGHUP: those who come get the new certificate", said)
    old.sendall(b'{"op":"ping"}')
    tap.result(b'"pong"' in old.recv(65536), "and no connection drops")
    with open(f"{folder}/crt", "w", encoding="ascii") as out:
        out.write("no certificate")
    reported = reload(daemon, "certificates left as they were")
    status, _, said = waitctl(daemon, "--tls-ca", renewed.path("ca.pem"), "ping")
    tap.result(reported and status == 0, "a faulty file leaves things as they were", said)
    daemon.stop()


def test_refusals(tap, certificates):
    server = certificates.flags("server")
    for name, words, expected, why in [
            ("TLS without a certificate", ["--listen", "tls:127.0.0.1:0"], 2, "tls-cert"),
            ("a certificate without its key", server[:2], 2, "go together"),
            ("TLS on a Unix socket", ["--listen", "tls:unix:/x", *server], 2, "needs none"),
            ("a file that is not there", ["--listen", "tls:127.0.0.1:0", "--tls-cert", "/none",
                                          "--tls-key", "/none"], 1, "/none: No such file"),
            ("a file without a certificate", ["--listen", "tls:127.0.0.1:0", "--tls-cert", certificates.path("ca.key"),
                                              *server[2:]], 1, "none in PEM"),
            ("a file without a key", ["--listen", "tls:127.0.0.1:0", *server[:3], server[1]], 1, "none in PEM"),
            ("a key with a passphrase", ["--listen", "tls:127.0.0.1:0", *server[:3], certificates.locked("server")], 1,
             "passphrase"),
            ("authorities that are none", ["--listen", "tls:127.0.0.1:0", *server, "--tls-client-ca", server[3]], 1,
             "none in PEM"),
            ("the key of another", ["--listen", "tls:127.0.0.1:0", *server[:3],
                                    certificates.path("other.key")], 1, "another certificate"),
            ("TLS for all the world", ["--listen", "tls::0", *server], 2, "--tls-client-ca")]:
        said = []
        for check in ([], ["--check-config"]):
            done = subprocess.run([PROGRAM, *check, *words], stdin=subprocess.DEVNULL, timeout=GUARD_SECONDS,
                                  stderr=subprocess.PIPE, text=True, check=False)
            tap.result(done.returncode == expected and why in done.stderr and
                       done.stderr.count("\n") == 1, f"refused: {name} {check}",
                       f"{done.returncode} {done.stderr}")
            said.append(done.stderr)
        tap.result(said[0] == said[1], f"a check says the same: {name}", str(said))
    daemon = subprocess.Popen([PROGRAM, "--listen", "tls::0", *server, "--tls-client-ca",
                               certificates.path("ca.pem")], stdin=subprocess.DEVNULL,
                              stderr=subprocess.PIPE, text=True)
    line = daemon.stderr.readline()
    daemon.terminate()
    daemon.wait(GUARD_SECONDS)
    tap.result(line.startswith("listening on tls:"),
               "with certificates to ask for, all the world may come", line)


def main():
    built = subprocess.run([PROGRAM, "--check-config", "--listen", "tls:1", "--tls-cert", "x",
                            "--tls-key", "x"], stderr=subprocess.PIPE, text=True, check=False)
    tap = Tap()
    if "built without" in built.stderr or shutil.which("openssl") is None:
        tap.skip("TLS", "waitd was built without it, or there is no openssl program")
        tap.finish()
    with tempfile.TemporaryDirectory() as folder:
        certificates = Certificates(os.path.join(folder, "made"))
        test_served(tap, certificates)
        test_other_clients(tap, certificates)
        test_cut_off(tap, certificates)
        test_client_certificates(tap, certificates)
        test_files_of_waitctl(tap, certificates)
        test_unknown_clients_leave(tap, certificates)
        test_stalled_handshakes(tap, certificates)
        test_https(tap, certificates)
        test_read_again(tap, certificates)
        test_refusals(tap, certificates)
    tap.finish()


if __name__ == "__main__":
    sys.exit(main())
