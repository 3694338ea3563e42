#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# Miller 6.6.0 (Debian 12): to a pipe the first record goes with the last, unless two options are given together.
#
# Guess: `mlr --ijsonl --ojsonl cat` is a filter that gives each record when it comes, or when its buffer of some KiB is full;
# --fflush, "flush output after every record", gives it at once.
# Seen: input is taken in batches of 500 records, and output is flushed only to a terminal. --fflush alone still waits for
# 500 records or the end, --records-per-batch 1 alone for the end, with both each record comes by itself. Events of
# a batch that runs for an hour are seen after an hour.
# What helps: mlr --records-per-batch 1 --fflush.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT
cd -- "$scratch"

apt-get download -q miller=6.6.0-2+b3 >/dev/null 2>&1
dpkg -x miller_*.deb .
# Says whether a filter gives the first line before the second is sent.
cat >first.py <<'PY'
import select, subprocess, sys
filter = subprocess.Popen(sys.argv[2:], stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0)
filter.stdin.write(sys.argv[1].encode() + b"\n")
print("at once" if select.select([filter.stdout], [], [], 5)[0] else "held back")
filter.stdin.close()
filter.wait()
PY
# held OPTION...
held() { LC_ALL=C python3 first.py '{"a":1}' usr/bin/mlr "$@" --ijsonl --ojsonl cat; }
got="as it is: $(held)
--fflush: $(held --fflush)
--records-per-batch 1: $(held --records-per-batch 1)
both: $(held --records-per-batch 1 --fflush)"
printf '%s\n' "$got"
[ "$got" = 'as it is: held back
--fflush: held back
--records-per-batch 1: held back
both: at once' ]
