#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# libmicrohttpd 0.9.75 (Debian 12): an answer can begin before a request's body or after it, not while it comes.
#
# Guess: MHD_queue_response() may be called from any call of the handler, so a server can answer the first
# lines of an upload while more of it is sent, as HTTP/1.1 allows.
# Seen: it is refused (MHD_NO) from every call that hands over a piece of the body. From the first call, which
# has only the head, it is accepted, and then the body is not read and the connection is closed behind the
# answer; from the last, when the whole body is there, it is accepted and the connection stays. So a stream
# both ways cannot be served with the library's own answers.
set -euo pipefail
scratch=$(mktemp -d)
server=''
clean_up()
{
    [ -z "$server" ] || { kill "$server" && wait "$server"; } 2>/dev/null || true
    rm -rf -- "$scratch"
}
trap clean_up EXIT
cd -- "$scratch"

apt-get download -q libmicrohttpd12=0.9.75-6 libmicrohttpd-dev=0.9.75-6 >/dev/null 2>&1
for package in *.deb; do dpkg -x "$package" .; done
library=$(dirname "$(find "$scratch" -name 'libmicrohttpd.so.12')")

cat >server.c <<'C'
#include <microhttpd.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static enum MHD_Result queue(struct MHD_Connection *connection, const char *when)
{
    struct MHD_Response *response =
        MHD_create_response_from_buffer(3, (void *)"ok\n", MHD_RESPMEM_PERSISTENT);
    enum MHD_Result result = MHD_queue_response(connection, 200, response);

    MHD_destroy_response(response);
    fprintf(stderr, "%s: %s\n", when, result == MHD_YES ? "queued" : "refused");
    return result;
}

/* The path says from which call to answer. */
static enum MHD_Result handle(void *context, struct MHD_Connection *connection, const char *url,
                              const char *method, const char *version, const char *data,
                              size_t *size, void **request)
{
    (void)context, (void)method, (void)version, (void)data;
    if (*request == NULL) {
        *request = connection;
        return strcmp(url, "/head") == 0 ? queue(connection, "head") : MHD_YES;
    }
    if (*size > 0) {
        *size = 0;
        if (strcmp(url, "/body") == 0)
            (void)queue(connection, "body");
        return MHD_YES;
    }
    return queue(connection, "end");
}

int main(void)
{
    struct MHD_Daemon *daemon = MHD_start_daemon(MHD_USE_INTERNAL_POLLING_THREAD, 0, NULL, NULL, handle,
                                                 NULL, MHD_OPTION_END);

    printf("%d\n", MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_BIND_PORT)->port);
    fflush(stdout);
    pause();
    return 0;
}
C
cc -o server server.c -I "$(dirname "$(find "$scratch" -name microhttpd.h)")" "$library/libmicrohttpd.so.12"
LD_LIBRARY_PATH=$library ./server >port 2>log &
server=$!
until [ -s port ]; do sleep 0.05; done

# Two requests on one connection, the second behind the first one's answer.
cat >client.py <<'PY'
import http.client, sys

connection = http.client.HTTPConnection("127.0.0.1", int(open("port").read()))
for path in sys.argv[1:]:
    connection.request("POST", path, body=b"x" * 1000)
    answer = connection.getresponse()
    answer.read()
    print(path, answer.status, "closed" if answer.will_close else "kept")
PY
got=$(python3 client.py /head; python3 client.py /body; python3 client.py /end; cat log)
printf '%s\n' "$got"
[ "$got" = '/head 200 closed
/body 200 kept
/end 200 kept
head: queued
body: refused
end: queued
end: queued' ]
