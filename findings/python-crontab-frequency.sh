#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# python-crontab 2.7.1 (Debian 12's python3-crontab): frequency() counts three runs a year of a line that cron runs 61 times.
#
# Guess: frequency(year=2026) is the number of times that cron runs the job in that year; with both kinds of day given, either counts.
# Seen: both have to fit for it: `0 0 13 * 5` counts three Fridays the 13th, where cron runs on each of 52 Fridays and on the nine other
# 13ths, 61 times. The schedule of the same package, which stands on croniter, does give both. frequency_per_day()
# times frequency_per_year() is the same three.
# What helps: count the dates of schedule().
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT
cd -- "$scratch"

apt-get download -q python3-crontab=2.7.1-1 python3-croniter=1.3.5-3 python3-dateutil python3-six python3-tz python3-natsort >/dev/null 2>&1
for package in *.deb; do dpkg -x "$package" .; done
export PYTHONPATH=$scratch/usr/lib/python3/dist-packages PYTHONDONTWRITEBYTECODE=1
cat >probe.py <<'PY'
import datetime
from crontab import CronTab

for line in ("0 0 13 * *", "0 0 * * 5", "0 0 13 * 5"):
    job = CronTab(tab=line + " true\n")[0]
    dates = job.schedule(date_from=datetime.datetime(2025, 12, 31, 23, 59))
    count = 0
    while dates.get_next().year == 2026:
        count += 1
    print(line + ": frequency", job.frequency(year=2026), "dates", count)
PY
got=$(python3 probe.py)
printf '%s\n' "$got"
[ "$got" = '0 0 13 * *: frequency 12 dates 12
0 0 * * 5: frequency 52 dates 52
0 0 13 * 5: frequency 3 dates 61' ]
