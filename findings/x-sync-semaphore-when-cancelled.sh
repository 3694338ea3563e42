#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# golang.org/x/sync/semaphore 0.1.0 (Debian 12's golang-golang-x-sync-dev): a context that was cancelled is given the semaphore.
#
# Guess: Acquire(ctx, n) fails with the context's error when that has ended, so a loop that starts a goroutine for each job behind an
# Acquire() ends at the next one once the run is cancelled.
# Seen: the context is looked at only where one has to wait: while there is room a cancelled one is given it, and the loop goes on to start
# all jobs that fit: ten of ten in a semaphore of ten, each of which has to look by itself. On a busy semaphore it ends
# as was expected, so tests with few slots pass.
# What helps: ctx.Err() in front of each job.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT
cd -- "$scratch"

apt-get download -q golang-golang-x-sync-dev=0.1.0-1 >/dev/null 2>&1
dpkg -x golang-golang-x-sync-dev_*.deb .
export GO111MODULE=off GOPATH=$scratch/usr/share/gocode
cat >probe.go <<'GO'
package main

import (
	"context"
	"fmt"

	"golang.org/x/sync/semaphore"
)

func main() {
	cancelled, cancel := context.WithCancel(context.Background())
	cancel()
	for _, slots := range []int64{10, 3} {
		slot, started := semaphore.NewWeighted(slots), 0
		var err error
		for started < 10 {
			if err = slot.Acquire(cancelled, 1); err != nil {
				break
			}
			started++
		}
		fmt.Printf("%d slots: %d jobs started behind the cancellation, then %v\n", slots, started, err)
	}
}
GO
got=$(go run probe.go)
printf '%s\n' "$got"
[ "$got" = '10 slots: 10 jobs started behind the cancellation, then <nil>
3 slots: 3 jobs started behind the cancellation, then context canceled' ]
