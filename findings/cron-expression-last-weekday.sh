#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# dragonmantank/cron-expression 3.3.1 (Debian 12's php-dragonmantank-cron-expression): the last weekday of February is 2 March.
#
# Guess: `LW` in the field of days is the last weekday of the month, as in Quartz, from which L and W come, or is refused; `31W` is the weekday
# nearest to the 31st in months that have one.
# Seen: both pass as valid. LW is 31 January 2026, a Saturday, 2 February, 2 March, 30 May: weekday or not, and mostly in the month after. 31W is
# 3 February and 1 April, in months whose 31st does not exist. Neither L nor W alone does that. And a run on which both fields of days agree
# is counted twice: `0 0 13 * 5` has 13 November two times among its next four.
# What helps: `L` with a test for the day in the job.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT
cd -- "$scratch"

apt-get download -q php-dragonmantank-cron-expression=3.3.1-2 php-webmozart-assert php8.2-cli php8.2-common libargon2-1 libsodium23 libxml2 libpcre2-8-0 libicu72 libssl3 >/dev/null 2>&1
for package in *.deb; do dpkg -x "$package" .; done
cat >probe.php <<'PHP'
<?php
spl_autoload_register(function ($class) {
    require __DIR__ . '/usr/share/php/' . str_replace('\\', '/', $class) . '.php';
});
function show($pattern, $from, $format)
{
    $cron = new Cron\CronExpression($pattern);
    $days = [];
    for ($i = 0; $i < 4; $i++) {
        $days[] = $cron->getNextRunDate($from, $i, false, 'UTC')->format($format);
    }
    echo "$pattern: ", Cron\CronExpression::isValidExpression($pattern) ? '' : 'not valid, ', implode(', ', $days), "\n";
}
show('0 0 LW * *', '2026-01-29', 'D j M');
show('0 0 31W * *', '2026-01-29', 'D j M');
show('0 0 L * *', '2026-01-29', 'D j M');
show('0 0 13 * 5', '2026-11-01', 'D j M');
PHP
got=$(LD_LIBRARY_PATH=$scratch/usr/lib/x86_64-linux-gnu usr/bin/php8.2 -n -d error_reporting=0 probe.php)
printf '%s\n' "$got"
[ "$got" = '0 0 LW * *: Sat 31 Jan, Mon 2 Feb, Mon 2 Mar, Sat 30 May
0 0 31W * *: Fri 30 Jan, Tue 3 Feb, Tue 31 Mar, Wed 1 Apr
0 0 L * *: Sat 31 Jan, Sat 28 Feb, Tue 31 Mar, Thu 30 Apr
0 0 13 * 5: Fri 6 Nov, Fri 13 Nov, Fri 13 Nov, Fri 20 Nov' ]
