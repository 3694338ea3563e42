#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# fugit 1.5.2 (Debian 12's ruby-fugit, behind rufus-scheduler and sidekiq-cron): "every monday at 9:30 and 17:45" runs at 9:30.
#
# Guess: a sentence that one line of cron cannot hold is refused (nil), as "every 1.5 hours" is, or becomes several; and `1h30` is
# an hour and a half, as people write it.
# Seen: the first time is taken and the second dropped without a word: parse() and parse_nat() give `30 9 * * 1`. Only with `multi: true`
# both are given, with `multi: :fail` an error. `1h30` is an hour and 30 seconds; `1h30m` is right.
# What helps: `multi: :fail`; a unit behind each number.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT
cd -- "$scratch"

mapfile -t packages < <(apt-cache depends --recurse --no-recommends --no-suggests --no-conflicts --no-breaks \
    --no-replaces --no-enhances ruby-fugit ruby | grep -xE '(lib)?ruby[a-z0-9.-]*|libyaml-0-2|libffi8|libgmp10|tzdata' | sort -u |
    grep -xvE 'ruby-interpreter|ruby[0-9.]+-doc|ruby-fugit')
apt-get download -q ruby-fugit=1.5.2-1 "${packages[@]}" >/dev/null 2>&1
for package in *.deb; do dpkg -x "$package" root; done
export LD_LIBRARY_PATH=$scratch/root/usr/lib/x86_64-linux-gnu
RUBYLIB=$(find "$scratch/root/usr" \( -path '*/ruby/3.1.0' -o -path '*/ruby/3.1.0/x86_64-linux-gnu' -o -path '*/ruby/vendor_ruby' \
    -o -path '*/vendor_ruby/3.1.0' -o -path '*x86_64-linux-gnu/ruby/*3.1.0' -o -path '*/gems/*/lib' -o -path '*/lib/concurrent-ruby' \) -type d -printf '%p:')
export RUBYLIB TZ=UTC
cat >probe.rb <<'RUBY'
require 'fugit'
text = 'every monday at 9:30 and 17:45'
puts "parse: #{Fugit.parse(text).original}"
puts "multi: #{Fugit.parse_nat(text, multi: true).map(&:original).join(', ')}"
puts "every 1.5 hours: #{Fugit.parse_nat('every 1.5 hours').inspect}"
puts(%w[1h30m 1h30 1.5h].map { |length| "#{length}: #{Fugit.parse_duration(length).to_sec.to_i} s" })
RUBY
got=$("$scratch/root/usr/bin/ruby3.1" --disable-gems probe.rb)
printf '%s\n' "$got"
[ "$got" = 'parse: 30 9 * * 1
multi: 30 9 * * 1, 45 17 * * 1
every 1.5 hours: nil
1h30m: 5400 s
1h30: 3630 s
1.5h: 5400 s' ]
