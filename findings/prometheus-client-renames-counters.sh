#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# prometheus_client 0.16.0 (Debian 12's python3-prometheus-client): a page that is read and written again has other names of counters.
#
# Guess: text_string_to_metric_families() and generate_latest(), both of the text format, are the inverse of each other: what a
# relay reads of a program and serves again has the names, labels and values that it had.
# Seen: a counter called `jobs` becomes `jobs_total`, as OpenMetrics would have it, though the text format does not ask for the ending and
# many exporters that are not written in Python leave it out: rules and pictures that look for `jobs` find nothing behind the relay. A
# gauge keeps its name. A number of more than 15 digits is 9.007199254740992e+015, with three digits in the exponent.
# What helps: samples taken from the families one by one (`sample.name` has the new name too: compare with the text).
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT
cd -- "$scratch"

apt-get download -q python3-prometheus-client=0.16.0-0.1 >/dev/null 2>&1
dpkg -x python3-prometheus-client_*.deb .
export PYTHONPATH=$scratch/usr/lib/python3/dist-packages PYTHONDONTWRITEBYTECODE=1
cat >page <<'PAGE'
# TYPE jobs counter
jobs{kind="a"} 5
# TYPE done_total counter
done_total 7
# TYPE waiting gauge
waiting 3
# TYPE bytes gauge
bytes 9007199254740991
PAGE
cat >probe.py <<'PY'
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.parser import text_string_to_metric_families

class Relay:
    def collect(self):
        return text_string_to_metric_families(open("page").read())

registry = CollectorRegistry()
registry.register(Relay())
print("\n".join(line for line in generate_latest(registry).decode().splitlines() if not line.startswith("# HELP")))
PY
got=$(python3 probe.py)
printf '%s\n' "$got"
[ "$got" = '# TYPE jobs_total counter
jobs_total{kind="a"} 5.0
# TYPE done_total counter
done_total 7.0
# TYPE waiting gauge
waiting 3.0
# TYPE bytes gauge
bytes 9.007199254740991e+015' ]
