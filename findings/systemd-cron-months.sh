#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# systemd-cron 1.15.19 (Debian 12): a job of `nov` runs in October, one of `dec` in November, one of `oct` never.
#
# Guess: names of months in a crontab mean what they do to cron: the generator, which turns each line into a
# timer unit of systemd, writes 10, 11 and 12 for them.
# Seen: `oct` is missing in its list of months. `nov` is written as 10 and `dec` as 11, and a line with `oct` is
# dropped with "garbled time" in the log. `sep` and all before it are right, so are numbers.
# What helps: months as numbers.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT
cd -- "$scratch"

apt-get download -q systemd-cron=1.15.19-5 >/dev/null 2>&1
dpkg -x systemd-cron_*.deb .
# The generator reads /etc alone, so its parser is called on a file of ours.
cp lib/systemd/system-generators/systemd-crontab-generator generator.py
cat >probe.py <<'PY'
import generator
generator.log = lambda level, message: print("log:", message.split(" in ")[0])
for month in ("sep", "oct", "nov", "dec", "12"):
    with open("crontab", "w") as file:
        file.write(f"0 0 1 {month} * root true\n")
    for job in generator.parse_crontab("crontab"):
        print(month, job.get("M"))
PY
got=$(PYTHONDONTWRITEBYTECODE=1 python3 probe.py)
printf '%s\n' "$got"
[ "$got" = 'sep [9]
log: garbled time
oct []
nov [10]
dec [11]
12 [12]' ]
