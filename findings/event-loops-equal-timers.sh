#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# libevent 2.1.12, libev 4.33, sd-event 252 and libuv 1.44.2 (Debian 12): of timers for one instant the second runs last.
#
# Guess: ten timers of 20 ms that one callback sets, one after another, run in that order, as they would with a list; none
# of the libraries says otherwise where it describes adding one.
# Seen: libevent and libev run the first, and then the others backwards: 0 9 8 ... 1. sd-event mixes them. All three have a
# heap that compares nothing but the time, and the time of a loop iteration is one for all that is set in it. libuv
# counts its timers and keeps the order, and so does libevent with event_base_init_common_timeout().
# What helps: a sequence number of your own and one timer for all that is due; with libevent a common timeout.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT
cd -- "$scratch"

apt-get download -q libevent-dev=2.1.12-stable-8+deb12u1 libevent-core-2.1-7=2.1.12-stable-8+deb12u1 libev-dev=1:4.33-1 libev4=1:4.33-1 \
    libuv1-dev=1.44.2-1+deb12u1 libuv1=1.44.2-1+deb12u1 libsystemd-dev=252.39-1~deb12u2 libsystemd0=252.39-1~deb12u2 >/dev/null 2>&1
for package in *.deb; do dpkg -x "$package" .; done

cat >libevent.c <<'C'
#include <event2/event.h>
#include <stdio.h>
static struct event_base *base;
static void run(evutil_socket_t fd, short what, void *number) { printf("%ld ", (long)number); }
static void set(evutil_socket_t fd, short what, void *common)
{
    struct timeval delay = {0, 20000};
    const struct timeval *used = common ? event_base_init_common_timeout(base, &delay) : &delay;
    for (long i = 0; i < 10; i++) event_add(event_new(base, -1, 0, run, (void *)i), used);
}
int main(void)
{
    struct timeval now = {0, 0};
    base = event_base_new();
    for (long common = 0; common < 2; common++) {
        event_add(event_new(base, -1, 0, set, (void *)common), &now);
        event_base_dispatch(base);
        puts(common ? "libevent, common timeout" : "libevent");
    }
    return 0;
}
C
cat >libev.c <<'C'
#include <ev.h>
#include <stdio.h>
static ev_timer timers[10];
static void run(struct ev_loop *loop, ev_timer *timer, int events) { printf("%ld ", (long)(timer - timers)); }
static void set(struct ev_loop *loop, ev_timer *timer, int events)
{
    for (int i = 0; i < 10; i++) { ev_timer_init(&timers[i], run, 0.02, 0.); ev_timer_start(loop, &timers[i]); }
}
int main(void)
{
    struct ev_loop *loop = ev_default_loop(0);
    ev_timer first;
    ev_timer_init(&first, set, 0., 0.);
    ev_timer_start(loop, &first);
    ev_run(loop, 0);
    puts("libev");
    return 0;
}
C
cat >libuv.c <<'C'
#include <uv.h>
#include <stdio.h>
static uv_timer_t timers[11];
static void run(uv_timer_t *timer) { printf("%ld ", (long)(timer - timers)); }
static void set(uv_timer_t *timer)
{
    for (int i = 0; i < 10; i++) { uv_timer_init(timer->loop, &timers[i]); uv_timer_start(&timers[i], run, 20, 0); }
}
int main(void)
{
    uv_timer_init(uv_default_loop(), &timers[10]);
    uv_timer_start(&timers[10], set, 0, 0);
    uv_run(uv_default_loop(), UV_RUN_DEFAULT);
    puts("libuv");
    return 0;
}
C
cat >sd-event.c <<'C'
#include <stdio.h>
#include <systemd/sd-event.h>
#include <time.h>
static int left = 10;
static int run(sd_event_source *source, uint64_t at, void *number)
{
    printf("%ld ", (long)number);
    return --left == 0 ? sd_event_exit(sd_event_source_get_event(source), 0) : 0;
}
int main(void)
{
    sd_event *event;
    uint64_t now;
    sd_event_new(&event);
    sd_event_now(event, CLOCK_MONOTONIC, &now);
    for (long i = 0; i < 10; i++) sd_event_add_time(event, NULL, CLOCK_MONOTONIC, now + 20000, 1, run, (void *)i);
    sd_event_loop(event);
    puts("sd-event");
    return 0;
}
C
# libev has functions of libevent's names as well, so each program is linked with its own library alone.
compile_and_run()
{
    local library
    library=$(find "$scratch" -name "$2")
    cc -I usr/include -I usr/include/x86_64-linux-gnu -o "$1" "$1.c" "$library" -Wl,--allow-shlib-undefined
    LD_LIBRARY_PATH=$(dirname "$library") "./$1"
}
got=$(
    compile_and_run libevent 'libevent_core-2.1.so.7'
    compile_and_run libev 'libev.so.4'
    compile_and_run libuv 'libuv.so.1'
    compile_and_run sd-event 'libsystemd.so.0')
printf '%s\n' "$got"
[ "$got" = '0 9 8 7 6 5 4 3 2 1 libevent
0 1 2 3 4 5 6 7 8 9 libevent, common timeout
0 9 8 7 6 5 4 3 2 1 libev
0 1 2 3 4 5 6 7 8 9 libuv
0 6 5 2 9 4 8 7 3 1 sd-event' ]
