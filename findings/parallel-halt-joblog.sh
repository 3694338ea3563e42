#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# GNU parallel 20221122 (Debian 12): what `--halt now,fail=1` kills is not in the job log, and of three attempts one is.
#
# Guess: jobs that were running when the run was halted stand in --joblog like any other job that a
# signal ends, with 15 under Signal and the time that they ran; so do attempts of --retries, each of which held a slot.
# Seen: of five jobs that were started two are in the log, the one that ended and the one that failed.
# The three that were killed have no line, although they had held a slot each: so the log of a halted
# run tells neither that they ran nor for how long, and the most jobs at one instant, counted from it,
# is too low. A time-out in place of the halt does leave a line (Exitval -1, Signal 15). Of a job that was tried three times
# there is one line, with the start and the run time of the last attempt, 0.3 s of some 0.9 s.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT
cd -- "$scratch"

apt-get download -q parallel=20221122+ds-2 >/dev/null 2>&1
dpkg -x parallel_*.deb .
parallel=$scratch/usr/bin/parallel
export HOME=$scratch

# Each job notes that it has begun; the second fails while three others run.
# shellcheck disable=SC2016
job='touch begun-{#}; sleep {}; [ {} != 0.3 ]'
"$parallel" --will-cite -j 4 --joblog halted --halt now,fail=1 "$job" ::: 0.1 0.3 5 6 7 >/dev/null 2>&1 || true
"$parallel" --will-cite -j 4 --joblog timed --timeout 0.5 'sleep {}' ::: 5 >/dev/null 2>&1 || true

start=$(date +%s.%N)
"$parallel" --will-cite --retries 3 --joblog tried 'echo >>attempts; sleep 0.3; false {}' ::: a 2>/dev/null || true

begun=$(find . -name 'begun-*' | wc -l)
logged=$(tail -n +2 halted | cut -f 1 | sort -n | tr '\n' ' ')
timed=$(tail -n +2 timed | cut -f 7,8)
tried=$(awk -v start="$start" -F '\t' 'NR > 1 {
    print "a line of less than 0.6 s: " ($4 < 0.6 ? "yes" : "no") ", begun with the first: " ($3 - start < 0.6 ? "yes" : "no") }' tried)
attempts=$(wc -l <attempts)
printf 'begun: %s\nin the log: %s\nkilled by a time-out: %s\n%s attempts: %s\n' "$begun" "$logged" "$timed" "$attempts" "$tried"
[ "$begun" = 5 ] && [ "$logged" = '1 2 ' ] && [ "$timed" = $'-1\t15' ] && [ "$attempts" = 3 ] &&
    [ "$tried" = 'a line of less than 0.6 s: yes, begun with the first: no' ]
