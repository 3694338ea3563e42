#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# Schedule::Cron::Events 1.96 (Debian 12's libschedule-cron-events-perl): `1-5,3 * * * *` has two events at 00:03.
#
# Guess: the fields of a crontab's line are sets: a minute that is in a range and in the list besides is one minute, for which cron runs the
# job once.
# Seen: each part of a list of minutes adds its values, so nextEvent() gives 00:03 twice, and `*/10,0` begins each hour twice (days come
# once): a forecast counts more runs than there are, and a scheduler that walks from event to event starts the job twice.
# What helps: to skip an event that equals the last one.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT
cd -- "$scratch"

apt-get download -q libschedule-cron-events-perl=1.96-2 libset-crontab-perl >/dev/null 2>&1
for package in *.deb; do dpkg -x "$package" .; done
export PERL5LIB=$scratch/usr/share/perl5
cat >probe.pl <<'PL'
use Schedule::Cron::Events;
for my $line ('1-5 * * * *', '1-5,3 * * * *', '*/10,0 * * * *', '0 0 1,1-2 * *') {
    my $events = Schedule::Cron::Events->new($line, Date => [59, 59, 23, 31, 11, 125]);
    print "$line:", (map { my @date = $events->nextEvent; sprintf ' %d/%d %02d:%02d', $date[3], $date[4] + 1, $date[2], $date[1] } 1 .. 8), "\n";
}
PL
got=$(perl probe.pl)
printf '%s\n' "$got"
[ "$got" = '1-5 * * * *: 1/1 00:01 1/1 00:02 1/1 00:03 1/1 00:04 1/1 00:05 1/1 01:01 1/1 01:02 1/1 01:03
1-5,3 * * * *: 1/1 00:01 1/1 00:02 1/1 00:03 1/1 00:03 1/1 00:04 1/1 00:05 1/1 01:01 1/1 01:02
*/10,0 * * * *: 1/1 00:00 1/1 00:00 1/1 00:10 1/1 00:20 1/1 00:30 1/1 00:40 1/1 00:50 1/1 01:00
0 0 1,1-2 * *: 1/1 00:00 2/1 00:00 1/2 00:00 2/2 00:00 1/3 00:00 2/3 00:00 1/4 00:00 2/4 00:00' ]
