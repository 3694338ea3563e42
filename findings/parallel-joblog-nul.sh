#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# GNU parallel 20221122 (Debian 12): a line feed in a command is a NUL byte in the job log.
#
# Guess: the log, which has a line for each job, has a command of two lines as two lines, or with `\n` in the
# place of the line feed, as parallel quotes it elsewhere.
# Seen: the line stays one, and where the line feed was there is a byte 0. So tools that take NUL for the end
# of a string show the first line of the command alone, and grep calls the log a binary file.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT
cd -- "$scratch"

apt-get download -q parallel=20221122+ds-2 >/dev/null 2>&1
dpkg -x parallel_*.deb .
export HOME=$scratch LC_ALL=C

printf 'echo a\necho b\0' | usr/bin/parallel --will-cite -0 --joblog log >/dev/null
got="lines: $(wc -l <log)
command: $(tail -n 1 log | cut -f 9- | od -An -c | tr -s ' ' | sed 's/^ //')"
printf '%s\n' "$got"
[ "$got" = 'lines: 2
command: e c h o a \0 e c h o b \n' ]
