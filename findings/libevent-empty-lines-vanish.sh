#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# libevent 2.1.12 (Debian 12), evbuffer_readln(): with EVBUFFER_EOL_ANY there are no empty lines.
#
# Guess: EVBUFFER_EOL_ANY takes a line feed, a carriage return or both for the end of a line, whichever the other side writes; an empty line
# is an empty line.
# Seen: it takes all line ends that follow each other for one. Of a stream of events, in which the empty line is what ends an event, two events
# become one, and the head of an HTTP request never ends. With EVBUFFER_EOL_CRLF, which stands a missing carriage return, and EVBUFFER_EOL_LF the
# empty lines are there.
# What helps: EVBUFFER_EOL_CRLF.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT
cd -- "$scratch"

apt-get download -q libevent-dev=2.1.12-stable-8+deb12u1 libevent-core-2.1-7=2.1.12-stable-8+deb12u1 >/dev/null 2>&1
for package in *.deb; do dpkg -x "$package" .; done
cat >probe.c <<'C'
#include <event2/buffer.h>
#include <stdio.h>
#include <stdlib.h>

int main(void)
{
    static const struct { const char *name; enum evbuffer_eol_style style; } styles[] = {
        {"EVBUFFER_EOL_ANY", EVBUFFER_EOL_ANY}, {"EVBUFFER_EOL_CRLF", EVBUFFER_EOL_CRLF}, {"EVBUFFER_EOL_LF", EVBUFFER_EOL_LF}};

    for (int i = 0; i < 3; i++) {
        struct evbuffer *buffer = evbuffer_new();
        evbuffer_add_printf(buffer, "data: 1\n\ndata: 2\n\n");
        printf("%s:", styles[i].name);
        for (char *line; (line = evbuffer_readln(buffer, NULL, styles[i].style)) != NULL; free(line)) printf(" [%s]", line);
        putchar('\n');
        evbuffer_free(buffer);
    }
    return 0;
}
C
library=$(find "$scratch" -name libevent_core-2.1.so.7)
cc -I usr/include -I usr/include/x86_64-linux-gnu -o probe probe.c "$library" -Wl,--allow-shlib-undefined
got=$(LD_LIBRARY_PATH=$(dirname "$library") ./probe)
printf '%s\n' "$got"
[ "$got" = 'EVBUFFER_EOL_ANY: [data: 1] [data: 2]
EVBUFFER_EOL_CRLF: [data: 1] [] [data: 2] []
EVBUFFER_EOL_LF: [data: 1] [] [data: 2] []' ]
