#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# bmake 20200710 (Debian 12): with -j 1 a recipe means something else than without: its lines share one shell.
#
# Guess: -j says how many targets are made at once; each line of a recipe has a shell of its own, as POSIX has it, so that a `cd` or a variable
# of one line does not reach the next one.
# Seen: without -j it is so. With -j, of one job too, the whole recipe is one script: a `cd sub` holds for the lines behind it, and what they
# write lies in another directory, `x=1` is still set, and an `exit 0` ends the recipe before the rest, with success.
# A makefile that works for one builds something else when somebody adds -j.
# What helps: -B, `.MAKEFLAGS: -B` in the makefile; or `(cd sub && ...)` in one line.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT
cd -- "$scratch"

apt-get download -q bmake=20200710-15+b1 >/dev/null 2>&1
dpkg -x bmake_*.deb .
mkdir -p work/sub
# shellcheck disable=SC2016
printf '%s\n' 'all: directory variable exit' \
    'directory:' '	@cd sub; true' '	@echo "in $$(basename "$$PWD")"' \
    'variable:' '	@x=1; true' '	@echo "x is $${x-unset}"' \
    'exit:' '	@if true; then exit 0; fi' '	@echo "behind exit 0"' >work/Makefile
cd work
got=$(for option in '' -j1 '-j1 -B'; do
    # shellcheck disable=SC2086
    env -u MAKEFLAGS -u MAKELEVEL ../usr/bin/bmake -m ../usr/share/mk $option >out
    echo "bmake $option: $(grep -v '^---' out | paste -s -d ' ')"
done)
printf '%s\n' "$got"
[ "$got" = 'bmake : in work x is unset behind exit 0
bmake -j1: in sub x is 1
bmake -j1 -B: in work x is unset behind exit 0' ]
