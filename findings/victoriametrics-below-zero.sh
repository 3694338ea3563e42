#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# VictoriaMetrics/metrics 1.23.0 (Debian 12's golang-github-victoriametrics-metrics-dev): what is below 0 is not counted by a histogram.
#
# Guess: a histogram has its lowest bucket for all that is below the others, negative values too, and count and sum are of all that was
# observed.
# Seen: Update() of a value below 0 does nothing: of lateness, -3, -2, -1 and 4 s, where what is early is negative, the count is 1 and the sum 4, so
# the mean is 4 s and not -0.5. Nothing tells. A summary of the same library counts all four.
# What helps: a summary, or two histograms, one of them of the negated values.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT
cd -- "$scratch"

apt-get download -q golang-github-victoriametrics-metrics-dev=1.23.0+ds1-1 golang-github-valyala-fastrand-dev golang-github-valyala-histogram-dev >/dev/null 2>&1
for package in *.deb; do dpkg -x "$package" .; done
export GO111MODULE=off GOPATH=$scratch/usr/share/gocode
cat >probe.go <<'GO'
package main

import (
	"os"

	"github.com/VictoriaMetrics/metrics"
)

func main() {
	histogram, summary := metrics.NewHistogram("histogram"), metrics.NewSummary("summary")
	for _, lateness := range []float64{-3, -2, -1, 4} {
		histogram.Update(lateness)
		summary.Update(lateness)
	}
	metrics.WritePrometheus(os.Stdout, false)
}
GO
got=$(go run probe.go | grep -E '_(sum|count)')
printf '%s\n' "$got"
[ "$got" = 'histogram_sum 4
histogram_count 1
summary_sum -2
summary_count 4' ]
