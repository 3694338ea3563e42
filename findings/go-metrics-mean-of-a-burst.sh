#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# rcrowley/go-metrics of 2018-01-25 (Debian 12's golang-github-rcrowley-go-metrics-dev): 100 requests in one second are millions a second.
#
# Guess: RateMean() of a meter is its count divided by the time since it was made, when it is asked: some 90 a second here.
# Seen: it is the figure of the last Mark() or of the last tick, which comes every five seconds. A meter that was made for a burst and
# marked at once says that the burst came within a microsecond, for up to five seconds; one that gets no more marks
# is right again after the tick. Rate1() is 0 in this time.
# What helps: Count() and a clock of one's own.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT
cd -- "$scratch"

apt-get download -q golang-github-rcrowley-go-metrics-dev=0.0~git20180125.8732c61-3 >/dev/null 2>&1
dpkg -x golang-github-rcrowley-go-metrics-dev_*.deb .
export GO111MODULE=off GOPATH=$scratch/usr/share/gocode
cat >probe.go <<'GO'
package main

import (
	"fmt"
	"time"

	"github.com/rcrowley/go-metrics"
)

func main() {
	meter := metrics.NewMeter()
	meter.Mark(100)
	for _, pause := range []time.Duration{1100 * time.Millisecond, 5 * time.Second} {
		time.Sleep(pause)
		fmt.Println(meter.Count(), "marks, more than 10,000 a second:", meter.RateMean() > 10000, ", the last minute's rate 0:", meter.Rate1() == 0)
	}
}
GO
got=$(go run probe.go)
printf '%s\n' "$got"
[ "$got" = '100 marks, more than 10,000 a second: true , the last minute'"'"'s rate 0: true
100 marks, more than 10,000 a second: false , the last minute'"'"'s rate 0: false' ]
