#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# teambition/rrule-go 1.8.1 (Debian 12's golang-github-teambition-rrule-go-dev): an hourly rule of COUNT=4 has three dates.
#
# Guess: hourly and half-hourly rules go on by real time when clocks are put forward or back: COUNT=4 gives four instants, an hour
# apart, whatever the wall clock says.
# Seen: the rule counts on the wall clock. In the night of 29 March 2026 in Berlin 02:30 is moved to 03:30, which is there already, and of a set one
# of the two is dropped: three dates of four. In October the hour that comes twice is served once, so that
# half-hourly jobs pause for an hour and a half.
# What helps: hourly rules in UTC.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT
cd -- "$scratch"

apt-get download -q golang-github-teambition-rrule-go-dev=1.8.1-1 >/dev/null 2>&1
dpkg -x golang-github-teambition-rrule-go-dev_*.deb .
export GO111MODULE=off GOPATH=$scratch/usr/share/gocode
cat >probe.go <<'GO'
package main

import (
	"fmt"

	"github.com/teambition/rrule-go"
)

func main() {
	for _, text := range []string{"20260329T013000\nRRULE:FREQ=HOURLY;COUNT=4", "20261025T013000\nRRULE:FREQ=MINUTELY;INTERVAL=30;COUNT=4"} {
		set, err := rrule.StrToRRuleSet("DTSTART;TZID=Europe/Berlin:" + text)
		if err != nil {
			panic(err)
		}
		for _, date := range set.All() {
			fmt.Print(date.Format("15:04-07 "))
		}
		fmt.Println()
	}
}
GO
got=$(go run probe.go)
printf '%s\n' "$got"
[ "$got" = '01:30+01 03:30+02 04:30+02 
01:30+02 02:00+01 02:30+01 03:00+01 ' ]
