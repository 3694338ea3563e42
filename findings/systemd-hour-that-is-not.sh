#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# systemd 252.39 (Debian 12), OnCalendar=: a weekly job of Sunday 02:30 is left out, and comes two weeks after the last, when clocks go forward.
#
# Guess: a time that clocks jump over is made up for at once, as Vixie cron does it ("jobs that would have run in the interval
# that was skipped are run immediately"), or moves to 03:30; and in autumn "every half hour" goes on every half hour.
# Seen: on 29 March 2026 in Berlin 02:30 does not come, and the next run is on the following Sunday, 14 days after the last;
# Persistent= sees nothing that was missed. In October the hour that comes twice is served once: between two runs of `*:0/30` lie
# 90 minutes.
# What helps: times before 01:00 or after 03:00, or UTC in the expression.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT
cd -- "$scratch"

apt-get download -q systemd=252.39-1~deb12u2 libsystemd-shared=252.39-1~deb12u2 >/dev/null 2>&1
for package in *.deb; do dpkg -x "$package" .; done
next()
{
    LD_LIBRARY_PATH=usr/lib/x86_64-linux-gnu/systemd:usr/lib/x86_64-linux-gnu LC_ALL=C TZ=UTC \
        usr/bin/systemd-analyze calendar --base-time="$1" --iterations="$2" "$3" | sed -n 's/.*\(elapse\|#[0-9]*\): /  /p'
}
got=$(echo 'Sun 02:30:'
next '2026-03-21 12:00:00 UTC' 2 'Sun 02:30 Europe/Berlin'
echo '*-*-* 02:30:'
next '2026-03-28 00:00:00 UTC' 2 '*-*-* 02:30 Europe/Berlin'
echo '*:0/30:'
next '2026-10-24 23:45:00 UTC' 4 '*:0/30 Europe/Berlin')
printf '%s\n' "$got"
[ "$got" = 'Sun 02:30:
  Sun 2026-03-22 01:30:00 UTC
  Sun 2026-04-05 00:30:00 UTC
*-*-* 02:30:
  Sat 2026-03-28 01:30:00 UTC
  Mon 2026-03-30 00:30:00 UTC
*:0/30:
  Sun 2026-10-25 00:00:00 UTC
  Sun 2026-10-25 00:30:00 UTC
  Sun 2026-10-25 02:00:00 UTC
  Sun 2026-10-25 02:30:00 UTC' ]
