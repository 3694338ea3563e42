#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# systemd 252.39 (Debian 12): a time span of `1h30` is an hour and thirty seconds.
#
# Guess: `1h30` is an hour and a half, as people write it, or is refused for the missing unit.
# Seen: a number without a unit is always seconds, also behind one with a unit: `1h30` is 1 h 30 s, `1d12` a day and twelve seconds, `2m30`
# is right by luck. `5 5` is ten seconds. So TimeoutStopSec=1h30 in a unit is 29.5 minutes too short, and nothing says so.
# What helps: units for all numbers, and `systemd-analyze timespan`.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT
cd -- "$scratch"

apt-get download -q systemd=252.39-1~deb12u2 libsystemd-shared=252.39-1~deb12u2 >/dev/null 2>&1
for package in *.deb; do dpkg -x "$package" .; done
LD_LIBRARY_PATH=$(dirname "$(find "$scratch" -name 'libsystemd-shared-252.so')")
export LD_LIBRARY_PATH LC_ALL=C.UTF-8
got=$(for span in 1h30min 1h30 1d12 2m30 '5 5'; do echo "$span: $(usr/bin/systemd-analyze timespan "$span" | sed -n 's/.*Human: //p')"; done)
printf '%s\n' "$got"
[ "$got" = '1h30min: 1h 30min
1h30: 1h 30s
1d12: 1d 12s
2m30: 2min 30s
5 5: 10s' ]
