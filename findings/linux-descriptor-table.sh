#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# Linux 6.18 (and others; the script says which it runs on): with a second thread, opening the 65th, 129th, 257th ... file takes milliseconds.
#
# Guess: open(), dup() and accept() take microseconds, whatever the number of files; that the table of descriptors doubles now and then
# costs the copy of some KiB.
# Seen: for a process with one thread it is so. If there is a second one, an idle one too, the table is shared, and each doubling
# waits until every processor has been through the scheduler (an RCU grace period): 6 to 9 ms each here, seven of them up to 8,192
# files, all in the thread that accepts connections. A server stands still just when many clients come at once.
# What helps: before the first thread, one fcntl(fd, F_DUPFD_CLOEXEC, N - 1) and close(), for N descriptors in the end.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT
cd -- "$scratch"

cat >probe.c <<'C'
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

static double now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}
static void *idle(void *unused) { pause(); return unused; }

int main(int count, char **words)
{
    struct rlimit limit = {8192, 8192};
    pthread_t thread;
    double growths = 0;

    (void)words;
    setrlimit(RLIMIT_NOFILE, &limit);
    if (count > 2) close(fcntl(0, F_DUPFD_CLOEXEC, 4095));
    if (count > 1) pthread_create(&thread, NULL, idle, NULL);
    for (int fd = 0; fd < 4095;) {
        double began = now_ms();
        fd = dup(0);
        if (fd >= 64 && (fd & (fd - 1)) == 0) growths += now_ms() - began;
    }
    printf("%.3f\n", growths);
    return 0;
}
C
cc -O1 -o probe probe.c -lpthread
least() { for _ in 1 2 3 4 5; do ./probe "$@"; done | sort -g | head -n 1; }
alone=$(least) shared=$(least thread) before=$(least thread before)
echo "Linux $(uname -r), seven doublings up to 4,096 files, least of five: alone $alone ms, with an idle thread $shared ms, sized before $before ms"
awk -v alone="$alone" -v shared="$shared" -v before="$before" 'BEGIN { exit !(shared > 3 && shared > 20 * alone && before < shared / 20) }'
