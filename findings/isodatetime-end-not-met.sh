#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# isodatetime 3.0.0 (Debian 12's python3-isodatetime, behind the scheduler Cylc): R3/P1M/2026-03-31 ends on 28 March.
#
# Guess: an interval that is given by its end and a length has that end as its last date; the others are counted back from it: 31 January,
# 28 February, 31 March.
# Seen: it is turned into one with a start, by taking three months off one by one, and is counted forward from there: 28 January, 28 February,
# 28 March, so the end, which is all that was said, is not among them. Without a number of repetitions, R/P1M/2026-03-31, it
# does begin with the 31st and stays on the 28th from February back. From a start on the 31st it is 28 March too.
# What helps: a day up to the 28th.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT
cd -- "$scratch"

apt-get download -q python3-isodatetime=3.0.0-1 >/dev/null 2>&1
dpkg -x python3-isodatetime_*.deb .
export PYTHONPATH=$scratch/usr/lib/python3/dist-packages PYTHONDONTWRITEBYTECODE=1
cat >probe.py <<'PY'
import itertools
from metomi.isodatetime.parsers import TimeRecurrenceParser

for text in ("R3/P1M/2026-03-31", "R/P1M/2026-03-31", "R3/2026-01-31/P1M", "R3/P1M/2026-03-28"):
    print(text + ":", " ".join(str(date)[:10] for date in itertools.islice(TimeRecurrenceParser().parse(text), 3)))
PY
got=$(python3 probe.py)
printf '%s\n' "$got"
[ "$got" = 'R3/P1M/2026-03-31: 2026-01-28 2026-02-28 2026-03-28
R/P1M/2026-03-31: 2026-03-31 2026-02-28 2026-01-28
R3/2026-01-31/P1M: 2026-01-31 2026-02-28 2026-03-28
R3/P1M/2026-03-28: 2026-01-28 2026-02-28 2026-03-28' ]
