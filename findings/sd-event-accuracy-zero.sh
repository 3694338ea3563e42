#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# sd-event of systemd 252.39 (Debian 12): a timer with accuracy 0 is up to a quarter of a second late, one with 1 is exact.
#
# Guess: the accuracy of sd_event_add_time() is how late a timer may be, in microseconds: 0 is as exact as can be.
# Seen: 0 stands for the default, 250 ms, and the room is used: sd-event puts such timers together at one point of every 250 ms, the same for
# all processes of the machine since it started. Ten timers of 20, 40 ... 200 ms come all together, or in two lots; with accuracy 1 each comes
# at its time. A timer that sets itself again for 20 ms later runs four times a second.
# What helps: 1 in place of 0.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT
cd -- "$scratch"

apt-get download -q libsystemd-dev=252.39-1~deb12u2 libsystemd0=252.39-1~deb12u2 >/dev/null 2>&1
for package in *.deb; do dpkg -x "$package" .; done
cat >probe.c <<'C'
#include <stdio.h>
#include <systemd/sd-event.h>
#include <time.h>

static int left, groups;
static uint64_t last;
static int run(sd_event_source *source, uint64_t at, void *unused)
{
    sd_event *event = sd_event_source_get_event(source);
    uint64_t now;

    sd_event_now(event, CLOCK_MONOTONIC, &now);
    groups += now - last > 10000;
    last = now;
    return --left == 0 ? sd_event_exit(event, 0) : 0;
}
static int again(sd_event_source *source, uint64_t at, void *unused)
{
    left++;
    sd_event_source_set_enabled(source, SD_EVENT_ON);
    return sd_event_source_set_time_relative(source, 20000);
}
static int quit(sd_event_source *source, uint64_t at, void *unused) { return sd_event_exit(sd_event_source_get_event(source), 0); }

int main(void)
{
    for (uint64_t accuracy = 0; accuracy < 2; accuracy++) {
        sd_event *event;
        uint64_t now;
        sd_event_new(&event);
        sd_event_now(event, CLOCK_MONOTONIC, &now);
        left = 10;
        groups = 0;
        for (uint64_t i = 1; i <= 10; i++) sd_event_add_time(event, NULL, CLOCK_MONOTONIC, now + 20000 * i, accuracy, run, NULL);
        sd_event_loop(event);
        sd_event_unref(event);
        printf("accuracy %d: ten timers 20 ms apart come %s\n", (int)accuracy, groups <= 3 ? "all together, or in two lots" : "one by one");

        sd_event_source *source;
        sd_event_new(&event);
        left = 0;
        sd_event_add_time_relative(event, &source, CLOCK_MONOTONIC, 20000, accuracy, again, NULL);
        sd_event_add_time_relative(event, NULL, CLOCK_MONOTONIC, 2000000, 1, quit, NULL);
        sd_event_loop(event);
        printf("accuracy %d: one that sets itself again for 20 ms comes %s\n", (int)accuracy, left <= 9 ? "every 250 ms" : "more often");
    }
    return 0;
}
C
library=$(find "$scratch" -name libsystemd.so.0)
cc -I usr/include -o probe probe.c "$library" -Wl,--allow-shlib-undefined
got=$(LD_LIBRARY_PATH=$(dirname "$library") ./probe)
printf '%s\n' "$got"
[ "$got" = 'accuracy 0: ten timers 20 ms apart come all together, or in two lots
accuracy 0: one that sets itself again for 20 ms comes every 250 ms
accuracy 1: ten timers 20 ms apart come one by one
accuracy 1: one that sets itself again for 20 ms comes more often' ]
