#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# awalterschulze/gographviz 2.0.1 (Debian 12's golang-github-awalterschulze-gographviz-dev): edges lose their ports, and attributes of one's own are errors.
#
# Guess: a graph that is read by ParseString() and Analyse() and written by String() is the same graph, in another order; attributes that
# Graphviz does not know are carried along, as Graphviz' tools do it.
# Seen: `build:ok -> test`, an edge from one field of a record, is written as `build -> test`: two edges, for success and for failure, cannot be told
# apart. `hours=3`, an attribute for another program, is refused by Analyse(); `weight=3`, of a node, which Graphviz has for edges
# alone, is taken. A subgraph without a name has another one in each run, "anon" and 19 digits, so a file that is checked in changes.
# What helps: an attribute of the edge, label or comment, in place of a port.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT
cd -- "$scratch"

apt-get download -q golang-github-awalterschulze-gographviz-dev=2.0.1-2 >/dev/null 2>&1
dpkg -x golang-github-awalterschulze-gographviz-dev_*.deb .
export GO111MODULE=off GOPATH=$scratch/usr/share/gocode
cat >probe.go <<'GO'
package main

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/awalterschulze/gographviz"
)

func main() {
	digits := regexp.MustCompile("anon[0-9]+")
	for _, edge := range []string{"build:ok -> test; build:failed -> mail", "build -> test [hours=3]", "build [weight=3]", "build -> { test mail }"} {
		tree, err := gographviz.ParseString("digraph plan { " + edge + " }")
		if err != nil {
			panic(err)
		}
		graph := gographviz.NewGraph()
		if err := gographviz.Analyse(tree, graph); err != nil {
			fmt.Println(edge+":", err)
			continue
		}
		fmt.Println(edge+":", digits.ReplaceAllString(strings.Join(strings.Fields(graph.String()), " "), "anon..."))
	}
}
GO
got=$(go run probe.go)
printf '%s\n' "$got"
[ "$got" = 'build:ok -> test; build:failed -> mail: digraph plan { build->test; build->mail; build; mail; test; }
build -> test [hours=3]: errors: [hours is not a valid attribute]
build [weight=3]: digraph plan { build [ weight=3 ]; }
build -> { test mail }: digraph plan { build->subgraph anon... { mail; test; }; build; }' ]
