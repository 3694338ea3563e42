#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# mawk 1.3.4 (Debian 12's awk): a line from a pipe waits for more of them, fflush() or not.
#
# Guess: a line is handled when it is there, as with gawk and busybox; what may hold it back is the output, and fflush()
# mends that.
# Seen: mawk reads until its buffer is full or the input ends, so a first line is not printed before that, with fflush() or
# without: a batch that is followed with awk looks dead until it has finished. `-W interactive` reads line by line and
# writes at once.
# What helps: awk -W interactive, which other awks do not know, or another filter.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT
cd -- "$scratch"

apt-get download -q mawk=1.3.4.20200120-3.1 busybox >/dev/null 2>&1
for package in *.deb; do dpkg -x "$package" .; done
busybox=$(find "$scratch" -name busybox -type f -perm -1 | head -n 1)

# Says whether a filter gives the first line before the second is sent.
cat >first.py <<'PY'
import select, subprocess, sys
filter = subprocess.Popen(sys.argv[2:], stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0)
filter.stdin.write(sys.argv[1].encode() + b"\n")
print("at once" if select.select([filter.stdout], [], [], 5)[0] else "held back")
filter.stdin.close()
filter.wait()
PY
got="mawk: $(python3 first.py one usr/bin/mawk '{ print; fflush() }')
mawk -W interactive: $(python3 first.py one usr/bin/mawk -W interactive '{ print }')
busybox awk: $(python3 first.py one "$busybox" awk '{ print; fflush() }')"
printf '%s\n' "$got"
[ "$got" = 'mawk: held back
mawk -W interactive: at once
busybox awk: at once' ]
