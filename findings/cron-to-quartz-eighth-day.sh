#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# cron-to-quartz 1.4.9 (npm), with Quartz 2.3.2 (Debian 12's libquartz2-java): Sunday is day 8, and every second day every third.
#
# Guess: days of the week, 0 to 7 in cron and 1 to 7 in Quartz, are counted up by one, 7 becoming 1; a step is left alone.
# Seen: every number in that field is counted up: 7 becomes 8 and 5-7 becomes 6-8, which Quartz
# refuses; and of */2, which is Sunday, Tuesday, Thursday and Saturday in cron, it makes */3: Sunday, Wednesday, Saturday,
# which Quartz takes. 0, 1-5, 1,3 and names are right.
# What helps: names of days.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT
cd -- "$scratch"

npm install --silent --no-audit --no-fund --before=2026-11-30 cron-to-quartz@1.4.9 >/dev/null
apt-get download -q libquartz2-java=2.3.2-4 libslf4j-java >/dev/null 2>&1
for package in *.deb; do dpkg -x "$package" .; done
cat >probe.js <<'JS'
const library = require('cron-to-quartz');
for (const line of ['0 0 * * 1-5', '0 0 * * 7', '0 0 * * 5-7', '0 0 * * */2']) {
  console.log(line + '\t' + (library.default ?? library).getQuartz(line).map((fields) => fields.join(' ')).join('; '));
}
JS
node probe.js >lines
cat >Probe.java <<'JAVA'
import java.nio.file.Files;
import java.nio.file.Paths;
import java.text.ParseException;
import java.text.SimpleDateFormat;
import java.util.Date;
import java.util.Locale;
import java.util.TimeZone;
import org.quartz.CronExpression;

public class Probe {
    public static void main(String[] words) throws Exception {
        TimeZone.setDefault(TimeZone.getTimeZone("UTC"));
        SimpleDateFormat day = new SimpleDateFormat("EEE", Locale.ENGLISH);
        for (String line : Files.readAllLines(Paths.get("lines"))) {
            String[] both = line.split("\t");
            System.out.print(both[0] + " is " + both[1] + ":");
            try {
                CronExpression expression = new CronExpression(both[1]);
                Date at = new Date(1796083200000L); // Tuesday, 1 December 2026
                for (int i = 0; i < 5; i++) {
                    System.out.print(" " + day.format(at = expression.getNextValidTimeAfter(at)));
                }
            } catch (ParseException refusal) {
                System.out.print(" refused by Quartz");
            }
            System.out.println();
        }
    }
}
JAVA
jars=usr/share/java/quartz2.jar:usr/share/java/slf4j-api.jar:usr/share/java/slf4j-nop.jar
got=$(java -cp "$jars" Probe.java 2>/dev/null)
printf '%s\n' "$got"
[ "$got" = '0 0 * * 1-5 is 0 0 0 ? * 2-6 *: Wed Thu Fri Mon Tue
0 0 * * 7 is 0 0 0 ? * 8 *: refused by Quartz
0 0 * * 5-7 is 0 0 0 ? * 6-8 *: refused by Quartz
0 0 * * */2 is 0 0 0 ? * */3 *: Wed Sat Sun Wed Sat' ]
