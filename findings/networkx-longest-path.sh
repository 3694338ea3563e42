#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# NetworkX 2.8.8 (Debian 12's python3-networkx): the longest path ends before its last node, and of parallel edges each is 1 long.
#
# Guess: dag_longest_path(), which many take for the critical path of a plan, goes from a start to an end of the graph, milestones
# of length 0 included; in a MultiDiGraph the longer of two edges between two nodes counts.
# Seen: a step that adds nothing is not taken at the end: of start -0-> a -3-> b -0-> end the path is start, a, b, and of a chain of
# milestones it is the first one alone. In a MultiDiGraph weights are not found, since they lie a level deeper, and each edge counts 1:
# a path of three edges of 1 is "longer" than one edge of 9. Neither is said.
# What helps: a small length in place of 0; a DiGraph with the greatest of parallel edges.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT
cd -- "$scratch"

apt-get download -q python3-networkx=2.8.8-1 >/dev/null 2>&1
dpkg -x python3-networkx_*.deb .
export PYTHONPATH=$scratch/usr/lib/python3/dist-packages PYTHONDONTWRITEBYTECODE=1
cat >probe.py <<'PY'
import networkx

def show(graph, *edges):
    graph.add_weighted_edges_from(edges)
    print(" ".join(networkx.dag_longest_path(graph)) + ", length", networkx.dag_longest_path_length(graph))

show(networkx.DiGraph(), ("start", "a", 0), ("a", "b", 3), ("b", "end", 0))
show(networkx.DiGraph(), ("one", "two", 0), ("two", "three", 0))
for kind in (networkx.DiGraph, networkx.MultiDiGraph):
    show(kind(), ("start", "end", 9), ("start", "a", 1), ("a", "b", 1), ("b", "end", 1))
PY
got=$(python3 probe.py)
printf '%s\n' "$got"
[ "$got" = 'start a b, length 3
one, length 0
start end, length 9
start a b end, length 3' ]
