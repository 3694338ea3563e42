#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# Parallel::ForkManager 2.02 (Debian 12's libparallel-forkmanager-perl): five jobs of 0.1 s, one at a time, take five seconds.
#
# Guess: start() waits for a place by waitpid(), so the next job begins when one ends: half a second in all.
# Seen: it looks whether one has ended and sleeps for a second in between, in start() and in wait_all_children(): each short job costs a
# second whenever all places are taken.
# What helps: `$manager->set_waitpid_blocking_sleep(0)`, with which it does wait in waitpid().
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT
cd -- "$scratch"

apt-get download -q libparallel-forkmanager-perl=2.02-1 libmoo-perl libclass-method-modifiers-perl libsub-quote-perl librole-tiny-perl \
    libmodule-runtime-perl >/dev/null 2>&1
for package in *.deb; do dpkg -x "$package" .; done
export PERL5LIB=$scratch/usr/share/perl5:$scratch/usr/lib/x86_64-linux-gnu/perl5/5.36
cat >probe.pl <<'PL'
use strict;
use warnings;
use Parallel::ForkManager;
use Time::HiRes qw(sleep time);

for my $polls (1, 0) {
    my $began = time;
    my $manager = Parallel::ForkManager->new(1);
    $manager->set_waitpid_blocking_sleep(0) unless $polls;
    for (1 .. 5) {
        next if $manager->start;
        sleep 0.1;
        $manager->finish;
    }
    $manager->wait_all_children;
    my $took = time - $began;
    printf "%s: %s\n", $polls ? 'as it is' : 'set_waitpid_blocking_sleep(0)',
        $took >= 5 ? '5 s or more' : $took < 2.5 ? 'about half a second' : "$took s";
}
PL
got=$(timeout 60 perl probe.pl)
printf '%s\n' "$got"
[ "$got" = 'as it is: 5 s or more
set_waitpid_blocking_sleep(0): about half a second' ]
