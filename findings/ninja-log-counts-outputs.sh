#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# ninja 1.11.1 (Debian 12): .ninja_log has a line for each output and none for a failure.
#
# Guess: the log has a line for each command that ran, with its begin and end; one that failed is in it too, or else
# the time that it took is lost.
# Seen: a command with two outputs is two lines of the same times, so counts of jobs, sums of time and the most at one
# instant are too high; a command that failed is not there, though it held a slot. Times are in milliseconds since
# the start of a run, and the next run's stand behind them without a mark.
# What helps: take lines of one hash and equal times as one job.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT
cd -- "$scratch"

apt-get download -q ninja-build=1.11.1-2~deb12u1 >/dev/null 2>&1
dpkg -x ninja-build_*.deb .
cat >build.ninja <<'NINJA'
rule two
  command = sleep 0.1; touch a b
rule bad
  command = sleep 0.1; exit 1
build a b: two
build c: bad
NINJA
LC_ALL=C usr/bin/ninja -k 0 >/dev/null 2>&1 || true
got="lines: $(tail -n +2 .ninja_log | cut -f 4 | sort | paste -sd' ' -)
different times and hashes: $(tail -n +2 .ninja_log | cut -f 1,2,5 | sort -u | wc -l)"
printf '%s\n' "$got"
[ "$got" = 'lines: a b
different times and hashes: 1' ]
