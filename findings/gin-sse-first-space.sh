#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# gin-contrib/sse 0.1.0 (Debian 12's golang-github-gin-contrib-sse-dev, behind Gin's c.SSEvent): " world" arrives as "world".
#
# Guess: what Encode() writes, a reader of server-sent events, its own Decode() too, gives back; and Decode() takes lines that end in CR LF,
# which the format allows.
# Seen: Encode() puts no space behind the colon, and a reader takes one away: text that begins with a space loses it, and pieces of a text
# that are sent as they come, "hello" and " world", are "helloworld". Decode() knows LF alone: a stream with CR LF is one event
# with all data in it, and with CRs between them; and an event that the end of the stream cut off is given out.
# What helps: an additional space in front of each text, or JSON, which begins with a bracket or a quotation mark.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT
cd -- "$scratch"

apt-get download -q golang-github-gin-contrib-sse-dev=0.1.0-2 >/dev/null 2>&1
dpkg -x golang-github-gin-contrib-sse-dev_*.deb .
export GO111MODULE=off GOPATH=$scratch/usr/share/gocode
cat >probe.go <<'GO'
package main

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/gin-contrib/sse"
)

func main() {
	var stream bytes.Buffer
	for _, piece := range []string{"hello", " world", "  twice"} {
		if err := sse.Encode(&stream, sse.Event{Data: piece}); err != nil {
			panic(err)
		}
	}
	for _, text := range []string{stream.String(), "data: a\n\ndata: b\n\n", "data: a\r\n\r\ndata: b\r\n\r\n", "data: a\n\ndata: ha"} {
		events, err := sse.Decode(strings.NewReader(text))
		if err != nil {
			panic(err)
		}
		fmt.Printf("%q:", text)
		for _, event := range events {
			fmt.Printf(" %q", event.Data)
		}
		fmt.Println()
	}
}
GO
got=$(go run probe.go)
printf '%s\n' "$got"
[ "$got" = '"data:hello\n\ndata: world\n\ndata:  twice\n\n": "hello" "world" " twice"
"data: a\n\ndata: b\n\n": "a" "b"
"data: a\r\n\r\ndata: b\r\n\r\n": "a\r\nb\r"
"data: a\n\ndata: ha": "a" "ha"' ]
