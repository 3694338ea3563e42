#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# libcurl 7.88.1 (Debian 12), multi interface: a transfer that waits for a connection times out without having been sent.
#
# Guess: with CURLMOPT_MAX_HOST_CONNECTIONS 1 and CURLOPT_TIMEOUT_MS 1000 three requests that take 0.6 s each come one after another; each has
# a second from when it gets the connection.
# Seen: the time-out runs from curl_multi_add_handle(): the second is broken off after 0.4 s of its 0.6, the third is never sent, and both say
# "Timeout was reached", as if the server had been slow. Its times of connecting and of the first byte are 0. With many requests at once a
# limit of connections, which is to spare the server, makes most of them fail.
# What helps: a queue of one's own that adds a handle when another is done.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT
cd -- "$scratch"

apt-get download -q libcurl4=7.88.1-10+deb12u15 libcurl4-openssl-dev=7.88.1-10+deb12u15 >/dev/null 2>&1
for package in *.deb; do dpkg -x "$package" .; done
cat >probe.c <<'C'
#include <curl/curl.h>
#include <stdio.h>

static size_t drop(char *data, size_t size, size_t count, void *unused) { return size * count; }

static void fetch(const char *url, long connections)
{
    CURLM *multi = curl_multi_init();
    const char *results[3];
    int running, left;

    curl_multi_setopt(multi, CURLMOPT_MAX_HOST_CONNECTIONS, connections);
    for (int i = 0; i < 3; i++) {
        CURL *handle = curl_easy_init();
        curl_easy_setopt(handle, CURLOPT_URL, url);
        curl_easy_setopt(handle, CURLOPT_TIMEOUT_MS, 1000L);
        curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, drop);
        curl_easy_setopt(handle, CURLOPT_PRIVATE, &results[i]);
        curl_multi_add_handle(multi, handle);
    }
    do {
        curl_multi_perform(multi, &running);
        for (CURLMsg *message; (message = curl_multi_info_read(multi, &left)) != NULL;) {
            const char **result;
            curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &result);
            *result = curl_easy_strerror(message->data.result);
        }
        curl_multi_poll(multi, NULL, 0, 100, NULL);
    } while (running > 0);
    for (int i = 0; i < 3; i++) printf("%ld connection(s), request %d: %s\n", connections, i + 1, results[i]);
    fflush(stdout);
}
int main(int count, char **words)
{
    fetch(words[1], 3);
    fetch(words[2], 1);
    return 0;
}
C
cat >server.py <<'PY'
import http.server, subprocess, sys, threading, time

class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    seen = []
    def do_GET(self):
        self.seen.append(self.path)
        time.sleep(0.6)
        try:
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()
        except OSError:
            pass
    def log_message(self, *_):
        pass

server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
server.handle_error = lambda *_: None
threading.Thread(target=server.serve_forever, daemon=True).start()
base = f"http://127.0.0.1:{server.server_address[1]}/"
subprocess.run(["./probe", base + "three", base + "one"], check=True)
print("requests sent by one connection:", Handler.seen.count("/one"))
PY
library=$scratch/usr/lib/x86_64-linux-gnu
cc -I usr/include/x86_64-linux-gnu -o probe probe.c "$library/libcurl.so.4" -Wl,--allow-shlib-undefined
got=$(LD_LIBRARY_PATH=$library timeout 60 python3 server.py)
printf '%s\n' "$got"
[ "$got" = '3 connection(s), request 1: No error
3 connection(s), request 2: No error
3 connection(s), request 3: No error
1 connection(s), request 1: No error
1 connection(s), request 2: Timeout was reached
1 connection(s), request 3: Timeout was reached
requests sent by one connection: 2' ]
