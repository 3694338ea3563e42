#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# evhttp of libevent 2.1.12 (Debian 12): PATCH and OPTIONS never reach the handler.
#
# Guess: evhttp_set_gencb() sets a function for all requests that no other takes; it asks evhttp_request_get_command(), for which the header
# has EVHTTP_REQ_PATCH and EVHTTP_REQ_OPTIONS, and answers.
# Seen: only GET, POST, HEAD, PUT and DELETE come to it. All others are answered by evhttp with 501, a page of HTML, and the connection is
# closed. So a browser's question before a request to another origin, an OPTIONS, fails whatever the program does for it, and no line of it
# runs. An answer without a Content-Type of its own is `text/html; charset=ISO-8859-1`, JSON too.
# What helps: evhttp_set_allowed_methods(); a Content-Type for each answer.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT
cd -- "$scratch"

apt-get download -q libevent-2.1-7=2.1.12-stable-8+deb12u1 libevent-dev=2.1.12-stable-8+deb12u1 >/dev/null 2>&1
for package in *.deb; do dpkg -x "$package" .; done
cat >server.c <<'C'
#include <arpa/inet.h>
#include <event2/buffer.h>
#include <event2/event.h>
#include <event2/http.h>
#include <stdio.h>
#include <sys/socket.h>

static void answer(struct evhttp_request *request, void *unused)
{
    struct evbuffer *body = evbuffer_new();
    evbuffer_add_printf(body, "{}");
    evhttp_send_reply(request, 200, "OK", body);
    evbuffer_free(body);
}
int main(int count, char **words)
{
    struct event_base *base = event_base_new();
    struct evhttp *http = evhttp_new(base);
    struct sockaddr_in address;
    socklen_t length = sizeof address;

    if (count > 1) evhttp_set_allowed_methods(http, EVHTTP_REQ_GET | EVHTTP_REQ_PATCH | EVHTTP_REQ_OPTIONS);
    evhttp_set_gencb(http, answer, NULL);
    struct evhttp_bound_socket *socket = evhttp_bind_socket_with_handle(http, "127.0.0.1", 0);
    getsockname(evhttp_bound_socket_get_fd(socket), (struct sockaddr *)&address, &length);
    printf("%d\n", ntohs(address.sin_port));
    fflush(stdout);
    return event_base_dispatch(base);
}
C
cat >probe.py <<'PY'
import http.client, subprocess
for words in (["./server"], ["./server", "allowed"]):
    server = subprocess.Popen(words, stdout=subprocess.PIPE, text=True)
    port = int(server.stdout.readline())
    for method in ("GET", "PATCH", "OPTIONS"):
        client = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        client.request(method, "/")
        answer = client.getresponse()
        kind, kept = answer.getheader("Content-Type"), answer.getheader("Connection", "kept")
        print(" ".join(words) + f", {method}: {answer.status}, {kind}, connection {kept}")
    server.kill()
    server.wait()
PY
library=$(find "$scratch" -name libevent-2.1.so.7)
cc -I usr/include -I usr/include/x86_64-linux-gnu -o server server.c "$library" -Wl,--allow-shlib-undefined
got=$(LD_LIBRARY_PATH=$(dirname "$library") timeout 60 python3 probe.py)
printf '%s\n' "$got"
[ "$got" = './server, GET: 200, text/html; charset=ISO-8859-1, connection kept
./server, PATCH: 501, text/html, connection close
./server, OPTIONS: 501, text/html, connection close
./server allowed, GET: 200, text/html; charset=ISO-8859-1, connection kept
./server allowed, PATCH: 200, text/html; charset=ISO-8859-1, connection kept
./server allowed, OPTIONS: 200, text/html; charset=ISO-8859-1, connection kept' ]
