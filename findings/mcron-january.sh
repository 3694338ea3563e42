#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# mcron 1.0.8 (Debian 12): in a crontab month 1 is February.
#
# Guess: a "100% compatible replacement for Vixie cron" reads `0 0 1 1 *` as 1 January.
# Seen: numbers of months are counted from 0: 1 is February, 11 December, and 12, which is taken, is January. So are the numbers
# of a list and of a range, and `0 0 29 2 *`, a leap day to cron, is each year's 29 March. Names are right: `jan` is January.
# Days of the week are right either way.
# What helps: names.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT
cd -- "$scratch"

apt-get download -q mcron=1.0.8-1.1 guile-3.0 guile-3.0-libs libgc1 >/dev/null 2>&1
for package in *.deb; do dpkg -x "$package" .; done
export LD_LIBRARY_PATH=$scratch/usr/lib/x86_64-linux-gnu GUILE_AUTO_COMPILE=0 TZ=UTC
export GUILE_LOAD_PATH=$scratch/usr/share:$scratch/usr/share/guile/3.0 GUILE_LOAD_COMPILED_PATH=$LD_LIBRARY_PATH/guile/3.0/ccache
# mcron itself reads modules from /usr/share alone, so the parser that it uses is called.
cat >probe.scm <<'SCM'
(use-modules (mcron job-specifier) (mcron vixie-time))
(for-each
 (lambda (line)
   (format #t "~a: ~a\n" line (strftime "%d %b" (gmtime ((parse-vixie-time line) 1767225600)))))
 '("0 0 1 1 *" "0 0 1 jan *" "0 0 1 11 *" "0 0 1 12 *" "0 0 29 2 *" "0 0 29 feb *"))
SCM
got=$(usr/bin/guile-3.0 -s probe.scm)
printf '%s\n' "$got"
[ "$got" = '0 0 1 1 *: 01 Feb
0 0 1 jan *: 01 Jan
0 0 1 11 *: 01 Dec
0 0 1 12 *: 01 Jan
0 0 29 2 *: 29 Mar
0 0 29 feb *: 29 Feb' ]
