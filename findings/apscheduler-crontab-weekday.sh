#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# APScheduler 3.9.1 (Debian 12's python3-apscheduler): from_crontab('0 0 * * 1') runs on Tuesdays.
#
# Guess: a method that is called from_crontab() reads a line of a crontab as cron does: 1 is Monday, 0 and 7 are Sunday, and
# with a day of the month beside it either makes it run.
# Seen: the number is taken as a day of APScheduler's own, where 0 is Monday: 1 is Tuesday, 0 Monday, and 7 is refused. Both
# days have to fit: `0 12 13 * 1` runs on a 13th that is a Tuesday alone. Names of days are right.
# What helps: `mon` to `sun` in the last field, and two triggers joined by OrTrigger for the two days.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT
cd -- "$scratch"

apt-get download -q python3-apscheduler=3.9.1-2 python3-tz python3-tzlocal python3-pytz-deprecation-shim python3-dateutil python3-six >/dev/null 2>&1
for package in *.deb; do dpkg -x "$package" .; done
export PYTHONPATH=$scratch/usr/lib/python3/dist-packages PYTHONDONTWRITEBYTECODE=1
cat >probe.py <<'PY'
import datetime
from apscheduler.triggers.cron import CronTrigger

for line in ("0 0 * * 1", "0 0 * * mon", "0 0 * * 0", "0 0 * * 7", "0 12 13 * 1"):
    now = datetime.datetime(2026, 1, 1, tzinfo=datetime.timezone.utc)
    try:
        trigger, days = CronTrigger.from_crontab(line, timezone=datetime.timezone.utc), []
        for _ in range(3):
            now = trigger.get_next_fire_time(None, now + datetime.timedelta(seconds=1))
            days.append(now.strftime("%a %d %b"))
        print(line + ":", ", ".join(days))
    except ValueError:
        print(line + ": refused")
PY
got=$(LC_ALL=C python3 probe.py)
printf '%s\n' "$got"
[ "$got" = '0 0 * * 1: Tue 06 Jan, Tue 13 Jan, Tue 20 Jan
0 0 * * mon: Mon 05 Jan, Mon 12 Jan, Mon 19 Jan
0 0 * * 0: Mon 05 Jan, Mon 12 Jan, Mon 19 Jan
0 0 * * 7: refused
0 12 13 * 1: Tue 13 Jan, Tue 13 Oct, Tue 13 Apr' ]
