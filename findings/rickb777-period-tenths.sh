#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# rickb777/date 1.20.1 (Debian 12's golang-github-rickb777-date-dev), its ISO 8601 periods: PT0.05S is no time at all.
#
# Guess: a period that is read from text or made of a time.Duration keeps its decimals, to the nanosecond as Go has them, or says that
# it cannot: Parse() has an error, NewOf() and Duration() a flag for what is not exact.
# Seen: each member is a number of tenths, and what is below is cut off, with no error and with the flag for "exact": PT0.05S is P0D, 1.25 s
# are 1.2 s, 59.999 s are 59.9 s, and a millisecond is nothing. The flag is false for 4,000 hours, which are exact
# in days. A time-out of PT0.05S ends at once.
# What helps: milliseconds as a number; time.ParseDuration().
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT
cd -- "$scratch"

apt-get download -q golang-github-rickb777-date-dev=1.20.1-1 golang-github-rickb777-plural-dev >/dev/null 2>&1
for package in *.deb; do dpkg -x "$package" .; done
export GO111MODULE=off GOPATH=$scratch/usr/share/gocode
cat >probe.go <<'GO'
package main

import (
	"fmt"
	"time"

	"github.com/rickb777/date/period"
)

func main() {
	for _, text := range []string{"PT0.05S", "PT1.25S", "PT0.001S", "P0.25D"} {
		parsed, err := period.Parse(text)
		duration, exact := parsed.Duration()
		fmt.Printf("%s: %s, %v, exact %t, error %v\n", text, parsed, duration, exact, err)
	}
	for _, duration := range []time.Duration{time.Millisecond, 59999 * time.Millisecond, 4000 * time.Hour} {
		made, exact := period.NewOf(duration)
		fmt.Printf("%v: %s, exact %t\n", duration, made, exact)
	}
}
GO
got=$(go run probe.go)
printf '%s\n' "$got"
[ "$got" = 'PT0.05S: P0D, 0s, exact true, error <nil>
PT1.25S: PT1.2S, 1.2s, exact true, error <nil>
PT0.001S: P0D, 0s, exact true, error <nil>
P0.25D: P0.2D, 4h48m0s, exact false, error <nil>
1ms: P0D, exact true
59.999s: PT59.9S, exact true
4000h0m0s: P166DT16H, exact false' ]
