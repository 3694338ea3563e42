#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# Python 3.11.2 (Debian 12), statistics.quantiles(): the 99th percentile of ten values is greater than the greatest.
#
# Guess: whichever of the many definitions it follows, a percentile lies between the least and the greatest value.
# Seen: the default method, "exclusive", takes the values for a sample and goes on in a straight line beyond them: of 1 to 10 the 99th
# percentile is 10.89, the first 0.11; of two latencies, 10 and 200 ms, they are 384.3 and -174.3 ms. So with fewer than 99 values a report
# has a p99 that nobody waited for, or a negative one.
# What helps: `method='inclusive'`, or 100 values and more.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT
cd -- "$scratch"

apt-get download -q python3.11-minimal=3.11.2-6+deb12u9 libpython3.11-minimal=3.11.2-6+deb12u9 libpython3.11-stdlib=3.11.2-6+deb12u9 >/dev/null 2>&1
for package in *.deb; do dpkg -x "$package" .; done
cat >probe.py <<'PY'
import sys
from statistics import quantiles

print(sys.version.split()[0])
for values in ([*range(1, 11)], [10, 200], [*range(1, 100)]):
    for method in ("exclusive", "inclusive"):
        cuts = quantiles(values, n=100, method=method)
        print(f"{len(values)} values, {min(values)} to {max(values)}, {method}: first {cuts[0]:.2f}, 99th {cuts[98]:.2f}")
PY
got=$(env -u PYTHONPATH PYTHONHOME="$scratch/usr" usr/bin/python3.11 -S probe.py)
printf '%s\n' "$got"
[ "$got" = '3.11.2
10 values, 1 to 10, exclusive: first 0.11, 99th 10.89
10 values, 1 to 10, inclusive: first 1.09, 99th 9.91
2 values, 10 to 200, exclusive: first -174.30, 99th 384.30
2 values, 10 to 200, inclusive: first 11.90, 99th 198.10
99 values, 1 to 99, exclusive: first 1.00, 99th 99.00
99 values, 1 to 99, inclusive: first 1.98, 99th 98.02' ]
