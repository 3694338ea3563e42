#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# Paths that configure is given are compiled in: where a build directory is configured anew
# with others, what has them is compiled again, and nothing else is.
set -u

top_srcdir=${top_srcdir:-$(cd "$(dirname "$0")/.." && pwd)}
. "$top_srcdir/tests/support/tap.sh"
top_srcdir=$(cd "$top_srcdir" && pwd)

[ -x "$top_srcdir/configure" ] || bail "no configure in $top_srcdir"
scratch=$(mktemp -d "${TMPDIR:-/tmp}/waitd-paths.XXXXXX") || bail "no temporary directory"
trap 'rm -rf -- "$scratch"' EXIT
# With blanks, which a path may have.
mkdir "$scratch/a build" || bail "no directory for a build"
cd "$scratch/a build" || bail "no directory for a build"
# configure takes those of its own path only where it is called by a relative one.
ln -s "$top_srcdir" ../source

build()
{
    ../source/configure -q -C CC="${CC:-cc}" CFLAGS=-O0 "$@" >log 2>&1 &&
        make daemon/main.o proto/decimal.o >>log 2>&1
}

# When the objects were compiled.
compiled()
{
    stat -c '%n %y' daemon/main.o proto/decimal.o
}

if ! build --sysconfdir=/first/place; then
    note "$(tail -n 20 log)"
    bail "it does not build"
fi
passes "a path is compiled in" grep -q /first/place/waitd.conf daemon/main.o
before=$(compiled)
touch Makefile && make daemon/main.o proto/decimal.o >>log 2>&1
is "$(compiled)" "$before" "configured with the same paths, nothing is compiled again"
build --sysconfdir=/second/place
passes "configured with another, what has it is compiled again" \
    grep -q /second/place/waitd.conf daemon/main.o
is "$(compiled | tail -n 1)" "$(tail -n 1 <<<"$before")" "and nothing else"

done_testing
