#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# croniter 1.3.5 (Debian 12's python3-croniter): with six fields the seconds are the last.
#
# Guess: a sixth field is for seconds and stands in front, as in Quartz, cron-parser, croner and robfig/cron: `*/10 * * * * *`
# is every ten seconds and `0 30 9 * * *` half past nine.
# Seen: it stands behind the day of the week. `*/10 * * * * *` is each second of every tenth minute, 60 times in a row and then
# nothing for nine minutes: as many runs in an hour as every ten seconds has. `0 30 9 * * *` is refused (hour 30), and
# `0 0 12 * * *`, noon elsewhere, is each second of the first minute of each 12th.
# What helps: `* * * * * */10`; newer versions have second_at_beginning=True.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT
cd -- "$scratch"

apt-get download -q python3-croniter=1.3.5-3 python3-dateutil python3-six python3-tz python3-natsort >/dev/null 2>&1
for package in *.deb; do dpkg -x "$package" .; done
export PYTHONPATH=$scratch/usr/lib/python3/dist-packages PYTHONDONTWRITEBYTECODE=1
cat >probe.py <<'PY'
import datetime
from croniter import croniter

for line in ("*/10 * * * * *", "* * * * * */10", "0 30 9 * * *", "0 0 12 * * *"):
    try:
        times = croniter(line, datetime.datetime(2026, 1, 1, 0, 0, 58))
        print(line + ":", ", ".join(times.get_next(datetime.datetime).strftime("%d Jan %H:%M:%S") for _ in range(4)))
    except ValueError as error:
        print(line + ":", error)
PY
got=$(python3 probe.py)
printf '%s\n' "$got"
[ "$got" = '*/10 * * * * *: 01 Jan 00:00:59, 01 Jan 00:10:00, 01 Jan 00:10:01, 01 Jan 00:10:02
* * * * * */10: 01 Jan 00:01:00, 01 Jan 00:01:10, 01 Jan 00:01:20, 01 Jan 00:01:30
0 30 9 * * *: [0 30 9 * * *] is not acceptable, out of range
0 0 12 * * *: 12 Jan 00:00:00, 12 Jan 00:00:01, 12 Jan 00:00:02, 12 Jan 00:00:03' ]
