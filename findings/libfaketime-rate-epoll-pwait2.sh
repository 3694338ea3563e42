#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# libfaketime 0.9.10 (Debian 12): at ten times the speed all waits are shorter but epoll_pwait2().
#
# Guess: with a rate (`+0 x10`) every wait of a second ends after 0.1 s, since time as a whole is said to run faster.
# Seen: nanosleep, poll, ppoll, select, epoll_wait and a relative timerfd do. epoll_pwait2(), the newer call with
# nanoseconds, is not among the calls that are replaced and takes its second, while the clock it is measured by has
# gone on by ten. A program that was moved from epoll_wait() to it runs all right under faketime, at a tenth of the speed.
# What helps: epoll_wait(), or a timerfd beside an epoll_pwait2() without a time-out.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT
cd -- "$scratch"

apt-get download -q libfaketime=0.9.10-2.1 >/dev/null 2>&1
dpkg -x libfaketime_*.deb .
cat >probe.c <<'C'
#define _GNU_SOURCE
#include <poll.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

static double now(void)
{
    struct timespec time;
    syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &time); /* the kernel's, not the library's */
    return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}
#define SHOW(name, wait)                                                                   \
    do {                                                                                   \
        double begin = now();                                                              \
        wait;                                                                              \
        printf("%s: %s\n", name, now() - begin < 0.5 ? "a tenth of a second" : "a second"); \
    } while (0)

int main(void)
{
    struct timespec second = {1, 0};
    struct itimerspec timer = {{0}, {1, 0}};
    struct pollfd fd = {.fd = timerfd_create(CLOCK_MONOTONIC, 0), .events = POLLIN};
    struct epoll_event event;
    int epoll = epoll_create1(0);

    SHOW("nanosleep", nanosleep(&second, NULL));
    SHOW("ppoll", ppoll(NULL, 0, &second, NULL));
    SHOW("epoll_wait", epoll_wait(epoll, &event, 1, 1000));
    timerfd_settime(fd.fd, 0, &timer, NULL);
    SHOW("timerfd", poll(&fd, 1, -1));
    SHOW("epoll_pwait2", epoll_pwait2(epoll, &event, 1, &second, NULL));
    return 0;
}
C
cc -o probe probe.c
got=$(LD_PRELOAD=$(find "$scratch" -name libfaketime.so.1) FAKETIME='+0 x10' ./probe)
printf '%s\n' "$got"
[ "$got" = 'nanosleep: a tenth of a second
ppoll: a tenth of a second
epoll_wait: a tenth of a second
timerfd: a tenth of a second
epoll_pwait2: a second' ]
