#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# Parallel::ForkManager 2.02 (Debian 12's libparallel-forkmanager-perl): jobs of a tenth of a second take a second each.
#
# Guess: start() and wait_all_children() wait until a child ends (waitpid blocks), so six jobs of 0.1 s in two slots take 0.3 s.
# Seen: they ask whether a child has ended and sleep for a second between two questions: 3 s. Each slot serves one job a second at most,
# so short jobs gain nothing from more slots but what a second divides, and a run of 0.1 s lasts a second. A callback
# by run_on_wait() that does nothing, called every 0.05 s, makes it 0.3 to 0.6 s.
# What helps: set_waitpid_blocking_sleep(0), which waits by waitpid().
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT
cd -- "$scratch"

apt-get download -q libparallel-forkmanager-perl=2.02-1 libmoo-perl libclass-method-modifiers-perl librole-tiny-perl libsub-quote-perl >/dev/null 2>&1
for package in *.deb; do dpkg -x "$package" .; done
cat >probe.pl <<'PERL'
use strict;
use warnings;
use Parallel::ForkManager;
use Time::HiRes qw(sleep time);

for my $sleep (undef, 0) {
    my $jobs = Parallel::ForkManager->new(2);
    $jobs->set_waitpid_blocking_sleep($sleep) if defined $sleep;
    my $begin = time;
    for (1 .. 6) {
        $jobs->start and next;
        sleep 0.1;
        $jobs->finish;
    }
    $jobs->wait_all_children;
    my $took = time - $begin;
    print defined $sleep ? 'set_waitpid_blocking_sleep(0)' : 'by default', ': ', $took > 2.9 ? 'three seconds or more' : 'less', "\n";
}
PERL
got=$(perl -Iusr/share/perl5 probe.pl)
printf '%s\n' "$got"
[ "$got" = 'by default: three seconds or more
set_waitpid_blocking_sleep(0): less' ]
