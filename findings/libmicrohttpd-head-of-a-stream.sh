#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# libmicrohttpd 0.9.75 (Debian 12): the answer to HEAD of a stream has a body, five bytes that begin the next answer.
#
# Guess: one handler serves GET and HEAD, since the library leaves the body out for HEAD: nothing follows the head, as RFC 9110 has it.
# Seen: it is so for an answer of known length. For one of unknown length (MHD_SIZE_UNKNOWN, sent in chunks) the last chunk, "0\r\n\r\n", follows
# the head all the same. The connection is kept, and the next answer on it begins with these five bytes: a client refuses it as no HTTP or
# breaks off, and which request fails is another one than the HEAD.
# What helps: for HEAD a response of size 0 without `Transfer-Encoding`, or `Connection: close`.
set -euo pipefail
scratch=$(mktemp -d)
server=''
clean_up()
{
    [ -z "$server" ] || kill "$server" 2>/dev/null || true
    rm -rf -- "$scratch"
}
trap clean_up EXIT
cd -- "$scratch"

apt-get download -q libmicrohttpd12=0.9.75-6 libmicrohttpd-dev=0.9.75-6 >/dev/null 2>&1
for package in *.deb; do dpkg -x "$package" .; done
library=$(dirname "$(find "$scratch" -name 'libmicrohttpd.so.12')")
cat >server.c <<'C'
#include <arpa/inet.h>
#include <microhttpd.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static ssize_t give(void *context, uint64_t at, char *buffer, size_t max)
{
    if (at >= 4) return MHD_CONTENT_READER_END_OF_STREAM;
    memcpy(buffer, "body" + at, 4 - at);
    return (ssize_t)(4 - at);
}
static enum MHD_Result handle(void *context, struct MHD_Connection *connection, const char *url, const char *method,
                              const char *version, const char *data, size_t *size, void **request)
{
    if (*request == NULL) {
        *request = context;
        return MHD_YES;
    }
    uint64_t length = strcmp(url, "/known") == 0 ? 4 : MHD_SIZE_UNKNOWN;
    struct MHD_Response *response = MHD_create_response_from_callback(length, 1024, give, NULL, NULL);
    enum MHD_Result result = MHD_queue_response(connection, 200, response);

    MHD_destroy_response(response);
    return result;
}
int main(void)
{
    static char context;
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct MHD_Daemon *daemon = MHD_start_daemon(MHD_USE_INTERNAL_POLLING_THREAD, 0, NULL, NULL, handle, &context, MHD_OPTION_SOCK_ADDR,
        &address, MHD_OPTION_END);
    FILE *port = fopen("port.new", "w");

    fprintf(port, "%d\n", MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_BIND_PORT)->port);
    fclose(port);
    rename("port.new", "port");
    pause();
    return 0;
}
C
cat >probe.py <<'PY'
import socket, sys
for path in ("known", "unknown"):
    client = socket.create_connection(("127.0.0.1", int(sys.argv[1])), 10)
    request = "{0} /%s HTTP/1.1\r\nHost: test\r\n{1}\r\n" % path
    client.sendall((request.format("HEAD", "") + request.format("HEAD", "Connection: close\r\n")).encode())
    answers = b"".join(iter(lambda: client.recv(4096), b""))
    first, _, rest = answers.partition(b"\r\n\r\n")
    print(f"HEAD, length {path}: kept open {b'onnection: close' not in first}, the next answer begins with {rest[:8]}")
PY
cc -I "$(dirname "$(find "$scratch" -name microhttpd.h)")" -o server server.c "$library/libmicrohttpd.so.12" -Wl,--allow-shlib-undefined
LD_LIBRARY_PATH=$library ./server &
server=$!
until [ -s port ]; do sleep 0.05; done
got=$(timeout 60 python3 probe.py "$(cat port)")
printf '%s\n' "$got"
[ "$got" = 'HEAD, length known: kept open True, the next answer begins with b'"'"'HTTP/1.1'"'"'
HEAD, length unknown: kept open True, the next answer begins with b'"'"'0\r\n\r\nHTT'"'"'' ]
