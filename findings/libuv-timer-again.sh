#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# libuv 1.44.2 (Debian 12): uv_timer_again() does nothing, or takes another time than the one that was set.
#
# Guess: uv_timer_start(timer, callback, 200, 0) is a time-out of 200 ms, and uv_timer_again() at each sign of life starts it anew: 200 ms
# from then.
# Seen: without a repeat it returns 0 and does nothing: called after 100 ms the time-out still comes at 200 ms, on a connection that is alive.
# With a repeat of 500 ms it is that which counts, not the first delay: the callback comes at 600 ms, not at 300. Only of a timer that was
# never started does the status tell something (EINVAL).
# What helps: uv_timer_start() again; or uv_timer_set_repeat() and uv_timer_again() from the start.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT
cd -- "$scratch"

apt-get download -q libuv1-dev=1.44.2-1+deb12u1 libuv1=1.44.2-1+deb12u1 >/dev/null 2>&1
for package in *.deb; do dpkg -x "$package" .; done
cat >probe.c <<'C'
#include <stdio.h>
#include <uv.h>

static uv_timer_t timer, sign;
static uint64_t began;
static int status;
static void run(uv_timer_t *which)
{
    uint64_t at = uv_now(which->loop) - began;
    printf("status %d, called at %s\n", status, at >= 600 ? "600 ms" : at >= 300 ? "300 ms" : at >= 200 ? "200 ms" : "another time");
    uv_timer_stop(which);
}
static void alive(uv_timer_t *which) { status = uv_timer_again(&timer); }
static void start_anew(uv_timer_t *which) { status = uv_timer_start(&timer, run, 200, 0); }

static void try(const char *name, uv_timer_cb callback, uint64_t repeat)
{
    uv_loop_t *loop = uv_default_loop();

    uv_timer_init(loop, &timer);
    uv_timer_init(loop, &sign);
    uv_update_time(loop);
    began = uv_now(loop);
    uv_timer_start(&timer, run, 200, repeat);
    uv_timer_start(&sign, callback, 100, 0);
    printf("200 ms, after 100 ms %s: ", name);
    uv_run(loop, UV_RUN_DEFAULT);
}
int main(void)
{
    try("uv_timer_again()", alive, 0);
    try("uv_timer_again(), repeat 500 ms", alive, 500);
    try("uv_timer_start()", start_anew, 0);
    return 0;
}
C
library=$(find "$scratch" -name libuv.so.1)
cc -w -I usr/include -o probe probe.c "$library" -Wl,--allow-shlib-undefined
got=$(LD_LIBRARY_PATH=$(dirname "$library") timeout 20 ./probe)
printf '%s\n' "$got"
[ "$got" = '200 ms, after 100 ms uv_timer_again(): status 0, called at 200 ms
200 ms, after 100 ms uv_timer_again(), repeat 500 ms: status 0, called at 600 ms
200 ms, after 100 ms uv_timer_start(): status 0, called at 300 ms' ]
