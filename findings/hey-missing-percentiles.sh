#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# hey 0.1.4 (Debian 12): percentiles for which there are too few requests are printed as 0 % in 0 s.
#
# Guess: with 20 requests the line for 99 % shows the slowest of them, as ranks rounded up give it, or is
# left out.
# Seen: it reads `0% in 0.0000 secs`, label and value: of 20 requests the 99 %, of 2 requests all but
# the 10 %, of a single request every line. Whoever greps for `99%` finds nothing, and whoever takes the
# last line of the table reads a latency of 0.
set -euo pipefail
scratch=$(mktemp -d)
server=''
clean_up()
{
    [ -z "$server" ] || { kill "$server" && wait "$server"; } 2>/dev/null || true
    rm -rf -- "$scratch"
}
trap clean_up EXIT
cd -- "$scratch"

apt-get download -q hey=0.1.4-2+b4 >/dev/null 2>&1
dpkg -x hey_*.deb .
python3 -u -m http.server --bind 127.0.0.1 0 >port 2>&1 &
server=$!
until grep -q 'port [0-9]' port; do sleep 0.05; done
url=http://127.0.0.1:$(sed -n 's/.* port \([0-9]*\) .*/\1/p' port)/

# lines REQUESTS: the percentages that are printed, and how many lines say 0 % in 0 s.
lines()
{
    usr/bin/hey -n "$1" -c 1 "$url" >out
    printf '%s: %s, and %s times 0%% in 0\n' "$1" \
        "$(sed -n 's/^ *\([1-9][0-9]*%\) in .*/\1/p' out | tr '\n' ' ' | sed 's/ $//')" \
        "$(grep -c '^ *0% in 0.0000 secs$' out)"
}
got=$(lines 1; lines 2; lines 20; lines 200)
printf '%s\n' "$got"
[ "$got" = '1: , and 7 times 0% in 0
2: 10%, and 6 times 0% in 0
20: 10% 25% 50% 75% 90% 95%, and 1 times 0% in 0
200: 10% 25% 50% 75% 90% 95% 99%, and 0 times 0% in 0' ]
