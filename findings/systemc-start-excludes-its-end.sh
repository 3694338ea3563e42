#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# SystemC 2.3.4 (Debian 12): sc_start(10 ns) ends at 10 ns, without what is due at 10 ns; and a thousand waits of 0.4 ps take no time.
#
# Guess: what is due at the end of the time is done, as the clock is there when sc_start() returns; a duration below the resolution of 1 ps is
# kept by the sum, or rounded up so that time goes on.
# Seen: a process that waits for 10 ns goes on with the next sc_start(), which may be of 0 ns: a model that is run once has not done
# its last step, though sc_time_stamp() says 10 ns, and ten runs of 1 ns do the last step of each in the next. Durations are rounded
# to whole picoseconds one by one: 1,000 times 0.4 ps are 0, 1,000 times 0.6 ps are 1 ns.
# What helps: a picosecond more; sc_set_time_resolution() before the first duration.
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

struct Model : sc_module {
    SC_HAS_PROCESS(Model);

    explicit Model(sc_module_name name) : sc_module(name)
    {
        SC_THREAD(due);
        SC_THREAD(sleep);
    }

    void due()
    {
        wait(10, SC_NS);
        std::cout << "done at " << sc_time_stamp() << '\n';
    }

    void sleep()
    {
        for (int i = 0; i < 1000; i++) {
            wait(0.4, SC_PS);
        }
        std::cout << "1,000 times 0.4 ps: " << sc_time_stamp() << '\n';
        for (int i = 0; i < 1000; i++) {
            wait(0.6, SC_PS);
        }
        std::cout << "1,000 times 0.6 ps: " << sc_time_stamp() << '\n';
    }
};

int sc_main(int, char **)
{
    Model model("model");
    sc_start(10, SC_NS);
    std::cout << "returned at " << sc_time_stamp() << '\n';
    sc_start(SC_ZERO_TIME);
    return 0;
}
CPP
lib=$scratch/usr/lib/x86_64-linux-gnu
g++ -std=c++17 -isystem usr/include -o probe probe.cpp -L"$lib" -lsystemc -Wl,-rpath,"$lib"
got=$(./probe 2>/dev/null)
printf '%s\n' "$got"
[ "$got" = '1,000 times 0.4 ps: 0 s
1,000 times 0.6 ps: 1 ns
returned at 10 ns
done at 10 ns' ]
