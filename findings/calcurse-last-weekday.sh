#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# calcurse 4.7.1 (Debian 12), import of iCalendar: "the last weekday of each month, three times" is Friday, Monday and Tuesday.
#
# Guess: a rule with a part that calcurse cannot keep is not imported and is counted as skipped, with a line in its log, as it does with hourly
# rules.
# Seen: parts that it does not know are left out and the rest is taken: without BYSETPOS the last weekday is every weekday, 09:00 and 17:00
# (BYHOUR) are 09:00, the Monday of week 20 (BYWEEKNO) is each Monday. COUNT then counts the wrong dates and is kept as a
# last day, so what is exported again, or synchronized, is another rule with an early end. "0 skipped", status 0.
# What helps: rules without these parts.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT
cd -- "$scratch"

apt-get download -q calcurse=4.7.1-1 libncursesw6 >/dev/null 2>&1
for package in *.deb; do dpkg -x "$package" .; done
export LD_LIBRARY_PATH=$scratch/usr/lib/x86_64-linux-gnu:$scratch/lib/x86_64-linux-gnu LC_ALL=C TZ=UTC HOME=$scratch TMPDIR=$scratch
got=$(while read -r start rule; do
    rm -rf data
    mkdir data
    printf '%s\r\n' BEGIN:VCALENDAR VERSION:2.0 PRODID:probe BEGIN:VEVENT UID:1 "DTSTART:$start" DURATION:PT1H SUMMARY:job "RRULE:$rule" \
        END:VEVENT END:VCALENDAR >in.ics
    status=0
    usr/bin/calcurse -D data -i in.ics >said 2>&1 || status=$?
    echo "$rule: status $status, $(grep -oE '[0-9]+ skipped' said); $(usr/bin/calcurse -D data -x | tr -d '\r' | sed -n 's/^RRULE://p')"
done <<'RULES'
20260130T090000 FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1;COUNT=3
20260105T090000 FREQ=DAILY;BYHOUR=9,17;COUNT=4
20260511T090000 FREQ=YEARLY;BYWEEKNO=20;BYDAY=MO;COUNT=2
20260105T090000 FREQ=HOURLY;COUNT=3
RULES
)
printf '%s\n' "$got"
[ "$got" = 'FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1;COUNT=3: status 0, 0 skipped; FREQ=MONTHLY;UNTIL=20260203T090000;BYDAY=MO,TU,WE,TH,FR
FREQ=DAILY;BYHOUR=9,17;COUNT=4: status 0, 0 skipped; FREQ=DAILY;UNTIL=20260108T090000
FREQ=YEARLY;BYWEEKNO=20;BYDAY=MO;COUNT=2: status 0, 0 skipped; FREQ=YEARLY;UNTIL=20260518T090000;BYDAY=MO
FREQ=HOURLY;COUNT=3: status 1, 1 skipped; ' ]
