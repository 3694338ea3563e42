#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# GNU parallel 20221122 (Debian 12): of a job that was tried three times --joblog has the last attempt alone.
#
# Guess: with --retries 3 each attempt, which held a slot for its time, has a line of its own in the job log; or one line has
# the time from the first start to the last end.
# Seen: there is one line, whose start and run time are those of the last attempt: here 0.3 s of some 0.9 s. A log of a run with
# many failures shows slots that were idle while they were not, and sums of JobRuntime are too low. No column has the
# number of attempts.
# What helps: a loop over the attempts within the command, whose whole time is then in the log.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT
cd -- "$scratch"

apt-get download -q parallel=20221122+ds-2 >/dev/null 2>&1
dpkg -x parallel_*.deb .
began=$(date +%s.%N)
HOME=$scratch usr/bin/parallel --retries 3 --joblog log 'echo >>attempts; sleep 0.3; false {}' ::: a 2>/dev/null || true
got=$(awk -v began="$began" -v attempts="$(wc -l <attempts)" -F '\t' 'NR > 1 {
    print attempts " attempts, a line of less than 0.6 s: " ($4 < 0.6 ? "yes" : "no") ", begun with the first: " ($3 - began < 0.6 ? "yes" : "no") }' log)
printf '%s\n' "$got"
[ "$got" = '3 attempts, a line of less than 0.6 s: yes, begun with the first: no' ]
