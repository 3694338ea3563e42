#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# DateTime::Event::ICal 0.13 (Debian 12's libdatetime-event-ical-perl): the dates of a rule that starts in Berlin are an hour late.
#
# Guess: recur() with a start in a time zone gives dates in that time zone: the first is the start, 02:30 of the night in which clocks go
# forward is left out or moved.
# Seen: what comes out of the iterator is "floating", without a zone: it shows 02:30 as it should, and epoch() takes that for UTC: 04:30 in
# Berlin in summer, 03:30 in winter; compared with the start the first date is another instant. 29 March 02:30, which is not in
# Berlin, is among them, and set_time_zone() of this date dies.
# What helps: set_time_zone() of each date, within eval; or the start's own: DTSTART in UTC.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT
cd -- "$scratch"

mapfile -t packages < <(apt-cache depends --recurse --no-recommends --no-suggests --no-conflicts --no-breaks --no-replaces --no-enhances \
    libdatetime-event-ical-perl | grep -xE 'lib[a-z0-9-]*-perl' | sort -u | grep -xv libdatetime-event-ical-perl)
apt-get download -q libdatetime-event-ical-perl=0.13-2 "${packages[@]}" >/dev/null 2>&1
for package in *.deb; do dpkg -x "$package" .; done
export PERL5LIB=$scratch/usr/share/perl5:$scratch/usr/lib/x86_64-linux-gnu/perl5/5.36 TZ=UTC
cat >probe.pl <<'PL'
use strict;
use warnings;
use DateTime;
use DateTime::Event::ICal;

my $start = DateTime->new(year => 2026, month => 3, day => 28, hour => 2, minute => 30, time_zone => 'Europe/Berlin');
my $dates = DateTime::Event::ICal->recur(dtstart => $start, freq => 'daily', count => 3)->iterator;
while (my $date = $dates->next) {
    my $zone = $date->time_zone->name;
    my $off = $date->epoch - $start->epoch;
    my $berlin = eval { $date->clone->set_time_zone('Europe/Berlin')->strftime('%H:%M %z') } // ($@ =~ /^(Invalid local time)/)[0];
    printf "%s, zone %s, %d s behind the start, set to Berlin: %s\n", $date->strftime('%F %H:%M'), $zone, $off, $berlin;
}
PL
got=$(timeout 60 perl probe.pl)
printf '%s\n' "$got"
[ "$got" = '2026-03-28 02:30, zone floating, 3600 s behind the start, set to Berlin: 02:30 +0100
2026-03-29 02:30, zone floating, 90000 s behind the start, set to Berlin: Invalid local time
2026-03-30 02:30, zone floating, 176400 s behind the start, set to Berlin: 02:30 +0200' ]
