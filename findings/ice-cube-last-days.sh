#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# ice_cube 0.16.4 (Debian 12's ruby-ice-cube): a monthly event of the 31st takes place on 28 February and 30 April.
#
# Guess: ice_cube follows iCalendar, whose rules it reads and writes: of the 31st only months that have one, of 29 February
# only leap years count, as with rrule and dateutil.
# Seen: the day moves to the last of the month: 31 January, 28 February, 31 March, 30 April; and 28 February in each year
# between leap years. So a schedule that was written as iCalendar by ice_cube has other dates in each program that
# reads it. With day_of_month(31) named, short months are left out.
# What helps: name the day in the rule, day_of_month(31) or (-1), whichever is meant.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT
cd -- "$scratch"

# Ruby and the library as Debian has them, unpacked side by side.
mapfile -t packages < <(apt-cache depends --recurse --no-recommends --no-suggests --no-conflicts --no-breaks \
    --no-replaces --no-enhances ruby-ice-cube ruby | grep -xE '(lib)?ruby[a-z0-9.-]*|libyaml-0-2|libffi8|libgmp10' | sort -u |
    grep -xvE 'ruby-interpreter|ruby[0-9.]+-doc|ruby-ice-cube')
apt-get download -q ruby-ice-cube=0.16.4-3 "${packages[@]}" >/dev/null 2>&1
for package in *.deb; do dpkg -x "$package" root; done
export LD_LIBRARY_PATH=$scratch/root/usr/lib/x86_64-linux-gnu
RUBYLIB=$(find "$scratch/root/usr" \( -path '*/ruby/3.1.0' -o -path '*/ruby/3.1.0/x86_64-linux-gnu' -o -path '*/ruby/vendor_ruby' \
    -o -path '*/vendor_ruby/3.1.0' -o -path '*x86_64-linux-gnu/ruby/*3.1.0' -o -path '*/ice_cube-*/lib' \) -type d -printf '%p:')
export RUBYLIB TZ=UTC
cat >probe.rb <<'RUBY'
require 'ice_cube'
def show(name, start, rule)
  schedule = IceCube::Schedule.new(start)
  schedule.add_recurrence_rule(rule)
  puts "#{name}: #{schedule.first(4).map { |time| time.strftime('%Y-%m-%d') }.join(' ')}"
end
show('monthly', Time.utc(2026, 1, 31, 9), IceCube::Rule.monthly)
show('yearly', Time.utc(2024, 2, 29, 9), IceCube::Rule.yearly)
show('monthly, day 31', Time.utc(2026, 1, 31, 9), IceCube::Rule.monthly.day_of_month(31))
RUBY
got=$("$scratch/root/usr/bin/ruby3.1" --disable-gems probe.rb)
printf '%s\n' "$got"
[ "$got" = 'monthly: 2026-01-31 2026-02-28 2026-03-31 2026-04-30
yearly: 2024-02-29 2025-02-28 2026-02-28 2027-02-28
monthly, day 31: 2026-01-31 2026-03-31 2026-05-31 2026-07-31' ]
