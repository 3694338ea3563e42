#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# libical 3.0.16 (Debian 12): the Monday of week 1 is a Tuesday in the first year, and week 20 without a day is a Tuesday.
#
# Guess: `FREQ=YEARLY;BYWEEKNO=1;BYDAY=MO` from 1 January 2026, a Thursday, has its first date on 4 January 2027, the Monday of that
# year's first week; and a rule without BYDAY takes the day of the week of its start, Thursday, as RFC 5545 says.
# Seen: the first date is Tuesday 29 December 2026, which is in week 53; the second and those behind it are right. Without BYDAY
# all are Tuesdays, 12 May 2026 and so on. With the day written out week 20 is right.
# What helps: BYDAY in the rule; BYYEARDAY or BYMONTH for the turn of the year.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT
cd -- "$scratch"

apt-get download -q libical3=3.0.16-1+b1 libical-dev=3.0.16-1+b1 libicu72 >/dev/null 2>&1
for package in *.deb; do dpkg -x "$package" .; done
cat >probe.c <<'C'
#include <libical/ical.h>
#include <stdio.h>

static void show(const char *text)
{
    icalrecur_iterator *dates = icalrecur_iterator_new(icalrecurrencetype_from_string(text), icaltime_from_string("20260101T090000"));
    static const char *const days[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};

    printf("%s:", text);
    for (int i = 0; i < 3; i++) {
        struct icaltimetype date = icalrecur_iterator_next(dates);
        printf(" %s %d-%02d-%02d", days[icaltime_day_of_week(date) - 1], date.year, date.month, date.day);
    }
    putchar('\n');
    icalrecur_iterator_free(dates);
}

int main(void)
{
    show("FREQ=YEARLY;BYWEEKNO=1;BYDAY=MO");
    show("FREQ=YEARLY;BYWEEKNO=20");
    show("FREQ=YEARLY;BYWEEKNO=20;BYDAY=TH");
    return 0;
}
C
library=$scratch/usr/lib/x86_64-linux-gnu
cc -I usr/include -o probe probe.c "$library/libical.so.3" -Wl,--allow-shlib-undefined
got=$(LD_LIBRARY_PATH=$library ./probe)
printf '%s\n' "$got"
[ "$got" = 'FREQ=YEARLY;BYWEEKNO=1;BYDAY=MO: Tue 2026-12-29 Mon 2027-01-04 Mon 2028-01-03
FREQ=YEARLY;BYWEEKNO=20: Tue 2026-05-12 Tue 2027-05-18 Tue 2028-05-16
FREQ=YEARLY;BYWEEKNO=20;BYDAY=TH: Thu 2026-05-14 Thu 2027-05-20 Thu 2028-05-18' ]
