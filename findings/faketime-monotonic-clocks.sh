#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# libfaketime 0.9.10 (Debian 12): CLOCK_MONOTONIC and CLOCK_BOOTTIME become the faked wall clock, while
# absolute timers on them are still set by the kernel's.
#
# Guess: with `faketime '+5s'` the wall clock is 5 s ahead and the monotonic clocks are either left
# alone or 5 s ahead as well, in any case counted from the boot; a timerfd for "now + 0.2 s" by the
# clock that was just read expires after 0.2 s.
# Seen: both read as seconds since 1970 plus five, equal to the wall clock, and a timerfd that is set
# absolutely by what they read does not expire: the kernel waits for its own clock to come to a time that
# lies fifty years ahead. On CLOCK_REALTIME the timer is translated and expires.
# So a program with absolute monotonic timers waits for good under faketime. FAKETIME_DONT_FAKE_MONOTONIC=1, which
# should help, leaves the clocks alone and not the timers: the 5 s are taken off these all the same, and they
# expire at once. (Taken off by more than the time since the boot, they do not expire.)
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT
cd -- "$scratch"

apt-get download -q libfaketime=0.9.10-2.1 >/dev/null 2>&1
dpkg -x libfaketime_*.deb .
library=$(find "$scratch" -name libfaketime.so.1)

cat >probe.c <<'C'
#include <poll.h>
#include <stdio.h>
#include <sys/timerfd.h>
#include <time.h>

static void probe(const char *name, clockid_t clock)
{
    struct itimerspec timer = {0};
    struct timespec now, wall;
    int fd = timerfd_create(clock, 0);

    clock_gettime(clock, &now);
    clock_gettime(CLOCK_REALTIME, &wall);
    timer.it_value = now;
    timer.it_value.tv_nsec += 200000000;
    if (timer.it_value.tv_nsec >= 1000000000) {
        timer.it_value.tv_sec++;
        timer.it_value.tv_nsec -= 1000000000;
    }
    timerfd_settime(fd, TFD_TIMER_ABSTIME, &timer, NULL);
    printf("%s: %s the wall clock, timer %s\n", name, wall.tv_sec - now.tv_sec < 2 ? "reads as" : "is not",
           poll(&(struct pollfd){.fd = fd, .events = POLLIN}, 1, 20) == 1     ? "expired at once"
           : poll(&(struct pollfd){.fd = fd, .events = POLLIN}, 1, 1500) == 1 ? "expired"
                                                                              : "did not expire");
}

int main(void)
{
    probe("monotonic", CLOCK_MONOTONIC);
    probe("boottime", CLOCK_BOOTTIME);
    probe("realtime", CLOCK_REALTIME);
    return 0;
}
C
cc -o probe probe.c

faked=$(FAKETIME='+5s' LD_PRELOAD=$library ./probe)
spared=$(FAKETIME='+5s' FAKETIME_DONT_FAKE_MONOTONIC=1 LD_PRELOAD=$library ./probe)
printf '%s\n-- FAKETIME_DONT_FAKE_MONOTONIC=1\n%s\n' "$faked" "$spared"
[ "$faked" = 'monotonic: reads as the wall clock, timer did not expire
boottime: reads as the wall clock, timer did not expire
realtime: reads as the wall clock, timer expired' ] &&
    [ "$spared" = 'monotonic: is not the wall clock, timer expired at once
boottime: is not the wall clock, timer expired at once
realtime: reads as the wall clock, timer expired' ]
