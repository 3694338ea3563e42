#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# c-ares 1.18.1 (Debian 12): four tries of 100 ms take 1.5 s, eight with a second server 3 s.
#
# Guess: with ARES_OPT_TIMEOUTMS 100 and ARES_OPT_TRIES 4 a query to a server that does not answer fails after 400 ms, and a second
# server makes it 800 ms at most.
# Seen: the time-out doubles with each round through the servers: 100 + 200 + 400 + 800 ms. `tries` is a number of rounds, not of queries: with two
# servers eight are sent in 3 s. With the values that one has without options, 5 s and 4 tries, a name is given up after
# 75 s, two and a half minutes with two servers; a client's own time-out of 30 s is over long before.
# What helps: two tries, and a timer of one's own with ares_cancel().
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT
cd -- "$scratch"

apt-get download -q libc-ares2=1.18.1-3 libc-ares-dev=1.18.1-3 >/dev/null 2>&1
for package in *.deb; do dpkg -x "$package" .; done
cat >probe.c <<'C'
#include <ares.h>
#include <arpa/inet.h>
#include <stdio.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <time.h>

static int timeouts;
static void answer(void *context, int status, int count, unsigned char *data, int length)
{
    timeouts = status == ARES_ETIMEOUT ? count : -1;
}
static double now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}
static void ask(unsigned short port, int tries, int servers)
{
    struct in_addr addresses[2] = {{htonl(0x7f000001)}, {htonl(0x7f000002)}};
    struct ares_options options = {.timeout = 100, .tries = tries, .udp_port = port, .servers = addresses, .nservers = servers};
    ares_channel channel;
    double began = now_ms();

    ares_init_options(&channel, &options, ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_SERVERS | ARES_OPT_UDP_PORT);
    timeouts = 0;
    ares_query(channel, "a.example.", 1, 1, answer, NULL);
    while (timeouts == 0) {
        fd_set readable, writable;
        struct timeval limit;
        FD_ZERO(&readable);
        FD_ZERO(&writable);
        int count = ares_fds(channel, &readable, &writable);
        select(count, &readable, &writable, NULL, ares_timeout(channel, NULL, &limit));
        ares_process(channel, &readable, &writable);
    }
    /* Late by less than a fifth on a busy machine; what doubles is not. */
    double took = now_ms() - began;
    int least = 100 * servers * ((1 << tries) - 1);
    printf("%d tries, %d server(s): %d queries timed out, %s\n", tries, servers, timeouts,
        took >= least - 10 && took < least * 1.3 + 200 ? "100 ms times 2^tries - 1 for each server" : "another time");
    ares_destroy(channel);
}
int main(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t length = sizeof address;
    int silent = socket(AF_INET, SOCK_DGRAM, 0);

    bind(silent, (struct sockaddr *)&address, sizeof address);
    getsockname(silent, (struct sockaddr *)&address, &length);
    for (int tries = 1; tries <= 4; tries += 3) for (int servers = 1; servers <= 2; servers++) ask(ntohs(address.sin_port), tries, servers);
    return 0;
}
C
library=$scratch/usr/lib/x86_64-linux-gnu
cc -I usr/include -o probe probe.c "$library/libcares.so.2"
got=$(LD_LIBRARY_PATH=$library ./probe)
printf '%s\n' "$got"
[ "$got" = '1 tries, 1 server(s): 1 queries timed out, 100 ms times 2^tries - 1 for each server
1 tries, 2 server(s): 2 queries timed out, 100 ms times 2^tries - 1 for each server
4 tries, 1 server(s): 4 queries timed out, 100 ms times 2^tries - 1 for each server
4 tries, 2 server(s): 8 queries timed out, 100 ms times 2^tries - 1 for each server' ]
