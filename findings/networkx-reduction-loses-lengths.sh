#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# NetworkX 2.8.8 (Debian 12's python3-networkx): behind transitive_reduction() a plan of 5 days takes 2.
#
# Guess: the reduction takes edges away that others imply and leaves the rest as it is: nodes and edges with their attributes, as
# transitive_closure() and copies do.
# Seen: it is a new graph of bare names: weights of edges, times of nodes and the name of the graph are gone. The longest path
# of a plan with edges of 3 and 2 is 5 before and 2 behind it, as an edge without a weight counts 1, and nothing is missing to the
# eye in a drawing. condensation() drops them as well.
# What helps: plan.edge_subgraph(reduction.edges) keeps them.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT
cd -- "$scratch"

apt-get download -q python3-networkx=2.8.8-1 >/dev/null 2>&1
dpkg -x python3-networkx_*.deb .
export PYTHONPATH=$scratch/usr/lib/python3/dist-packages PYTHONDONTWRITEBYTECODE=1
cat >probe.py <<'PY'
import networkx

plan = networkx.DiGraph()
plan.add_node("build", machine="big")
plan.add_weighted_edges_from([("build", "test", 3), ("test", "ship", 2), ("build", "ship", 1)])
reduced = networkx.transitive_reduction(plan)
for name, graph in (("plan", plan), ("reduced", reduced), ("closure", networkx.transitive_closure(plan)), ("edge_subgraph", plan.edge_subgraph(reduced.edges))):
    print(f"{name}: {networkx.dag_longest_path_length(graph)} days, {graph.nodes['build']}")
PY
got=$(python3 probe.py)
printf '%s\n' "$got"
[ "$got" = "plan: 5 days, {'machine': 'big'}
reduced: 2 days, {}
closure: 5 days, {'machine': 'big'}
edge_subgraph: 5 days, {'machine': 'big'}" ]
