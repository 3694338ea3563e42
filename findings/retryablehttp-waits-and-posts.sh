#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# hashicorp/go-retryablehttp 0.7.1 (Debian 12's golang-github-hashicorp-go-retryablehttp-dev): RetryWaitMax is not the longest wait, and a POST is sent again.
#
# Guess: no pause is longer than RetryWaitMax, a Retry-After of a server is followed up to it, as seconds or as a date; and a POST that was
# answered 500, whose work may have been done, is not repeated unless one says so.
# Seen: Retry-After in seconds is followed whatever the maximum: two seconds where 0.1 s were allowed.
# As a date, which HTTP allows too, it is not read: the server that asked for three seconds is asked again after 0.05 s. A POST
# is sent three times. At the end there is an error and no response, so the caller does not see the 500 with its body.
# What helps: CheckRetry that looks at the method, Backoff with a limit of its own, ErrorHandler = PassthroughErrorHandler.
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
	"net/http/httptest"
	"strings"
	"time"

	"github.com/hashicorp/go-retryablehttp"
)

func main() {
	for _, name := range []string{"500", "503, Retry-After in seconds", "503, Retry-After as a date"} {
		var asked []time.Time
		server := httptest.NewServer(http.HandlerFunc(func(answer http.ResponseWriter, request *http.Request) {
			asked = append(asked, time.Now())
			switch {
			case strings.HasSuffix(name, "seconds"):
				answer.Header().Set("Retry-After", "2")
			case strings.HasSuffix(name, "date"):
				answer.Header().Set("Retry-After", time.Now().Add(3*time.Second).UTC().Format(http.TimeFormat))
			}
			status := http.StatusServiceUnavailable
			if name == "500" {
				status = http.StatusInternalServerError
			}
			answer.WriteHeader(status)
		}))
		client := retryablehttp.NewClient()
		client.Logger = nil
		client.RetryMax, client.RetryWaitMin, client.RetryWaitMax = 2, 50*time.Millisecond, 100*time.Millisecond
		request, err := retryablehttp.NewRequest("POST", server.URL, strings.NewReader("work"))
		if err != nil {
			panic(err)
		}
		response, err := client.Do(request)
		pause := "less than 2 s"
		if asked[1].Sub(asked[0]) >= 2*time.Second {
			pause = "2 s"
		}
		fmt.Printf("%s: sent %d times, first pause %s, response %t, error %t\n", name, len(asked), pause, response != nil, err != nil)
		server.Close()
	}
}
GO
got=$(go run probe.go)
printf '%s\n' "$got"
[ "$got" = '500: sent 3 times, first pause less than 2 s, response false, error true
503, Retry-After in seconds: sent 3 times, first pause 2 s, response false, error true
503, Retry-After as a date: sent 3 times, first pause less than 2 s, response false, error true' ]
