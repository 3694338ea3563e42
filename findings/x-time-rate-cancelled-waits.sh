#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# golang.org/x/time/rate 0.3.0 (Debian 12's golang-golang-x-time-dev): a hundred requests that gave up are waited for all the same.
#
# Guess: Cancel() of a reservation gives its tokens back: when all hundred that waited behind a limit of 10 a second have been
# cancelled, which Wait() does by itself when its context ends, the next one waits 0.1 s.
# Seen: tokens come back less those that were reserved later, so only the last reservation gives its own back. Cancelled in the order in
# which they came, as time-outs cancel them, the next one waits 10 s, behind 99 that nobody waits for. In the
# reverse order, where each is the last, it is 1 s for a limit of 1 a second, as it should be, and 8.2 s for one of 10, as two times
# that are compared differ by a nanosecond. Once clients are slowed down and time out, those after them do, for no work at all.
# What helps: Allow() and a refusal, or a queue of one's own in front of the limiter.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT
cd -- "$scratch"

apt-get download -q golang-golang-x-time-dev=0.3.0-1 >/dev/null 2>&1
dpkg -x golang-golang-x-time-dev_*.deb .
export GO111MODULE=off GOPATH=$scratch/usr/share/gocode
cat >probe.go <<'GO'
package main

import (
	"fmt"
	"time"

	"golang.org/x/time/rate"
)

func next(limit rate.Limit, order func(int) int) time.Duration {
	now, limiter := time.Unix(1700000000, 0), rate.NewLimiter(limit, 1)
	limiter.AllowN(now, 1)
	reserved := make([]*rate.Reservation, 100)
	for i := range reserved {
		reserved[i] = limiter.ReserveN(now, 1)
	}
	for i := range reserved {
		reserved[order(i)].CancelAt(now)
	}
	return limiter.ReserveN(now, 1).DelayFrom(now).Round(time.Millisecond)
}

func main() {
	first := func(i int) int { return i }
	last := func(i int) int { return 99 - i }
	fmt.Println("10 a second, the first cancelled first:", next(10, first))
	fmt.Println("10 a second, the last cancelled first:", next(10, last))
	fmt.Println("1 a second, the last cancelled first:", next(1, last))
}
GO
got=$(go run probe.go)
printf '%s\n' "$got"
[ "$got" = '10 a second, the first cancelled first: 10s
10 a second, the last cancelled first: 8.2s
1 a second, the last cancelled first: 1s' ]
