#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# arran4/golang-ical of 2022-05-17 (Debian 12's golang-github-arran4-golang-ical-dev), read by ical.js 2.2.1 (npm): a whole day that is no date.
#
# Guess: SetAllDayStartAt() of a time on 31 January, 23:00 five hours west of Greenwich, writes DTSTART;VALUE=DATE:20260131, the day that the
# time has there, and every reader of iCalendar shows it.
# Seen: it writes DTSTART:20260201Z. That is the day at Greenwich, the next one in the evening of half of the world; and it is neither a date, which
# needs VALUE=DATE and has no Z, nor a time: ical.js refuses it as a time without digits, and with it the event.
# What helps: a text of one's own by SetProperty(), with the parameter VALUE.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT
cd -- "$scratch"

apt-get download -q golang-github-arran4-golang-ical-dev=0.0~git20220517.fd89fef-2 >/dev/null 2>&1
dpkg -x golang-github-arran4-golang-ical-dev_*.deb .
npm install --silent --no-audit --no-fund --before=2026-11-30 ical.js@2.2.1 >/dev/null
export GO111MODULE=off GOPATH=$scratch/usr/share/gocode
cat >probe.go <<'GO'
package main

import (
	"fmt"
	"time"

	ics "github.com/arran4/golang-ical"
)

func main() {
	calendar := ics.NewCalendar()
	event := calendar.AddEvent("1")
	event.SetAllDayStartAt(time.Date(2026, 1, 31, 23, 0, 0, 0, time.FixedZone("", -5*3600)))
	fmt.Print(calendar.Serialize())
}
GO
go run probe.go >event.ics
cat >probe.mjs <<'JS'
import fs from 'node:fs';
import ICAL from 'ical.js';
const calendar = new ICAL.Component(ICAL.parse(fs.readFileSync('event.ics', 'utf8')));
try {
  console.log('start: ' + new ICAL.Event(calendar.getFirstSubcomponent('vevent')).startDate);
} catch (error) {
  console.log('ical.js: ' + error.message);
}
JS
got=$(grep DTSTART event.ics | tr -d '\r'; node probe.mjs)
printf '%s\n' "$got"
[ "$got" = 'DTSTART:20260201Z
ical.js: invalid date-time value: "2026-02-01T::"' ]
