#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# hashicorp/go-retryablehttp 0.7.1 (Debian 12's golang-github-hashicorp-go-retryablehttp-dev): RetryWaitMax bounds neither Retry-After nor the jitter.
#
# Guess: with RetryWaitMax of 30 s no pause is longer. A `Retry-After: 3600` waits 30 s, or gives up; one with a date, the other form of the
# field, counts as well.
# Seen: DefaultBackoff() takes the server's seconds as they are: an hour, 30 s or not, and `0` is no pause at all, below RetryWaitMin. A date is
# ignored, as is the field of a 500. For LinearJitterBackoff() the two are the ends of a draw that is then multiplied by the attempt's number:
# with 1 s and 30 s the sixth pause is up to three minutes.
# What helps: a Backoff function of one's own around them that keeps to both limits; a context with a deadline.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT
cd -- "$scratch"

apt-get download -q golang-github-hashicorp-go-retryablehttp-dev=0.7.1-1 golang-github-hashicorp-go-cleanhttp-dev >/dev/null 2>&1
for package in *.deb; do dpkg -x "$package" .; done
export GO111MODULE=off GOPATH=$scratch/usr/share/gocode
cat >probe.go <<'GO'
package main

import (
	"fmt"
	"net/http"
	"time"

	"github.com/hashicorp/go-retryablehttp"
)

func main() {
	const least, most = time.Second, 30 * time.Second
	for _, status := range []int{429, 503, 500} {
		for _, after := range []string{"3600", "0", "Mon, 30 Nov 2099 00:00:00 GMT"} {
			answer := &http.Response{StatusCode: status, Header: http.Header{"Retry-After": {after}}}
			fmt.Printf("%d, Retry-After: %s: %v\n", status, after, retryablehttp.DefaultBackoff(least, most, 1, answer))
		}
	}
	fmt.Println("without, tenth attempt:", retryablehttp.DefaultBackoff(least, most, 9, nil))
	for _, attempt := range []int{0, 5} {
		var greatest time.Duration
		for i := 0; i < 10000; i++ {
			if pause := retryablehttp.LinearJitterBackoff(least, most, attempt, nil); pause > greatest {
				greatest = pause
			}
		}
		fmt.Printf("linear jitter, pause %d: up to %v\n", attempt+1, greatest.Round(5*time.Second))
	}
}
GO
got=$(go run probe.go)
printf '%s\n' "$got"
[ "$got" = '429, Retry-After: 3600: 1h0m0s
429, Retry-After: 0: 0s
429, Retry-After: Mon, 30 Nov 2099 00:00:00 GMT: 2s
503, Retry-After: 3600: 1h0m0s
503, Retry-After: 0: 0s
503, Retry-After: Mon, 30 Nov 2099 00:00:00 GMT: 2s
500, Retry-After: 3600: 2s
500, Retry-After: 0: 2s
500, Retry-After: Mon, 30 Nov 2099 00:00:00 GMT: 2s
without, tenth attempt: 30s
linear jitter, pause 1: up to 30s
linear jitter, pause 6: up to 3m0s' ]
