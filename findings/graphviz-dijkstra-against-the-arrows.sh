#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# Graphviz 2.42.2 (Debian 12), its tool dijkstra: in a digraph there are distances against the arrows.
#
# Guess: in a digraph, distances from `a` go along the arrows, and a node that cannot be reached has none; an option may turn that off.
# Seen: arrows are ignored unless -d is given. From a -> b, c -> b, c -> d it says that c is at 6 and d at 7, though nothing leads from a
# to c, and that e, which an edge of 9 leads to, is at 6, by b and an edge that points the other way. In a graph of
# dependencies all that is joined to a job in any way is "reached", its prerequisites too. `tred`, of the same package, follows arrows.
# What helps: -d.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT
cd -- "$scratch"

apt-get download -q graphviz=2.42.2-7+deb12u1 libcgraph6=2.42.2-7+deb12u1 libcdt5=2.42.2-7+deb12u1 >/dev/null 2>&1
for package in *.deb; do dpkg -x "$package" .; done
export LD_LIBRARY_PATH=$scratch/usr/lib/x86_64-linux-gnu
echo 'digraph { a -> b [len=5]; c -> b [len=1]; c -> d [len=1]; e -> b [len=1]; a -> e [len=9] }' >jobs.gv
# The nodes with their distances, in one line.
distances()
{
    usr/bin/dijkstra "$@" a jobs.gv | sed -n 's/^\t\([a-e]\)\t\[dist=\([0-9]*\).*/\1 \2/p' | sort | paste -sd ,
}
got="by default: $(distances)
with -d: $(distances -d)"
printf '%s\n' "$got"
[ "$got" = 'by default: a 0,b 5,c 6,d 7,e 6
with -d: a 0,b 5,e 9' ]
