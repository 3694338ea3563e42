#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# igraph 0.10.2 (Debian 12's python3-igraph), from GraphML to DOT: 1234567 becomes 1.23457e+06, and 1234567.5 is kept.
#
# Guess: write_dot() writes numbers as write_graphml() does, with 15 digits, and names the nodes by their ids, which it has read from GraphML.
# Seen: numbers with a fraction have 15 digits, whole ones six: a due time in milliseconds is that of every other day of the month, while one
# in seconds with a fraction is right. Nodes are numbered, and their ids of the file are an attribute `id`, which Graphviz takes
# for an id of SVG and does not draw. A boolean that a node does not have is false there, and in GraphML written again it is given.
# What helps: write_graphml(); numbers as text.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT
cd -- "$scratch"

apt-get download -q python3-igraph=0.10.2-1+b1 libigraph3 python3-texttable libarpack2 libblas3 liblapack3 libglpk40 libxml2 libgfortran5 libamd2 libcolamd2 \
    libsuitesparseconfig5 libltdl7 libplfit0 libgmp10 >/dev/null 2>&1
for package in *.deb; do dpkg -x "$package" .; done
library=$scratch/usr/lib/x86_64-linux-gnu
export LD_LIBRARY_PATH=$library:$library/lapack:$library/blas PYTHONPATH=$scratch/usr/lib/python3/dist-packages PYTHONDONTWRITEBYTECODE=1
cat >plan.graphml <<'XML'
<?xml version="1.0" encoding="UTF-8"?>
<graphml xmlns="http://graphml.graphdrawing.org/xmlns">
<key id="s" for="node" attr.name="start" attr.type="double"/><key id="u" for="node" attr.name="urgent" attr.type="boolean"/>
<key id="d" for="edge" attr.name="due" attr.type="double"/>
<graph edgedefault="directed">
<node id="build"><data key="s">1234567.5</data><data key="u">true</data></node><node id="test"><data key="s">1234567</data></node>
<edge source="build" target="test"><data key="d">1793999999123</data></edge>
</graph></graphml>
XML
cat >probe.py <<'PY'
import igraph

graph = igraph.Graph.Read_GraphML("plan.graphml")
graph.write_dot("plan.gv")
graph.write_graphml("again.graphml")
print("DOT:", " ".join(open("plan.gv").read().split("*/")[1].split()))
again = igraph.Graph.Read_GraphML("again.graphml")
print("GraphML:", *(f"{node['id']} start {node['start']:.1f} urgent {node['urgent']}" for node in again.vs), f"- due {again.es[0]['due']:.0f}")
PY
got=$(/usr/bin/python3.11 -W ignore probe.py)
printf '%s\n' "$got"
[ "$got" = 'DOT: digraph { 0 [ start=1234567.5 urgent=1 id=build ]; 1 [ start=1.23457e+06 urgent=0 id=test ]; 0 -> 1 [ due=1.794e+12 ]; }
GraphML: build start 1234567.5 urgent True test start 1234567.0 urgent False - due 1793999999123' ]
