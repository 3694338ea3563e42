#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# GLib 2.74.6 (Debian 12): beside a timer of 0 ms an idle source never runs.
#
# Guess: a source that is always ready, such as g_timeout_add(0, ...) that returns TRUE, takes its share of each loop iteration; what was put
# behind by g_idle_add() runs less often, but runs.
# Seen: in 0.3 s the timer ran thousands of times and the idle source not once. An iteration dispatches only the sources of the highest
# priority of those that are ready, and g_idle_add() is of a lower one (200) than g_timeout_add() (0). So whatever is put off by g_idle_add(),
# the usual way to have something done later or from another thread, waits for as long as some timer or descriptor stays ready. With both of
# one priority they take turns.
# What helps: g_idle_add_full(G_PRIORITY_DEFAULT, ...), or g_main_context_invoke().
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT
cd -- "$scratch"

apt-get download -q libglib2.0-0=2.74.6-2+deb12u9 libglib2.0-dev=2.74.6-2+deb12u9 libpcre2-8-0 >/dev/null 2>&1
for package in *.deb; do dpkg -x "$package" .; done
cat >probe.c <<'C'
#include <glib.h>
#include <stdio.h>

static unsigned timers, idles;
static gboolean timer(void *unused) { timers++; return TRUE; }
static gboolean idle(void *unused) { idles++; return TRUE; }
static gboolean quit(void *loop) { g_main_loop_quit(loop); return FALSE; }

int main(void)
{
    static const int priorities[] = {G_PRIORITY_DEFAULT_IDLE, G_PRIORITY_DEFAULT};

    for (int i = 0; i < 2; i++) {
        GMainLoop *loop = g_main_loop_new(NULL, FALSE);
        unsigned sources[2] = {g_timeout_add(0, timer, NULL), g_idle_add_full(priorities[i], idle, NULL, NULL)};
        timers = idles = 0;
        g_timeout_add(300, quit, loop);
        g_main_loop_run(loop);
        printf("idle source of priority %d: %s the timer\n", priorities[i], idles == 0 ? "never, beside thousands of runs of"
            : idles + 1 >= timers && timers + 1 >= idles ? "as often as" : "at times, beside");
        if (timers < 1000) puts("the timer ran less than 1,000 times");
        for (int s = 0; s < 2; s++) g_source_remove(sources[s]);
    }
    return 0;
}
C
library=$scratch/usr/lib/x86_64-linux-gnu
cc -I usr/include/glib-2.0 -I usr/lib/x86_64-linux-gnu/glib-2.0/include -o probe probe.c "$library/libglib-2.0.so.0" -Wl,--allow-shlib-undefined
got=$(LD_LIBRARY_PATH=$library ./probe)
printf '%s\n' "$got"
[ "$got" = 'idle source of priority 200: never, beside thousands of runs of the timer
idle source of priority 0: as often as the timer' ]
