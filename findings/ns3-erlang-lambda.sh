#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# ns-3 3.37 (Debian 12): the "Lambda" of an Erlang distribution is no rate: with K = 3 and Lambda = 2 the mean is 6, not 1.5.
#
# Guess: an Erlang distribution of shape k and rate lambda has the mean k / lambda, in each text on queues; the exponential
# one of ns-3 has a "Mean" to keep the two apart.
# Seen: Lambda is multiplied: the mean is K * Lambda. Service times of a model that was set up by the book are four times too long here,
# and with Lambda = 1, as in a first test, all is well. An exponential distribution with a "Bound" is drawn
# again until it is below it, so the mean is no longer its "Mean": 0.69 in place of 1 for a bound of 2.
# What helps: 1 / lambda.
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

double mean(Ptr<RandomVariableStream> variable)
{
    double sum = 0;
    for (int i = 0; i < 200000; i++) {
        sum += variable->GetValue();
    }
    return sum / 200000;
}

int main()
{
    auto erlang = CreateObject<ErlangRandomVariable>();
    erlang->SetAttribute("K", IntegerValue(3));
    for (double lambda : {1., 2.}) {
        erlang->SetAttribute("Lambda", DoubleValue(lambda));
        std::printf("Erlang, K 3, Lambda %g: mean %.1f\n", lambda, mean(erlang));
    }
    auto exponential = CreateObject<ExponentialRandomVariable>();
    exponential->SetAttribute("Mean", DoubleValue(1));
    exponential->SetAttribute("Bound", DoubleValue(2));
    std::printf("exponential, Mean 1, Bound 2: mean %.2f\n", mean(exponential));
}
CPP
lib=$scratch/usr/lib/x86_64-linux-gnu
export LD_LIBRARY_PATH=$lib
g++ -std=c++17 -isystem usr/include -isystem usr/include/ns3.37 -o probe probe.cpp -L"$lib" -lns3-core
got=$(./probe)
printf '%s\n' "$got"
[ "$got" = 'Erlang, K 3, Lambda 1: mean 3.0
Erlang, K 3, Lambda 2: mean 6.0
exponential, Mean 1, Bound 2: mean 0.69' ]
