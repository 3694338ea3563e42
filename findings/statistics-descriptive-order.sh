#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# Statistics::Descriptive 3.0800 (Debian 12's libstatistics-descriptive-perl): asking for the median changes the line that is fitted.
#
# Guess: median() and percentile() look at a sorted copy; least_squares_fit(), whose x is the place of a value in the series, gives the
# same line before and behind them.
# Seen: the data are sorted in place by the first question that needs it, and stay so. A series 5, 1, 4, 2, 3, 9 has a slope of 0.69 before
# median(), and of 1.43 behind it; a series that falls, 5 to 1, rises. get_data() gives the sorted values, and what is
# added later stands behind them. So a report's trend depends on the order of its lines.
# What helps: the fit first, or an object for each.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT
cd -- "$scratch"

apt-get download -q libstatistics-descriptive-perl=3.0800-1 liblist-moreutils-perl libexporter-tiny-perl liblist-someutils-perl \
    libmodule-implementation-perl libmodule-runtime-perl libtry-tiny-perl >/dev/null 2>&1
for package in *.deb; do dpkg -x "$package" .; done
cat >probe.pl <<'PERL'
use strict;
use warnings;
use Statistics::Descriptive;

for my $values ([5, 1, 4, 2, 3, 9], [5, 4, 3, 2, 1]) {
    my $series = Statistics::Descriptive::Full->new;
    $series->add_data(@$values);
    my $before = ($series->least_squares_fit)[1];
    $series->median;
    printf "@$values: slope %.2f, behind median() %.2f, data %s\n", $before, ($series->least_squares_fit)[1], join ' ', $series->get_data;
}
PERL
got=$(perl -Iusr/share/perl5 probe.pl)
printf '%s\n' "$got"
[ "$got" = '5 1 4 2 3 9: slope 0.69, behind median() 1.43, data 1 2 3 4 5 9
5 4 3 2 1: slope -1.00, behind median() 1.00, data 1 2 3 4 5' ]
