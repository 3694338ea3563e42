#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# SimGrid 3.32 (Debian 12): a byte over a link with a latency of 10 ms takes 130 ms.
#
# Guess: a message takes the latency of the link plus its size divided by the bandwidth: 10 ms for a byte, 1.01 s for 100 MB at 100 MB/s.
# Seen: the network model that is used unless another is asked for, LV08, multiplies latencies by 13.01 and bandwidths by
# 0.97, factors that were fitted to TCP in 2008, and takes off 5 % for acknowledgements: 0.1301 s and 1.2126 s. So a model
# of many short messages is thirteen times slower than its platform file says. With the configuration
# `network/model:CM02` and `network/crosstraffic:0` it is 0.01 and 1.01 s.
# What helps: these two settings for what is not TCP, or a measurement by one message before a model is trusted.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT
cd -- "$scratch"

apt-get download -q libsimgrid-dev=3.32-2+b2 libsimgrid3.32=3.32-2+b2 libboost1.74-dev=1.74.0+ds1-21 libboost-context1.74.0=1.74.0+ds1-21 \
    libboost-stacktrace1.74.0=1.74.0+ds1-21 libgfortran5 libns3.37 libgsl27 libgslcblas0 >/dev/null 2>&1
for package in *.deb; do dpkg -x "$package" .; done
cat >probe.cpp <<'CPP'
#include <cstdio>
#include <simgrid/s4u.hpp>

using namespace simgrid::s4u;

int main(int count, char **words)
{
    Engine engine(&count, words);
    auto *zone = create_full_zone("zone");
    auto *left = zone->create_host("left", 1e9), *right = zone->create_host("right", 1e9);
    auto *link = zone->create_link("link", 100e6)->set_latency(0.01)->seal();
    zone->add_route(left->get_netpoint(), right->get_netpoint(), nullptr, nullptr, {LinkInRoute(link)}, true);
    zone->seal();
    auto *box = Mailbox::by_name("box");
    Actor::create("sender", left, [box] {
        int message;
        for (double bytes : {1., 100e6}) {
            double begin = Engine::get_clock();
            box->put(&message, static_cast<uint64_t>(bytes));
            std::printf("%.0f bytes: %.4f s\n", bytes, Engine::get_clock() - begin);
        }
    });
    Actor::create("receiver", right, [box] {
        box->get<int>();
        box->get<int>();
    });
    engine.run();
}
CPP
lib=$scratch/usr/lib/x86_64-linux-gnu
export LD_LIBRARY_PATH=$lib
g++ -std=c++17 -isystem usr/include -o probe probe.cpp -L"$lib" -lsimgrid
got="by default
$(./probe 2>/dev/null)
CM02 without crosstraffic
$(./probe --cfg=network/model:CM02 --cfg=network/crosstraffic:0 2>/dev/null)"
printf '%s\n' "$got"
[ "$got" = 'by default
1 bytes: 0.1301 s
100000000 bytes: 1.2126 s
CM02 without crosstraffic
1 bytes: 0.0100 s
100000000 bytes: 1.0100 s' ]
