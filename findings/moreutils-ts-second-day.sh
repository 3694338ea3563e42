#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# ts of moreutils 0.67 (Debian 12): with -s a line that comes after 27 hours is marked 03:00:00.
#
# Guess: -s counts from the start of the program, so its hours go on: 27:00:00, as those of `ps` and of time spans do.
# Seen: the span is printed as a time of day of 1 January 1970: after 24 hours it begins again at 00:00:00, without a day in the default
# format. In the log of a job of two days two lines have the same mark, and sorted, or subtracted, the marks are wrong. So it is with -i and a
# pause of more than a day. `%j` in a format of one's own gives a day, which begins with 001.
# What helps: ts -s %s, the seconds.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT
cd -- "$scratch"

apt-get download -q moreutils=0.67-1 >/dev/null 2>&1
dpkg -x moreutils_*.deb .
# A clock for ts that goes on by nine hours each time that it is looked at.
cat >NineHours.pm <<'PERL'
package NineHours;
my $now = 1_700_000_000;
*CORE::GLOBAL::time = sub { return ($now += 9 * 3600) - 9 * 3600 };
1;
PERL
got=$(printf 'one\ntwo\nthree\n' | perl -I. -MNineHours usr/bin/ts -s
    printf 'one\ntwo\nthree\n' | perl -I. -MNineHours usr/bin/ts -s '%j %T'
    printf 'one\ntwo\nthree\n' | perl -I. -MNineHours usr/bin/ts -s %s)
printf '%s\n' "$got"
[ "$got" = '09:00:00 one
18:00:00 two
03:00:00 three
001 09:00:00 one
001 18:00:00 two
002 03:00:00 three
32400 one
64800 two
97200 three' ]
