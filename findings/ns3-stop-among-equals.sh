#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# ns-3 3.37 (Debian 12): whether what is due at 10 s happens in Simulator::Stop(Seconds(10)) depends on the order of two lines of a program.
#
# Guess: a simulation that stops at 10 s does what is due at 10 s, or does not, for all of it.
# Seen: Stop() is an event like any other, which comes behind those of its instant that were scheduled before it and before those
# that came later. A process with a step each second has done ten steps, from 0 to 9, if Stop() was called before Run(), and eleven
# if an event at 9.5 s called it, for the same 10 s. What is left stays in the queue, and a second Run() does it, at 10 s.
# What helps: a stop between two instants, Seconds(10) + NanoSeconds(1).
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT
cd -- "$scratch"

apt-get download -q libns3-dev=3.37-2 libns3.37=3.37-2 libgsl27 libgslcblas0 >/dev/null 2>&1
for package in *.deb; do dpkg -x "$package" .; done
cat >probe.cpp <<'CPP'
#include <cstdio>
#include <ns3/core-module.h>

using namespace ns3;

int steps;

void step()
{
    steps++;
    Simulator::Schedule(Seconds(1), step);
}

int main()
{
    Simulator::Schedule(Seconds(10), [] { std::puts("10 s, scheduled before Stop()"); });
    Simulator::Stop(Seconds(10));
    Simulator::Schedule(Seconds(10), [] { std::puts("10 s, scheduled behind it"); });
    Simulator::Schedule(Seconds(0), step);
    Simulator::Run();
    std::printf("stopped at %g s, %d steps\n", Simulator::Now().GetSeconds(), steps);
    Simulator::Stop(Seconds(0));
    Simulator::Run();
    std::printf("stopped again at %g s, %d steps\n", Simulator::Now().GetSeconds(), steps);
    Simulator::Destroy();

    steps = 0;
    Simulator::Schedule(Seconds(0), step);
    Simulator::Schedule(Seconds(9.5), [] { Simulator::Stop(Seconds(0.5)); });
    Simulator::Run();
    std::printf("stopped at %g s by an event of 9.5 s, %d steps\n", Simulator::Now().GetSeconds(), steps);
    Simulator::Destroy();
}
CPP
lib=$scratch/usr/lib/x86_64-linux-gnu
export LD_LIBRARY_PATH=$lib
g++ -std=c++17 -isystem usr/include -isystem usr/include/ns3.37 -o probe probe.cpp -L"$lib" -lns3-core
got=$(./probe)
printf '%s\n' "$got"
[ "$got" = '10 s, scheduled before Stop()
stopped at 10 s, 10 steps
10 s, scheduled behind it
stopped again at 10 s, 11 steps
stopped at 10 s by an event of 9.5 s, 11 steps' ]
