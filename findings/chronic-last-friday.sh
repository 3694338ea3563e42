#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# gitlab-chronic 0.10.5 (Debian 12's ruby-chronic): "last friday of march" is the first Friday of last year's March.
#
# Guess: what Chronic.parse() does not understand is nil, as "30 february", "first monday of march" and "in 1.5 hours" are; what it answers is
# what was said.
# Seen: words are taken one by one and what is left over is dropped. On 31 January 2026 "last friday of march" is 7 March 2025, "last day of
# february" 1 February 2025, though "3rd wednesday in november" is right. "in half an hour" is six in the evening of the next
# day, "sat 7 nov" is seven o'clock, "every day at 9" is this morning, and 25:00 is one o'clock tomorrow. None is nil.
# What helps: to show the date before it counts; a fixed form (Time.iso8601) for what programs write.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT
cd -- "$scratch"

apt-get download -q ruby-chronic=0.10.5-2 >/dev/null 2>&1
dpkg -x ruby-chronic_*.deb .
cat >probe.rb <<'RUBY'
require 'gitlab-chronic'
now = Time.utc(2026, 1, 31, 12)
['30 february', 'first monday of march', 'in 1.5 hours', '3rd wednesday in november', 'last friday of march', 'last day of february', 'in half an hour',
 'sat 7 nov', 'every day at 9', '25:00'].each do |text|
  time = Chronic.parse(text, now: now)
  puts "#{text}: #{time ? time.strftime('%a %Y-%m-%d %H:%M') : 'nil'}"
end
RUBY
got=$(TZ=UTC LC_ALL=C timeout 60 ruby -I usr/share/rubygems-integration/all/gems/gitlab-chronic-0.10.5/lib probe.rb)
printf '%s\n' "$got"
[ "$got" = '30 february: nil
first monday of march: nil
in 1.5 hours: nil
3rd wednesday in november: Wed 2026-11-18 12:00
last friday of march: Fri 2025-03-07 12:00
last day of february: Sat 2025-02-01 12:00
in half an hour: Sun 2026-02-01 18:00
sat 7 nov: Sat 2026-11-07 07:00
every day at 9: Sat 2026-01-31 09:00
25:00: Sun 2026-02-01 01:00' ]
