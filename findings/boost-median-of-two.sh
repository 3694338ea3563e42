#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# Boost.Accumulators 1.74 (Debian 12): the median of one value, or of two, is 0, and of three it is the one that came last.
#
# Guess: tag::median estimates while values stream by (the P² method, which keeps five markers); as long as there are five values
# or fewer it has all of them, so the answer is exact.
# Seen: the third marker is given whatever is in it. Of 7 alone, and of 7 and 9, the median is 0; of 9, 1 and 8 it is 8; of 9, 8, 1
# and 2 it is 1. With five it is right, but a 0.9 quantile of five values is their median too. Nothing is
# thrown. A service that has just been started, or that is rarely called, reports 0 or a value by chance.
# What helps: count(acc), and sorted values as long as there are few of them.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT
cd -- "$scratch"

apt-get download -q libboost1.74-dev=1.74.0+ds1-21 >/dev/null 2>&1
dpkg -x libboost1.74-dev_*.deb .
cat >probe.cpp <<'CPP'
#include <boost/accumulators/accumulators.hpp>
#include <boost/accumulators/statistics.hpp>
#include <cstdio>
#include <vector>

using namespace boost::accumulators;

int main()
{
    for (const auto &values : std::vector<std::vector<double>>{{7}, {7, 9}, {9, 1, 8}, {9, 8, 1, 2}, {9, 8, 1, 2, 3}}) {
        accumulator_set<double, stats<tag::median>> half;
        accumulator_set<double, stats<tag::p_square_quantile>> most(quantile_probability = 0.9);
        for (double value : values) {
            half(value);
            most(value);
            std::printf("%g ", value);
        }
        std::printf("- median %g, 0.9 quantile %g\n", median(half), p_square_quantile(most));
    }
}
CPP
g++ -O1 -isystem usr/include -o probe probe.cpp
got=$(./probe)
printf '%s\n' "$got"
[ "$got" = '7 - median 0, 0.9 quantile 0
7 9 - median 0, 0.9 quantile 0
9 1 8 - median 8, 0.9 quantile 8
9 8 1 2 - median 1, 0.9 quantile 1
9 8 1 2 3 - median 3, 0.9 quantile 3' ]
