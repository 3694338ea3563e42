#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# libmicrohttpd 0.9.75 (Debian 12): the block size of a response does not count for a chunked answer.
#
# Guess: MHD_create_response_from_callback() with a block size of 64 KiB asks the callback for up to 64 KiB at a time, and what
# it gives becomes a chunk of that size.
# Seen: for an answer of known length it is so. One of unknown length is asked for in pieces of what is left of the connection's
# memory limit, 32 KiB by default, whatever the block size: chunks are smaller than 32 KiB, and with a small limit,
# as one sets it for many idle connections, a large answer is cut into some thousand sends.
# What helps: a larger MHD_OPTION_CONNECTION_MEMORY_LIMIT, which each connection then takes.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT
cd -- "$scratch"

apt-get download -q libmicrohttpd12=0.9.75-6 libmicrohttpd-dev=0.9.75-6 >/dev/null 2>&1
for package in *.deb; do dpkg -x "$package" .; done
library=$(dirname "$(find "$scratch" -name 'libmicrohttpd.so.12')")
cat >server.c <<'C'
#include <arpa/inet.h>
#include <microhttpd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { TOTAL = 1 << 20, BLOCK = 64 << 10 };
static size_t largest;

static ssize_t give(void *context, uint64_t at, char *buffer, size_t max)
{
    if (at >= TOTAL)
        return MHD_CONTENT_READER_END_OF_STREAM;
    largest = max > largest ? max : largest;
    memset(buffer, 'x', max);
    return (ssize_t)(max < TOTAL - at ? max : TOTAL - at);
}
static enum MHD_Result handle(void *context, struct MHD_Connection *connection, const char *url, const char *method,
                              const char *version, const char *data, size_t *size, void **request)
{
    uint64_t length = strcmp(url, "/known") == 0 ? TOTAL : MHD_SIZE_UNKNOWN;
    struct MHD_Response *response = MHD_create_response_from_callback(length, BLOCK, give, NULL, NULL);
    enum MHD_Result result = MHD_queue_response(connection, 200, response);

    largest = 0;
    MHD_destroy_response(response);
    return result;
}
static void done(void *context, struct MHD_Connection *connection, void **request, enum MHD_RequestTerminationCode code)
{
    printf("asked for up to %s\n", largest == BLOCK ? "the block size" : largest > BLOCK ? "more than the block size"
           : largest > 16 << 10 ? "16 to 64 KiB" : "16 KiB or less");
    fflush(stdout);
}
int main(int argc, char *argv[])
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct MHD_Daemon *daemon = MHD_start_daemon(MHD_USE_INTERNAL_POLLING_THREAD, 0, NULL, NULL, handle, NULL, MHD_OPTION_SOCK_ADDR,
        &address, MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)atol(argv[1]), MHD_OPTION_NOTIFY_COMPLETED, done, NULL, MHD_OPTION_END);
    FILE *port = fopen("port.new", "w");

    fprintf(port, "%d\n", MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_BIND_PORT)->port);
    fclose(port);
    rename("port.new", "port");
    pause();
    return 0;
}
C
cc -I "$(dirname "$(find "$scratch" -name microhttpd.h)")" -o server server.c "$library/libmicrohttpd.so.12" -Wl,--allow-shlib-undefined
got=$(for limit in 12288 32768 262144; do
    rm -f port
    LD_LIBRARY_PATH=$library ./server "$limit" >out &
    server=$!
    trap '{ kill "$server" && wait "$server"; } 2>/dev/null || true' EXIT # of this command substitution
    until [ -s port ]; do sleep 0.05; done
    for path in known unknown; do
        python3 -c 'import sys, urllib.request as u; print(len(u.urlopen(sys.argv[1]).read()) == 1 << 20)' "http://127.0.0.1:$(cat port)/$path" >/dev/null
    done
    until [ "$(wc -l <out)" = 2 ]; do sleep 0.05; done
    kill "$server"
    printf 'limit of %s KiB, length known: %s; unknown: %s\n' $((limit / 1024)) "$(sed -n 1p out)" "$(sed -n 2p out)"
done)
printf '%s\n' "$got"
[ "$got" = 'limit of 12 KiB, length known: asked for up to the block size; unknown: asked for up to 16 KiB or less
limit of 32 KiB, length known: asked for up to the block size; unknown: asked for up to 16 to 64 KiB
limit of 256 KiB, length known: asked for up to the block size; unknown: asked for up to more than the block size' ]
