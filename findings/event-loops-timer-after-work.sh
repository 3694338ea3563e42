#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# libuv 1.44.2, libev 4.33 and sd-event 252 (Debian 12): a timer of 50 ms, set when a request came, runs at once.
#
# Guess: a callback that works for 100 ms and then sets a timer of 50 ms has it called 50 ms later, not before: so libevent 2.1.12 does it.
# Seen: libuv, libev and sd_event_add_time_relative() count from when the loop last woke up, before the work: the timer is over already as it is set,
# and runs at once. A pause before a retry, or a time-out for what was just begun, is shorter by whatever the same loop iteration did before it.
# libuv waits the 50 ms if the callback is a timer's itself, so a test with timers alone does not show it.
# What helps: uv_update_time() or ev_now_update() before the timer is set; sd_event_add_time() with clock_gettime().
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT
cd -- "$scratch"

apt-get download -q libevent-dev=2.1.12-stable-8+deb12u1 libevent-core-2.1-7=2.1.12-stable-8+deb12u1 libev-dev=1:4.33-1 libev4=1:4.33-1 \
    libuv1-dev=1.44.2-1+deb12u1 libuv1=1.44.2-1+deb12u1 libsystemd-dev=252.39-1~deb12u2 libsystemd0=252.39-1~deb12u2 >/dev/null 2>&1
for package in *.deb; do dpkg -x "$package" .; done
cat >probe.h <<'C'
#include <stdio.h>
#include <time.h>
#include <unistd.h>
static double began;
static double now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}
static void work(void)
{
    double start = now_ms();
    while (now_ms() - start < 100) {}
    began = now_ms();
}
static void say(void) { printf("%s\n", now_ms() - began < 25 ? "at once" : now_ms() - began < 49.9 ? "early" : "50 ms later"); }
static int readable_pipe(void)
{
    int ends[2];
    return pipe(ends) == 0 && write(ends[1], "x", 1) == 1 ? ends[0] : -1;
}
C
cat >libevent.c <<'C'
#include "probe.h"
#include <event2/event.h>
static struct event_base *base;
static void run(evutil_socket_t fd, short what, void *unused) { say(); }
static void set(evutil_socket_t fd, short what, void *unused)
{
    struct timeval delay = {0, 50000};
    work();
    event_add(event_new(base, -1, 0, run, NULL), &delay);
}
int main(void)
{
    base = event_base_new();
    event_add(event_new(base, readable_pipe(), EV_READ, set, NULL), NULL);
    return event_base_dispatch(base) < 0;
}
C
cat >libev.c <<'C'
#include "probe.h"
#include <ev.h>
static ev_timer timer;
static void run(struct ev_loop *loop, ev_timer *which, int events) { say(); }
static void set(struct ev_loop *loop, ev_io *which, int events)
{
    ev_io_stop(loop, which);
    work();
    ev_timer_init(&timer, run, 0.05, 0.);
    ev_timer_start(loop, &timer);
}
int main(void)
{
    ev_io input;
    ev_io_init(&input, set, readable_pipe(), EV_READ);
    ev_io_start(ev_default_loop(0), &input);
    ev_run(ev_default_loop(0), 0);
    return 0;
}
C
cat >libuv.c <<'C'
#include "probe.h"
#include <uv.h>
static uv_timer_t timer, first;
static uv_poll_t input;
static void run(uv_timer_t *which) { say(); }
static void set_timer(uv_timer_t *which)
{
    work();
    uv_timer_init(uv_default_loop(), &timer);
    uv_timer_start(&timer, run, 50, 0);
}
static void set(uv_poll_t *which, int status, int events)
{
    uv_poll_stop(which);
    set_timer(NULL);
}
int main(int count, char **words)
{
    if (count > 1) {
        uv_timer_init(uv_default_loop(), &first);
        uv_timer_start(&first, set_timer, 0, 0);
    } else {
        uv_poll_init(uv_default_loop(), &input, readable_pipe());
        uv_poll_start(&input, UV_READABLE, set);
    }
    return uv_run(uv_default_loop(), UV_RUN_DEFAULT);
}
C
cat >sd-event.c <<'C'
#include "probe.h"
#include <sys/epoll.h>
#include <systemd/sd-event.h>
static int run(sd_event_source *source, uint64_t at, void *unused)
{
    say();
    return sd_event_exit(sd_event_source_get_event(source), 0);
}
static int set(sd_event_source *source, int fd, uint32_t events, void *unused)
{
    sd_event_source_set_enabled(source, SD_EVENT_OFF);
    work();
    return sd_event_add_time_relative(sd_event_source_get_event(source), NULL, CLOCK_MONOTONIC, 50000, 1, run, NULL);
}
int main(void)
{
    sd_event *event;
    sd_event_new(&event);
    sd_event_add_io(event, NULL, readable_pipe(), EPOLLIN, set, NULL);
    return sd_event_loop(event);
}
C
# libev has functions of libevent's names as well, so each program is linked with its own library alone.
compile_and_run()
{
    local library
    library=$(find "$scratch" -name "$2")
    [ -x "$1" ] || cc -I usr/include -I usr/include/x86_64-linux-gnu -o "$1" "$1.c" "$library" -Wl,--allow-shlib-undefined
    echo "$1${3:+, set by a timer}: $(LD_LIBRARY_PATH=$(dirname "$library") "./$1" ${3:+"$3"})"
}
got=$(
    compile_and_run libevent 'libevent_core-2.1.so.7'
    compile_and_run libuv 'libuv.so.1'
    compile_and_run libuv 'libuv.so.1' timer
    compile_and_run libev 'libev.so.4'
    compile_and_run sd-event 'libsystemd.so.0')
printf '%s\n' "$got"
[ "$got" = 'libevent: 50 ms later
libuv: at once
libuv, set by a timer: 50 ms later
libev: at once
sd-event: at once' ]
