#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# aniso8601 9.0.1 (Debian 12's python3-aniso8601): R4/2026-01-01/P1M is 1 January, 31 January, 2 March and 1 April.
#
# Guess: a repeating interval of a month has the same day of each month, or, if months are too much for a parser without
# a calendar of its own, is refused.
# Seen: a month is 30 days and a year 365, wherever they stand: the first of a month is left with the first step, and P1Y from 2024
# comes to 31 December. `R4` is four dates, the start among them, other than the "four repetitions" behind it that the
# words of ISO 8601 also allow. `R2/.../PT1H` is two instants an hour apart.
# What helps: isodatetime or dateutil for whatever is longer than a week.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT
cd -- "$scratch"

apt-get download -q python3-aniso8601=9.0.1-2 >/dev/null 2>&1
dpkg -x python3-aniso8601_*.deb .
export PYTHONPATH=$scratch/usr/lib/python3/dist-packages PYTHONDONTWRITEBYTECODE=1
cat >probe.py <<'PY'
import aniso8601

for text in ("R4/2026-01-01/P1M", "R2/2024-01-01/P1Y", "R3/P1M/2026-03-01", "R2/2026-01-01T00:00:00/PT1H"):
    print(text + ":", ", ".join(str(date) for date in aniso8601.parse_repeating_interval(text)))
PY
got=$(python3 probe.py)
printf '%s\n' "$got"
[ "$got" = 'R4/2026-01-01/P1M: 2026-01-01, 2026-01-31, 2026-03-02, 2026-04-01
R2/2024-01-01/P1Y: 2024-01-01, 2024-12-31
R3/P1M/2026-03-01: 2026-03-01, 2026-01-30, 2025-12-31
R2/2026-01-01T00:00:00/PT1H: 2026-01-01 00:00:00, 2026-01-01 01:00:00' ]
