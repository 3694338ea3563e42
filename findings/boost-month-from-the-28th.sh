#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# Boost.Date_Time 1.74 (Debian 12): a month after 28 February 2026 is 31 March.
#
# Guess: a month added to the 28th is the 28th of the next month; what needs a rule are days that the next month does not have.
# Seen: a date that is the last of its month goes to the last of the other month: 28 February + 1 month is 31 March, 30 April + 1
# month is 31 May, and 28 February 2027 + 1 year is 29 February 2028. In a leap year 28 February gives 28 March. So
# something that is due on the 28th of each month, or the 30th, moves to the 31st for good as soon as it has been computed from
# a February, or an April: 30 March, 30 April, 31 May.
# What helps: add months to the first date each time, n months at once, or to the 1st of the month.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT
cd -- "$scratch"

apt-get download -q libboost1.74-dev=1.74.0+ds1-21 >/dev/null 2>&1
dpkg -x libboost1.74-dev_*.deb .
cat >probe.cpp <<'CPP'
#include <boost/date_time/gregorian/gregorian.hpp>
#include <iostream>

using namespace boost::gregorian;

int main()
{
    std::cout << to_iso_extended_string(date(2026, 2, 28) + months(1)) << '\n'
              << to_iso_extended_string(date(2028, 2, 28) + months(1)) << '\n'
              << to_iso_extended_string(date(2027, 2, 28) + years(1)) << '\n';
    date due(2026, 3, 30);
    for (int i = 0; i < 3; i++, due += months(1)) {
        std::cout << to_iso_extended_string(due) << (i < 2 ? ", " : "\n");
    }
}
CPP
g++ -O1 -isystem usr/include -o probe probe.cpp
got=$(./probe)
printf '%s\n' "$got"
[ "$got" = '2026-03-31
2028-03-28
2028-02-29
2026-03-30, 2026-04-30, 2026-05-31' ]
