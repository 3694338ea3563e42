#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# remake 4.3+dbg-1.6 (Debian 12): in the profile a target's own cost has the time of its prerequisites in it, again and again.
#
# Guess: in `remake --profile`, a file for callgrind_annotate and KCachegrind, the cost in a function's own lines is the time of its
# recipe, and those of its prerequisites stand in its calls: the costs add up to the whole, which is in `summary`.
# Seen: the own cost is the time until the target was made, prerequisites included. Of a chain of four recipes of 0.2 s the last has
# 0.8 s of its own besides a call of 0.6 s, and the costs add up to 2 s where the build took 0.8 s: the last
# targets look the most expensive. With -j each edge is there several times.
# What helps: the second number of each line ("Recipe Time").
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT
cd -- "$scratch"

apt-get download -q remake=4.3+dbg-1.6+dfsg-1 guile-3.0-libs libgc1 >/dev/null 2>&1
for package in *.deb; do dpkg -x "$package" .; done
export LD_LIBRARY_PATH=$scratch/usr/lib/x86_64-linux-gnu
printf 'd: c\nc: b\nb: a\na b c d:\n\t@sleep 0.2\n' >Makefile
usr/bin/remake --profile >/dev/null
got=$(awk '
    function tenths(microseconds) { return int(microseconds / 1e5) / 10 " s" }
    /^fn=/ { name = substr($0, 4); getline; sum += $2; own += $3; if (name == "d") last = $2 }
    /^summary/ { whole = $2 }
    END {
        print "the last target by itself: " (last > 0.75e6 ? "the whole build" : tenths(last))
        print "sum of own costs: " (sum > 2.2 * whole ? "more than twice the build" : tenths(sum))
        print "sum of recipe times: " (own < 1.2 * whole && own > 0.9 * whole ? "the build" : tenths(own))
    }' callgrind.out.*)
printf '%s\n' "$got"
[ "$got" = 'the last target by itself: the whole build
sum of own costs: more than twice the build
sum of recipe times: the build' ]
