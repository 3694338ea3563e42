#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# NetworkX 2.8.8 with pydot 1.4.2 (Debian 12): read_dot() leaves out what stands in subgraphs.
#
# Guess: nx_pydot.read_dot() gives all nodes and edges of the file; clusters, for which NetworkX has no place, are dropped as frames and
# their contents kept, as nx_agraph.read_dot() does it.
# Seen: only what stands at the top is read. Of a plan with a cluster "build" the jobs in it and the edge between them are gone, except
# for jobs that an edge outside names too, and these are there without their attributes: `compile` and `link` have no weight, and
# nothing says that one waits for the other. There is no error.
# What helps: nx_agraph; or `gvpr`/`tred` on the file before, and a file without subgraphs.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT
cd -- "$scratch"

apt-get download -q python3-networkx=2.8.8-1 python3-pydot=1.4.2-1 python3-pyparsing >/dev/null 2>&1
for package in *.deb; do dpkg -x "$package" .; done
export PYTHONPATH=$scratch/usr/lib/python3/dist-packages PYTHONDONTWRITEBYTECODE=1
cat >flat.gv <<'GV'
digraph { configure [weight=1]; compile [weight=4]; link [weight=5]; configure -> compile -> link; link -> test }
GV
cat >clusters.gv <<'GV'
digraph { configure [weight=1]; subgraph cluster_build { compile [weight=4]; link [weight=5]; compile -> link } configure -> compile; link -> test }
GV
cat >probe.py <<'PY'
import networkx

for name in ("flat", "clusters"):
    graph = networkx.nx_pydot.read_dot(name + ".gv")
    print(name + ":", ", ".join(f"{node} {attributes.get('weight', '-')!r}" for node, attributes in sorted(graph.nodes(data=True))))
    print(name + ":", ", ".join(f"{one} -> {other}" for one, other in sorted(graph.edges())))
PY
got=$(python3 -W ignore probe.py)
printf '%s\n' "$got"
[ "$got" = "flat: compile '4', configure '1', link '5', test '-'
flat: compile -> link, configure -> compile, link -> test
clusters: compile '-', configure '1', link '-', test '-'
clusters: configure -> compile, link -> test" ]
