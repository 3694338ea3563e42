#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# montanaflynn/stats 0.6.4 (Debian 12's golang-github-montanaflynn-stats-dev): ten values have no 5th percentile, and all from the 91st to the 99th are one.
#
# Guess: Percentile() interpolates in one of the usual ways: of 1 to 10 the 5th is 1 or a little more, the 99th is 9.91 or 10.
# Seen: below 100/n percent there is an error, "Input is outside of range", and NaN: for ten values below 10, the 1st percentile for
# fewer than a hundred. Between two ranks it is the middle of the two, whatever the fraction: 91 and 99 are both 9.5, so a
# single slow request among ten shows in the 99th percentile by half. PercentileNearestRank() gives 1 and 10.
# What helps: PercentileNearestRank().
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT
cd -- "$scratch"

apt-get download -q golang-github-montanaflynn-stats-dev=0.6.4-2 >/dev/null 2>&1
dpkg -x golang-github-montanaflynn-stats-dev_*.deb .
export GO111MODULE=off GOPATH=$scratch/usr/share/gocode
cat >probe.go <<'GO'
package main

import (
	"fmt"

	"github.com/montanaflynn/stats"
)

func main() {
	values := []float64{1, 2, 3, 4, 5, 6, 7, 8, 9, 10}
	for _, percent := range []float64{5, 10, 50, 90, 91, 99} {
		value, err := stats.Percentile(values, percent)
		nearest, _ := stats.PercentileNearestRank(values, percent)
		fmt.Println(percent, value, err, nearest)
	}
	value, _ := stats.Percentile([]float64{1, 1, 1, 1, 1, 1, 1, 1, 1, 1001}, 91)
	fmt.Println("one slow of ten, the 91st:", value)
}
GO
got=$(go run probe.go)
printf '%s\n' "$got"
[ "$got" = '5 NaN Input is outside of range. 1
10 1 <nil> 1
50 5 <nil> 5
90 9 <nil> 9
91 9.5 <nil> 10
99 9.5 <nil> 10
one slow of ten, the 91st: 501' ]
