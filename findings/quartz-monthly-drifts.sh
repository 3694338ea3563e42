#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# Quartz 2.3.2 (Debian 12's libquartz2-java): a job of each month's 31st runs on the 28th for ever.
#
# Guess: a CalendarIntervalTrigger of one month that starts on 31 January fires on the last of shorter months and on the 31st of the others: times
# are counted from the start, as its name for the unit says.
# Seen: each time is a month after the one before it. Behind 28 February it is 28 March, 28 April and so on; a yearly trigger of 29 February
# 2024 is on 28 February in 2028 too. Nothing of the start is left but the hour. A cron expression with 31 leaves short months out.
# What helps: the cron expression `0 0 9 L * ?` for the last of each month.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT
cd -- "$scratch"

apt-get download -q libquartz2-java=2.3.2-4 libslf4j-java >/dev/null 2>&1
for package in *.deb; do dpkg -x "$package" .; done
cat >Probe.java <<'JAVA'
import java.text.SimpleDateFormat;
import java.util.Date;
import java.util.TimeZone;
import org.quartz.DateBuilder.IntervalUnit;
import org.quartz.impl.triggers.CalendarIntervalTriggerImpl;

public class Probe {
    static void show(String start, IntervalUnit unit) throws Exception {
        SimpleDateFormat format = new SimpleDateFormat("yyyy-MM-dd HH:mm");
        CalendarIntervalTriggerImpl trigger = new CalendarIntervalTriggerImpl();
        trigger.setStartTime(format.parse(start));
        trigger.setRepeatIntervalUnit(unit);
        trigger.setRepeatInterval(1);
        Date at = trigger.computeFirstFireTime(null);
        System.out.print("each " + unit.name().toLowerCase() + ":");
        for (int i = 0; i < 5; i++, trigger.triggered(null)) {
            System.out.print(" " + format.format(trigger.getNextFireTime()).substring(0, 10));
        }
        System.out.println();
    }

    public static void main(String[] words) throws Exception {
        TimeZone.setDefault(TimeZone.getTimeZone("UTC"));
        show("2026-01-31 09:00", IntervalUnit.MONTH);
        show("2024-02-29 09:00", IntervalUnit.YEAR);
    }
}
JAVA
jars=usr/share/java/quartz2.jar:usr/share/java/slf4j-api.jar:usr/share/java/slf4j-nop.jar
got=$(java -cp "$jars" Probe.java 2>/dev/null)
printf '%s\n' "$got"
[ "$got" = 'each month: 2026-01-31 2026-02-28 2026-03-28 2026-04-28 2026-05-28
each year: 2024-02-29 2025-02-28 2026-02-28 2027-02-28 2028-02-28' ]
