#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# RapidJSON 1.1.0 (Debian 12's rapidjson-dev): a time with nine decimals is read as another double, in two of five cases.
#
# Guess: a number of JSON is read as the double that is nearest to it, as strtod() and all other readers do; the flag
# kParseFullPrecisionFlag is for numbers of more digits than a double has.
# Seen: without the flag two of five times in seconds with nanoseconds are one unit beside the nearest double (0.24 us), and an eighth of the numbers
# that were written with 17 digits to be read back unchanged: a double that RapidJSON reads from what another program wrote for it
# is not the one that was written. Numbers of fewer digits are exact, so tests with short numbers pass.
# What helps: kParseFullPrecisionFlag, or RAPIDJSON_PARSE_DEFAULT_FLAGS defined with it.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT
cd -- "$scratch"

apt-get download -q rapidjson-dev=1.1.0+dfsg2-7.1 >/dev/null 2>&1
dpkg -x rapidjson-dev_*.deb .
cat >probe.cc <<'C'
#include <cinttypes>
#include <cstdio>
#include <cstdlib>
#include <rapidjson/document.h>

template <unsigned flags> static double read(const char *text)
{
    rapidjson::Document document;
    document.Parse<flags>(text);
    return document.GetDouble();
}
int main()
{
    uint64_t state = 1;
    auto draw = [&state] { return (state = state * 6364136223846793005u + 1442695040888963407u) >> 33; };
    for (int kind = 0; kind < 3; kind++) {
        int plain = 0, full = 0;
        for (int i = 0; i < 10000; i++) {
            char text[64];
            if (kind == 0) std::snprintf(text, sizeof text, "1793%06" PRIu64 ".%09" PRIu64, draw() % 1000000, draw() % 1000000000);
            if (kind == 1) std::snprintf(text, sizeof text, "%.17g", (double)draw() / 2147483648.0 / 3.0);
            if (kind == 2) std::snprintf(text, sizeof text, "%" PRIu64 ".%06" PRIu64, draw() % 100000, draw() % 1000000);
            double nearest = std::strtod(text, nullptr);
            plain += read<rapidjson::kParseDefaultFlags>(text) != nearest;
            full += read<rapidjson::kParseFullPrecisionFlag>(text) != nearest;
        }
        static const char *const names[] = {"seconds with nanoseconds", "17 digits", "microseconds of a day"};
        std::printf("%s: %d %% are another double, with full precision %d\n", names[kind], plain / 100, full);
    }
    std::printf("1793760492.719885386: %.7f, strtod %.7f\n", read<rapidjson::kParseDefaultFlags>("1793760492.719885386"),
        std::strtod("1793760492.719885386", nullptr));
}
C
c++ -w -O1 -I usr/include -o probe probe.cc
got=$(./probe)
printf '%s\n' "$got"
[ "$got" = 'seconds with nanoseconds: 43 % are another double, with full precision 0
17 digits: 13 % are another double, with full precision 0
microseconds of a day: 0 % are another double, with full precision 0
1793760492.719885386: 1793760492.7198851, strtod 1793760492.7198853' ]
