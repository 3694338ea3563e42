#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# SystemC 2.3.4 (Debian 12): an event that is notified for 10 ns and then for 20 ns happens once, at 10.
#
# Guess: two calls of notify() are two happenings, at 10 and at 20 ns; or the event has one place for its time and the last call sets it, as
# timers of other libraries do it when they are set again: at 20.
# Seen: the earlier of the two wins and the other is lost, without a word: a later notification never puts an event off. A watchdog
# that is put off by notify() at each sign of life expires at its first time. What is notified while
# nobody waits is lost as well: wait(5 ns, event) right behind notify() takes the 5 ns.
# What helps: cancel() before notify(), or sc_event_queue for all of them.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT
cd -- "$scratch"

apt-get download -q libsystemc-dev=2.3.4-2 libsystemc=2.3.4-2 >/dev/null 2>&1
for package in *.deb; do dpkg -x "$package" .; done
cat >probe.cpp <<'CPP'
#include <iostream>
#include <systemc>

using namespace sc_core;

struct Watchdog : sc_module {
    sc_event expired, again;

    SC_HAS_PROCESS(Watchdog);

    explicit Watchdog(sc_module_name name) : sc_module(name)
    {
        SC_THREAD(feed);
        SC_THREAD(watch);
        SC_THREAD(watch_again);
    }

    // Three signs of life, each of which puts the end off to 10 ns from then.
    void feed()
    {
        for (int i = 0; i < 3; i++, wait(5, SC_NS)) {
            expired.notify(10, SC_NS);
            again.cancel();
            again.notify(10, SC_NS);
        }
    }

    void watch()
    {
        wait(expired);
        std::cout << "notify(): " << sc_time_stamp() << '\n';
    }

    void watch_again()
    {
        wait(again);
        std::cout << "cancel(), notify(): " << sc_time_stamp() << '\n';
    }
};

int sc_main(int, char **)
{
    Watchdog watchdog("watchdog");
    sc_start(100, SC_NS);
    return 0;
}
CPP
lib=$scratch/usr/lib/x86_64-linux-gnu
g++ -std=c++17 -isystem usr/include -o probe probe.cpp -L"$lib" -lsystemc -Wl,-rpath,"$lib"
got=$(./probe 2>/dev/null)
printf '%s\n' "$got"
[ "$got" = 'notify(): 10 ns
cancel(), notify(): 20 ns' ]
