#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# systemd 252.39 (Debian 12): a time span has no nanoseconds, and what is below a microsecond is cut off.
#
# Guess: `500ns` is a span like `500us`, since systemd's sources know nanoseconds, and comes to 0 or, rounded,
# to 1 us; `1.5us` is rounded.
# Seen: `500ns` is refused as no time span, whereas the same length as `0.0000005s` is taken and is 0;
# `1.9us` is 1 us. So a duration with `ns` that other tools print makes a unit's setting invalid (which
# systemd then ignores with a line in the log), and one without it becomes 0, which for many settings means
# "off" or "at once".
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT
cd -- "$scratch"

apt-get download -q systemd=252.39-1~deb12u2 libsystemd-shared=252.39-1~deb12u2 >/dev/null 2>&1
for package in *.deb; do dpkg -x "$package" .; done
LD_LIBRARY_PATH=$(dirname "$(find "$scratch" -name 'libsystemd-shared-252.so')")
export LD_LIBRARY_PATH
analyze=$scratch/usr/bin/systemd-analyze

# microseconds SPAN
microseconds()
{
    local out
    if out=$("$analyze" timespan "$1" 2>&1); then
        printf '%s: %s us\n' "$1" "$(awk '/s: / && !/Original/ { print $2; exit }' <<<"$out")"
    else
        printf '%s: refused\n' "$1"
    fi
}
export LC_ALL=C.UTF-8
got=$(for span in 500us 500ns 0.0000005s 1.9us; do microseconds "$span"; done)
printf '%s\n' "$got"
[ "$got" = '500us: 500 us
500ns: refused
0.0000005s: 0 us
1.9us: 1 us' ]
