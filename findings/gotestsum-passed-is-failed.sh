#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# Go 1.19.8's `go test -json` and gotestsum 1.8.2 (Debian 12): a test that passes has failed if it prints a progress line without a line feed.
#
# Guess: -json has an event for the end of each test, with what it printed beside it, whatever that is; gotestsum's counts and its JUnit
# report are those of `go test`.
# Seen: the events are made from the text that the tests print, and "--- PASS" counts at the beginning of a line only. Behind "10 %" without a
# line feed there is no event for the test's end, while `go test` says ok and exits with 0. gotestsum takes a test without an end for
# a failed one: it says so, writes <failure> with a time below 0 into the report, and has the status of `go test`.
# What helps: a line feed at the end of whatever a test prints; Go 1.20.
set -euo pipefail
scratch=$(mktemp -d)
trap 'chmod -R u+w "$scratch"; rm -rf -- "$scratch"' EXIT
cd -- "$scratch"

apt-get download -q golang-1.19-go=1.19.8-2 golang-1.19-src=1.19.8-2 gotestsum=1.8.2-1+b3 >/dev/null 2>&1
for package in *.deb; do dpkg -x "$package" .; done
# In the package the parts of GOROOT are joined by links from /usr/lib to /usr/share.
find usr/lib/go-1.19 -type l -delete
cp -r usr/share/go-1.19 go
cp -r usr/lib/go-1.19/. go/
export GOROOT=$scratch/go GOTOOLCHAIN=local GOFLAGS=-mod=mod GOCACHE=$scratch/cache CGO_ENABLED=0 HOME=$scratch PATH=$scratch/go/bin:$PATH
mkdir probe
cd probe
printf 'module example.org/probe\n\ngo 1.19\n' >go.mod
cat >probe_test.go <<'GO'
package probe

import (
	"fmt"
	"testing"
)

func TestLine(t *testing.T)     { fmt.Println("10 %") }
func TestProgress(t *testing.T) { fmt.Print("10 %") }
GO
status=0
go test -json >events.json || status=$?
got="go $(go env GOVERSION), status $status, events of an end: $(sed -n 's/.*"Action":"\(pass\|fail\)".*"Test":"\([A-Za-z]*\)".*/\2 \1/p' events.json | paste -s -d ',')"
status=0
../usr/bin/gotestsum --junitfile report.xml --raw-command cat events.json >out 2>&1 || status=$?
got+="
gotestsum, status $status: $(python3 - <<'PY'
import xml.etree.ElementTree as tree
print(", ".join(case.get("name") + (" failed" if case.find("failure") is not None else " passed") for case in
                sorted(tree.parse("report.xml").iter("testcase"), key=lambda case: case.get("name"))))
PY
)"
printf '%s\n' "$got"
[ "$got" = 'go go1.19.8, status 0, events of an end: TestLine pass
gotestsum, status 0: TestLine passed, TestProgress failed' ]
