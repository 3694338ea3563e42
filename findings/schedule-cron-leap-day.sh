#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# Schedule::Cron 1.05 (Debian 12's libschedule-cron-perl): behind a job of 29 February there is no next date, and the error of that ends the scheduler.
#
# Guess: the next date after 29 February 2028 is 29 February 2032, as the one before it was found from 2026.
# Seen: get_next_execution_time() dies with "No suitable next execution time found", and since run() asks it for the next date of a
# job that is started, all other jobs of the process end with it, in four years' time. A search ends after some years'
# worth of steps; from 2026 to 2028 it is short enough.
# What helps: `0 0 28-29 2 *` and a look at the day within the job.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT
cd -- "$scratch"

apt-get download -q libschedule-cron-perl=1.05-1 libtime-parsedate-perl libtimedate-perl >/dev/null 2>&1
for package in *.deb; do dpkg -x "$package" .; done
got=$(TZ=UTC PERL5LIB=$scratch/usr/share/perl5 perl -MSchedule::Cron -e '
    my $cron = Schedule::Cron->new(sub {});
    for my $line ("0 0 29 2 *", "0 0 1 3 *") {
        my $time = 1767225600;
        print "$line:";
        for (1 .. 2) {
            my $next = eval { $cron->get_next_execution_time($line, $time) };
            print " ", defined $next ? (gmtime $next)[5] + 1900 : "dies: " . ($@ =~ /^(No suitable next execution time found)/)[0];
            $time = $next;
        }
        print "\n";
    }')
printf '%s\n' "$got"
[ "$got" = '0 0 29 2 *: 2028 dies: No suitable next execution time found
0 0 1 3 *: 2026 2027' ]
