#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# gorhill/cronexpr of 2018-04-27 (Debian 12's golang-github-gorhill-cronexpr-dev): `0 0 * * 5-7`, Friday to Sunday, is never.
#
# Guess: 7 is Sunday, as it is alone (`0 0 * * 7`), so 5-7 is Friday, Saturday and Sunday, or is refused; so is FRI-MON.
# Seen: both parse without an error, and Next() gives the zero time, which means that there is none: a range whose end is before its begin
# (7 has become 0 by then) is empty and no error, and the job never runs. `5,6,7` is right.
# What helps: lists, and a test of each expression with Next().IsZero() when it is read.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT
cd -- "$scratch"

apt-get download -q golang-github-gorhill-cronexpr-dev=1.0.0+git20180427.88b0669-2 >/dev/null 2>&1
dpkg -x golang-github-gorhill-cronexpr-dev_*.deb .
export GO111MODULE=off GOPATH=$scratch/usr/share/gocode
cat >probe.go <<'GO'
package main

import (
	"fmt"
	"time"

	"github.com/gorhill/cronexpr"
)

func main() {
	for _, line := range []string{"0 0 * * 7", "0 0 * * 5,6,7", "0 0 * * 5-7", "0 0 * * FRI-MON"} {
		expression, err := cronexpr.Parse(line)
		if err != nil {
			fmt.Println(line, err)
			continue
		}
		fmt.Printf("%s:", line)
		for at, i := time.Date(2026, 11, 30, 0, 0, 0, 0, time.UTC), 0; i < 3; i++ {
			if at = expression.Next(at); at.IsZero() {
				fmt.Print(" never")
				break
			}
			fmt.Print(at.Format(" Mon 2."))
		}
		fmt.Println()
	}
}
GO
got=$(go run probe.go)
printf '%s\n' "$got"
[ "$got" = '0 0 * * 7: Sun 6. Sun 13. Sun 20.
0 0 * * 5,6,7: Fri 4. Sat 5. Sun 6.
0 0 * * 5-7: never
0 0 * * FRI-MON: never' ]
