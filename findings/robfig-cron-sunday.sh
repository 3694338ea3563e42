#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# robfig/cron 3.0.1 (Debian 12's golang-github-robfig-cron-dev): Sunday is 0 and not 7; 1500 ms is a second.
#
# Guess: 7 is Sunday as well, as in Vixie cron and those after it, and `@every 1500ms`, which is a Go duration,
# is 1.5 s.
# Seen: `0 0 * * 7` and `1-7` are refused as above the maximum of 6. `@every` cuts its duration to whole seconds, and what is
# less than one second, negative too, is one second: `1500ms` runs every second, `100ms` every second, `-5m` every
# second.
# What helps: `0` or `SUN`; a ticker for parts of a second; a check of the sign before.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT
cd -- "$scratch"

apt-get download -q golang-github-robfig-cron-dev=3.0.1-1 >/dev/null 2>&1
dpkg -x golang-github-robfig-cron-dev_*.deb .
export GO111MODULE=off GOPATH=$scratch/usr/share/gocode
cat >probe.go <<'GO'
package main

import (
	"fmt"
	"time"

	"github.com/robfig/cron"
)

func main() {
	start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for _, text := range []string{"0 0 * * 0", "0 0 * * 7", "0 0 * * 1-7", "@every 90m", "@every 1500ms", "@every 100ms", "@every -5m"} {
		schedule, err := cron.ParseStandard(text)
		if err != nil {
			fmt.Printf("%s: refused\n", text)
			continue
		}
		first := schedule.Next(start)
		fmt.Printf("%s: then every %v\n", text, schedule.Next(first).Sub(first))
	}
}
GO
got=$(go run probe.go)
printf '%s\n' "$got"
[ "$got" = '0 0 * * 0: then every 168h0m0s
0 0 * * 7: refused
0 0 * * 1-7: refused
@every 90m: then every 1h30m0s
@every 1500ms: then every 1s
@every 100ms: then every 1s
@every -5m: then every 1s' ]
