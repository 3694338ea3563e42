#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# jonboulle/clockwork 0.1.0 (Debian 12's golang-github-jonboulle-clockwork-dev): on the fake clock what is a second late does not come.
#
# Guess: After() of a duration below 0, as `deadline.Sub(clock.Now())` gives it for a deadline that has passed, fires at once, as time.After()
# and the real clock of the same package do.
# Seen: on the fake clock 0 fires at once and -1 s waits for the next Advance(), of a nanosecond for instance, like one that lies ahead. A
# test of "too late" waits for its own time-out, or is written with an Advance() that the program does not need, and
# says nothing of what happens in real time.
# What helps: a wrapper that takes what is below 0 for 0.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT
cd -- "$scratch"

apt-get download -q golang-github-jonboulle-clockwork-dev=0.1.0-4.1 >/dev/null 2>&1
dpkg -x golang-github-jonboulle-clockwork-dev_*.deb .
export GO111MODULE=off GOPATH=$scratch/usr/share/gocode
cat >probe.go <<'GO'
package main

import (
	"fmt"
	"time"

	"github.com/jonboulle/clockwork"
)

func show(name string, channel <-chan time.Time) {
	select {
	case <-channel:
		fmt.Println(name + ": fired")
	case <-time.After(300 * time.Millisecond):
		fmt.Println(name + ": waits")
	}
}

func main() {
	show("real clock, -1 s", clockwork.NewRealClock().After(-time.Second))
	clock := clockwork.NewFakeClock()
	show("fake clock, 0", clock.After(0))
	late := clock.After(-time.Second)
	show("fake clock, -1 s", late)
	clock.Advance(time.Nanosecond)
	show("fake clock, -1 s, a nanosecond later", late)
}
GO
got=$(go run probe.go)
printf '%s\n' "$got"
[ "$got" = 'real clock, -1 s: fired
fake clock, 0: fired
fake clock, -1 s: waits
fake clock, -1 s, a nanosecond later: fired' ]
