#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# ns-3 3.37 (Debian 12): a triangular distribution from 1 to 10 gives -1.
#
# Guess: its three numbers are the least, the most likely and the greatest, as in every other library and in planning by three estimates;
# what is called "Mean" beside "Min" and "Max" is checked, or each value lies between these two in any case.
# Seen: it is the mean, and the most likely value is computed from it: 3 * Mean - Min - Max. For an estimate of 1, 2 and 10 that is -5,
# and values down to -1.6 are drawn, without an error: a job of negative length. A mean of 2 lies between 1 and 10, but such a
# triangle's is 4 at least. With 1, 5 and 10 values look right and belong to another triangle.
# What helps: (least + most likely + greatest) / 3 for "Mean".
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT
cd -- "$scratch"

apt-get download -q libns3-dev=3.37-2 libns3.37=3.37-2 libgsl27 libgslcblas0 >/dev/null 2>&1
for package in *.deb; do dpkg -x "$package" .; done
cat >probe.cpp <<'CPP'
#include <algorithm>
#include <cstdio>
#include <ns3/core-module.h>

using namespace ns3;

int main()
{
    for (double mean : {2., (1 + 2 + 10) / 3.}) {
        auto triangle = CreateObject<TriangularRandomVariable>();
        triangle->SetAttribute("Min", DoubleValue(1));
        triangle->SetAttribute("Mean", DoubleValue(mean));
        triangle->SetAttribute("Max", DoubleValue(10));
        double least = 10;
        for (int i = 0; i < 200000; i++) {
            least = std::min(least, triangle->GetValue());
        }
        std::printf("Mean %.2f: the least value is %.1f\n", mean, least);
    }
}
CPP
lib=$scratch/usr/lib/x86_64-linux-gnu
export LD_LIBRARY_PATH=$lib
g++ -std=c++17 -isystem usr/include -isystem usr/include/ns3.37 -o probe probe.cpp -L"$lib" -lns3-core
got=$(./probe)
printf '%s\n' "$got"
[ "$got" = 'Mean 2.00: the least value is -1.6
Mean 4.33: the least value is 1.0' ]
