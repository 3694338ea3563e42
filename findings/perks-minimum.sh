#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# beorn7/perks 1.0.1 (Debian 12's golang-github-beorn7-perks-dev, behind Prometheus' summaries): the 0th percentile of
# 1 to 100,000 is above 10,000.
#
# Guess: a stream with targets 0.5, 0.9 and 0.99 is less exact elsewhere, by some percent; its ends are kept, as they are
# in a t-digest.
# Seen: what was not asked for is not there. The targets are right within their errors, while Query(0) is some 14,000,
# not 1, and Query(0.25) 32,000, not 25,000: below a median that may be 5 % off there are a few large steps. Query(1) is
# right. A target of 0 with a small error changes nothing.
# What helps: keep the minimum beside the stream, and name each percentile that will be asked for.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT
cd -- "$scratch"

apt-get download -q golang-github-beorn7-perks-dev=1.0.1-1 >/dev/null 2>&1
dpkg -x golang-github-beorn7-perks-dev_*.deb .
export GO111MODULE=off GOPATH=$scratch/usr/share/gocode
cat >probe.go <<'GO'
package main

import (
	"fmt"

	"github.com/beorn7/perks/quantile"
)

func show(name string, targets map[float64]float64) {
	stream := quantile.NewTargeted(targets)
	for i := 1; i <= 100000; i++ {
		stream.Insert(float64(i))
	}
	fmt.Printf("%s:", name)
	for _, q := range []float64{0, 0.25, 0.5, 0.9, 0.99, 1} {
		fmt.Printf(" %.0f", stream.Query(q))
	}
	fmt.Println()
}

func main() {
	show("0.5, 0.9, 0.99", map[float64]float64{0.5: 0.05, 0.9: 0.01, 0.99: 0.001})
	show("and 0", map[float64]float64{0: 0.001, 0.5: 0.05, 0.9: 0.01, 0.99: 0.001})
}
GO
got=$(go run probe.go)
printf '%s\n' "$got"
[ "$got" = '0.5, 0.9, 0.99: 14218 32094 45816 90817 99100 100000
and 0: 14218 32094 45816 90817 99100 100000' ]
