#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# Graphviz 2.42.2 (Debian 12), graphml2gv and gml2gv: of a plan in GraphML lengths and labels are gone, and in GML its jobs are called 0, 1, 2.
#
# Guess: what NetworkX 2.8.8 writes as GraphML and GML, in which the attributes of jobs and edges have names, comes out as the same graph in
# Graphviz's language: `a -> b [weight=5]`, with the labels that are drawn.
# Seen: graphml2gv keeps names and edges and drops every attribute of both ("Unknown node key - ignoring" on standard error, status 0).
# gml2gv keeps the attributes and names the nodes by GML's running number, which only has a meaning within the file, moving the
# label to an attribute `name` that is not drawn: the picture has jobs 0, 1 and 2. `gv2gml | gml2gv` renames them too.
# What helps: NetworkX' own nx_pydot.write_dot() or nx_agraph.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT
cd -- "$scratch"

apt-get download -q graphviz=2.42.2-7+deb12u1 libcgraph6=2.42.2-7+deb12u1 libcdt5=2.42.2-7+deb12u1 python3-networkx=2.8.8-1 >/dev/null 2>&1
for package in *.deb; do dpkg -x "$package" .; done
export LD_LIBRARY_PATH=$scratch/usr/lib/x86_64-linux-gnu PYTHONDONTWRITEBYTECODE=1
PYTHONPATH=$scratch/usr/lib/python3/dist-packages python3 - <<'PY'
import networkx
plan = networkx.DiGraph()
plan.add_node("build", machine="big")
plan.add_edge("build", "test", weight=5)
networkx.write_graphml(plan, "plan.graphml")
networkx.write_gml(plan, "plan.gml")
PY
echo 'digraph { build [machine=big]; build -> test [weight=5] }' >plan.gv
usr/bin/gv2gml plan.gv >again.gml
line() { tr -s '\t\n' ' ' <"$1" | sed 's/^digraph "" //; s/pos="[^"]*"//'; }
got=$(for tool in graphml2gv gml2gv; do
    status=0
    "usr/bin/$tool" "plan.${tool%2gv}" >out 2>said || status=$?
    echo "$tool: $(line out)status $status"
done
    usr/bin/gml2gv again.gml >out 2>&1
    echo "gv2gml, gml2gv: $(line out)")
printf '%s\n' "$got"
[ "$got" = 'graphml2gv: { build -> test; } status 0
gml2gv: { 0 [machine=big, name=build]; 1 [name=test]; 0 -> 1 [weight=5]; } status 0
gv2gml, gml2gv: { graph [version=2]; 0 [machine=big, name=build]; 1 [name=test]; 0 -> 1 [id=1, weight=5]; } ' ]
