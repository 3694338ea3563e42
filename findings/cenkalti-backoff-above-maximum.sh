#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# cenkalti/backoff 4.1.3 (Debian 12's golang-github-cenkalti-backoff-dev): MaxInterval is not the longest pause.
#
# Guess: with a MaxInterval of 10 s no pause is longer; the random part is taken below the cap.
# Seen: the cap is on the interval before it is drawn from: with the default factor of 0.5 pauses are between 5 and
# 15 s. A health check that allows 10 s and some margin fails, and half of all clients wait longer than the
# number that was set. (Of others, backo2 and retry put the cap behind the draw and lose the jitter for it.)
# What helps: MaxInterval divided by 1 + RandomizationFactor.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT
cd -- "$scratch"

apt-get download -q golang-github-cenkalti-backoff-dev=4.1.3-1 >/dev/null 2>&1
dpkg -x golang-github-cenkalti-backoff-dev_*.deb .
export GO111MODULE=off GOPATH=$scratch/usr/share/gocode
cat >probe.go <<'GO'
package main

import (
	"fmt"
	"time"

	"github.com/cenkalti/backoff"
)

func main() {
	policy := backoff.NewExponentialBackOff()
	policy.MaxInterval = 10 * time.Second
	policy.MaxElapsedTime = 0
	longer, longest := 0, time.Duration(0)
	for i := 0; i < 10000; i++ {
		pause := policy.NextBackOff()
		if pause > policy.MaxInterval {
			longer++
		}
		if pause > longest {
			longest = pause
		}
	}
	fmt.Println("about half above the maximum:", longer > 4500 && longer < 5500)
	fmt.Println("longest about 15 s:", longest > 14900*time.Millisecond && longest <= 15*time.Second)
}
GO
got=$(go run probe.go)
printf '%s\n' "$got"
[ "$got" = 'about half above the maximum: true
longest about 15 s: true' ]
