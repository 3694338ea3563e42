#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# Time::Duration::Parse 0.16 (Debian 12's libtime-duration-parse-perl): `2,000 seconds` are two seconds.
#
# Guess: a comma between thousands is skipped or refused.
# Seen: it is a decimal comma: `2,000 seconds` is 2 and `10,000` is 10, while `1,000,000s` is refused; the comma between
# parts, `1h, 30m`, is taken as such. `1M` is a month (2,592,000 s) and `1m` a minute, and `1:90` is an hour and 90
# minutes.
# What helps: no commas and no capitals in what users may write.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT
cd -- "$scratch"

apt-get download -q libtime-duration-parse-perl=0.16-1 libexporter-lite-perl >/dev/null 2>&1
for package in *.deb; do dpkg -x "$package" .; done
got=$(PERL5LIB=$scratch/usr/share/perl5 perl -MTime::Duration::Parse -e '
    for my $text ("2000 seconds", "2,000 seconds", "10,000", "1,000,000s", "1h, 30m", "1m", "1M", "1:90") {
        my $seconds = eval { parse_duration($text) };
        print "$text: ", $seconds // "refused", "\n";
    }')
printf '%s\n' "$got"
[ "$got" = '2000 seconds: 2000
2,000 seconds: 2
10,000: 10
1,000,000s: refused
1h, 30m: 5400
1m: 60
1M: 2592000
1:90: 9000' ]
