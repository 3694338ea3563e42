#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# curl 7.88.1 (Debian 12): with --retry the output has the bodies of the failures, and `time_total` leaves their time out.
#
# Guess: `curl --retry 3` of a service that answers 503 twice and then 200 prints the last body, as the others are of attempts that do not
# count; `-w '%{time_total}'` is the time that it took, with its pauses.
# Seen: all three bodies are printed, one behind another: a program that reads JSON from it gets two texts of an error in front. time_total is
# that of the last attempt, 0.2 s of 3.6, and there is one such line. So a measurement of a slow service by it looks fine. With `-o` the file
# has the last body alone.
# What helps: --fail, with which only the last body is printed; `-o`; a clock of one's own.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT
cd -- "$scratch"

version=7.88.1-10+deb12u15
apt-get download -q curl="$version" libcurl4="$version" >/dev/null 2>&1
for package in *.deb; do dpkg -x "$package" .; done
cat >probe.py <<'PY'
import http.server, subprocess, threading, time

class Handler(http.server.BaseHTTPRequestHandler):
    count = 0
    def do_GET(self):
        Handler.count += 1
        time.sleep(0.2)
        status, body = (200, b"fine ") if Handler.count % 3 == 0 else (503, b"error ")
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *_):
        pass

server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
threading.Thread(target=server.serve_forever, daemon=True).start()
for options in ([], ["--fail"], ["-o", "body"]):
    began = time.monotonic()
    words = ["usr/bin/curl", "-s", "--retry", "3", "-w", "%{time_total}", *options, f"http://127.0.0.1:{server.server_address[1]}/"]
    body, _, total = subprocess.run(words, capture_output=True, check=True, text=True).stdout.rpartition(" ")
    if "-o" in options:
        body = open("body").read().strip()
    took = time.monotonic() - began
    print(" ".join(["curl --retry 3", *options]) + ":", body + ",", "time_total of", "one attempt" if float(total) < took / 3 else "all attempts")
PY
got=$(LD_LIBRARY_PATH=$scratch/usr/lib/x86_64-linux-gnu timeout 60 python3 probe.py)
printf '%s\n' "$got"
[ "$got" = 'curl --retry 3: error error fine, time_total of one attempt
curl --retry 3 --fail: fine, time_total of one attempt
curl --retry 3 -o body: fine, time_total of one attempt' ]
