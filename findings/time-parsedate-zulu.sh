#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# Time::ParseDate 2015.103 (Debian 12's libtime-parsedate-perl): 2026-11-30T04:00:00Z is midnight.
#
# Guess: a module that reads a dozen ways to write a date reads ISO 8601's, or says that it cannot.
# Seen: with the Z behind it the time is dropped and the date taken: midnight. Without the Z, or with a blank in place of the T and
# " UTC" behind, it is four o'clock. "2 hours 30 minutes" is two hours. What is not understood at the end is ignored unless
# WHOLE => 1 is given, which refuses all of these. So log lines with a Z all fall on the beginning of their day.
# What helps: WHOLE => 1 at each call.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT
cd -- "$scratch"

apt-get download -q libtime-parsedate-perl=2015.103-4 libtimedate-perl >/dev/null 2>&1
for package in *.deb; do dpkg -x "$package" .; done
got=$(TZ=UTC PERL5LIB=$scratch/usr/share/perl5 perl -MTime::ParseDate -MPOSIX=strftime -e '
    for my $text ("2026-11-30T04:00:00", "2026-11-30T04:00:00Z", "2026-11-30 04:00:00 UTC", "2 hours 30 minutes") {
        for my $whole (0, 1) {
            my $time = parsedate($text, NOW => 1767225600, GMT => 1, WHOLE => $whole);
            print "$text", $whole ? ", whole: " : ": ", defined $time ? strftime("%F %T", gmtime($time)) : "refused", "\n";
        }
    }')
printf '%s\n' "$got"
[ "$got" = '2026-11-30T04:00:00: 2026-11-30 04:00:00
2026-11-30T04:00:00, whole: 2026-11-30 04:00:00
2026-11-30T04:00:00Z: 2026-11-30 00:00:00
2026-11-30T04:00:00Z, whole: refused
2026-11-30 04:00:00 UTC: 2026-11-30 04:00:00
2026-11-30 04:00:00 UTC, whole: 2026-11-30 04:00:00
2 hours 30 minutes: 2026-01-01 02:00:00
2 hours 30 minutes, whole: refused' ]
