#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# Schedule::RateLimiter 0.01 (Debian 12's libschedule-ratelimiter-perl): "once a second" is twice a second.
#
# Guess: new(seconds => 1) lets an event happen each second: event() waits until a second after the last, and with `iterations` of five there
# are five of them in a second at most, as the description says at length.
# Seen: only the first round is right. What is kept of an event that had to wait is the time before the wait, so the next call finds that it is
# long enough ago and does not wait: from then on there are two a second, six in place of five, iterations + 1 in general. Without
# blocking (block => 0, and a refusal) the number is right.
# What helps: block => 0 and a pause of one's own.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT
cd -- "$scratch"

apt-get download -q libschedule-ratelimiter-perl=0.01-5 >/dev/null 2>&1
dpkg -x libschedule-ratelimiter-perl_*.deb .
cat >probe.pl <<'PERL'
use strict;
use warnings;
use Schedule::RateLimiter;
use Time::HiRes 'time';

for my $iterations (1, 5) {
    my $limiter = Schedule::RateLimiter->new(seconds => 1, iterations => $iterations);
    my $begin = time;
    my %each;
    for (1 .. 3 * $iterations + 2) {
        $limiter->event;
        $each{int(time - $begin)}++;
    }
    print "$iterations a second: ", join(', ', map { "$each{$_} from second $_" } sort keys %each), "\n";
}
PERL
got=$(PERL5LIB=$scratch/usr/share/perl5 perl probe.pl)
printf '%s\n' "$got"
[ "$got" = '1 a second: 1 from second 0, 2 from second 1, 2 from second 2
5 a second: 5 from second 0, 6 from second 1, 6 from second 2' ]
