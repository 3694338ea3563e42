#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# lnav 0.11.1 (Debian 12): a line of a log whose time is before the one above it is given that one's time.
#
# Guess: the time that is stored is the one in the line, and lines are sorted by it: of a job from 10:00:02 to 10:00:03 that is logged
# behind a line of 10:00:05 (two threads, one file) SQL over the log says one second.
# Seen: both its lines have 10:00:05 as log_time, and the job took no time; the order is the file's. Only the hidden column
# log_actual_time has what is in the line; `select *` does not show it. No message, no mark in the output of -n.
# What helps: log_actual_time in every query.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT
cd -- "$scratch"

apt-get download -q lnav=0.11.1-3 >/dev/null 2>&1
dpkg -x lnav_*.deb .
export HOME=$scratch TZ=UTC
cat >jobs.log <<'LOG'
2026-11-30T10:00:00.000000 begin a
2026-11-30T10:00:05.000000 end a
2026-11-30T10:00:02.000000 begin b
2026-11-30T10:00:03.000000 end b
LOG
got=$(for column in log_time log_actual_time; do
    echo "by $column"
    timeout 60 usr/bin/lnav -n -c ";select log_body, $column as time from all_logs" -c ':write-csv-to -' jobs.log
done)
printf '%s\n' "$got"
[ "$got" = 'by log_time
log_body,time
begin a,2026-11-30 10:00:00.000
end a,2026-11-30 10:00:05.000
begin b,2026-11-30 10:00:05.000
end b,2026-11-30 10:00:05.000
by log_actual_time
log_body,time
begin a,2026-11-30 10:00:00.000
end a,2026-11-30 10:00:05.000
begin b,2026-11-30 10:00:02.000
end b,2026-11-30 10:00:03.000' ]
