#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# TaskJuggler 3.7.1 (Debian 12): effort that is no multiple of the timing resolution is cut down.
#
# Guess: with the resolution of an hour that is the default, a task of 119 minutes is scheduled for two
# hours (a plan is rounded up to whole slots, so that the work fits), or refused as 30 minutes are.
# Seen: it is scheduled for one hour, without a warning: almost half of the work is not in the plan.
# Only effort below a single slot is refused. `timingresolution 5min` in the project makes it 115 minutes:
# what is below a slot is dropped at any resolution.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT
cd -- "$scratch"

# TaskJuggler with the Ruby that Debian has for it, unpacked side by side.
mapfile -t packages < <(apt-cache depends --recurse --no-recommends --no-suggests --no-conflicts --no-breaks \
    --no-replaces --no-enhances tj3 | grep -xE '(lib)?ruby[a-z0-9.-]*|libyaml-0-2|libffi8|libgmp10' | sort -u |
    grep -xvE 'ruby-interpreter|ruby[0-9.]+-doc')
apt-get download -q tj3=3.7.1-1 "${packages[@]}" >/dev/null 2>&1
for package in *.deb; do dpkg -x "$package" root; done
export LD_LIBRARY_PATH=$scratch/root/usr/lib/x86_64-linux-gnu
RUBYLIB=$(find root/usr/lib root/usr/share/rubygems-integration \
    \( -path '*ruby/vendor_ruby' -o -path '*ruby/3.1.0' -o -path '*ruby/3.1.0/x86_64-linux-gnu' \
    -o -path '*vendor_ruby/3.1.0' -o -path '*x86_64-linux-gnu/ruby/*3.1.0' \) -type d -printf "$scratch/%p:")
export RUBYLIB TZ=UTC

# minutes EFFORT [ATTRIBUTE]: from the start to the end that are scheduled for it.
minutes()
{
    cat >plan.tjp <<PLAN
project p "P" 2026-01-05 +2m { ${2-} }
resource r "R" { }
task a "A" { effort $1 allocate r }
taskreport rep "rep" { formats csv columns start, end timeformat "%H %M" }
PLAN
    rm -f rep.csv
    "$scratch"/root/usr/bin/ruby3.1 root/usr/bin/tj3 --silent plan.tjp >log 2>&1 || true
    if [ -f rep.csv ]; then
        sed -n '2s/"//g;2s/;/ /p' rep.csv | awk '{ print ($3 * 60 + $4) - ($1 * 60 + $2) }'
    else
        grep -oE 'Effort value must at least as large as the timing resolution' log || cat log
    fi
}

got="30 min: $(minutes 30min)
119 min: $(minutes 119min)
119 min in slots of 5: $(minutes 119min 'timingresolution 5min')"
printf '%s\n' "$got"
[ "$got" = '30 min: Effort value must at least as large as the timing resolution
119 min: 60
119 min in slots of 5: 115' ]
