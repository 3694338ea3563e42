#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# junit-to-ctrf 0.0.14, junit2json 4.0.0 and test-results-parser 0.4.6 (npm), JUnit reports: a test of 1,230.5 s took 1 s.
#
# Guess: readers of JUnit's XML, most of which Maven writes, know the comma that Surefire up to 3.1.0 and JUnit's own writer
# put into a time of a thousand seconds or more (`time="1,230.5"`), or refuse it.
# Seen: junit-to-ctrf takes what stands before the comma and says 1000 ms; test-results-parser says null, and null for
# the suite as well; junit2json gives the text, and numbers for all other tests. So the tests that take longest are the
# ones that vanish from a list of the slowest, and sums are too low. Nothing is said.
# What helps: take commas out of the attributes first; newer versions of the writers.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT
cd -- "$scratch"

npm install --silent --no-audit --no-fund --before=2026-11-30 junit-to-ctrf@0.0.14 junit2json@4.0.0 test-results-parser@0.4.6 >/dev/null
cat >report.xml <<'XML'
<?xml version="1.0" encoding="UTF-8"?>
<testsuites><testsuite name="S" tests="2" failures="0" errors="0" skipped="0" time="1,234.567">
<testcase classname="S" name="long" time="1,230.5"/><testcase classname="S" name="short" time="4.067"/></testsuite></testsuites>
XML
cat >probe.mjs <<'JS'
import fs from 'fs';
import { convertJUnitToCTRFReport } from 'junit-to-ctrf';
import { parse } from 'junit2json';
import parser from 'test-results-parser';
const show = (name, cases, of) => console.log(name + ':', cases.map((one) => `${one.name} ${JSON.stringify(of(one))}`).join(', '));
show('junit-to-ctrf', (await convertJUnitToCTRFReport('report.xml', {})).results.tests, (test) => test.duration);
show('junit2json', (await parse(fs.readFileSync('report.xml', 'utf8'))).testsuite[0].testcase, (test) => test.time);
show('test-results-parser', parser.parse({ type: 'junit', files: ['report.xml'] }).suites[0].cases, (test) => test.duration);
JS
got=$(node probe.mjs)
printf '%s\n' "$got"
[ "$got" = 'junit-to-ctrf: long 1000, short 4067
junit2json: long "1,230.5", short 4.067
test-results-parser: long null, short 4067' ]
