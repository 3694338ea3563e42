#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# Meson 1.0.1 (Debian 12): in testlog.junit.xml a test that was stopped by its time-out has passed.
#
# Guess: the report says what the terminal says: four of these six tests failed, one by an assertion, one by its time-out, one that should have
# failed and did not, and one of TAP that ended before its plan did.
# Seen: one failure. FAIL and ERROR of a test without a protocol are in the report, TIMEOUT and UNEXPECTEDPASS are test cases without a
# child, as one that passed; of a TAP test its lines are there and not how it ended, so one that breaks off behind `ok 1` has
# passed too. The exit status is right.
# What helps: testlog.json, which has the result of each; the exit status beside the report.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT
cd -- "$scratch"

apt-get download -q meson=1.0.1-5 ninja-build=1.11.1-2~deb12u1 >/dev/null 2>&1
for package in *.deb; do dpkg -x "$package" .; done
export PYTHONPATH=$scratch/usr/lib/python3/dist-packages PYTHONDONTWRITEBYTECODE=1 PATH=$scratch/usr/bin:$PATH
mkdir project
cat >project/meson.build <<'MESON'
project('probe')
sh = find_program('sh')
test('good', sh, args: ['-c', 'exit 0'])
test('bad', sh, args: ['-c', 'exit 1'])
test('slow', sh, args: ['-c', 'sleep 20'], timeout: 1)
test('better', sh, args: ['-c', 'exit 0'], should_fail: true)
test('short', sh, args: ['-c', 'echo 1..3; echo ok 1'], protocol: 'tap')
test('plan', sh, args: ['-c', 'echo 1..1; echo ok 1'], protocol: 'tap')
MESON
python3 usr/bin/meson setup build project >log 2>&1
status=0
python3 usr/bin/meson test -C build >log 2>&1 || status=$?
cat >report.py <<'PY'
import json, xml.etree.ElementTree

lines = [json.loads(line) for line in open("build/meson-logs/testlog.json")]
for test in sorted(lines, key=lambda test: test["name"]):
    print(test["name"], test["result"])
for case in sorted(xml.etree.ElementTree.parse("build/meson-logs/testlog.junit.xml").iter("testcase"), key=lambda case: case.get("classname") + case.get("name")):
    print("JUnit:", case.get("classname"), case.get("name"), " ".join(child.tag for child in case) or "passed")
PY
got="$(python3 report.py)
status $((status != 0))"
printf '%s\n' "$got"
[ "$got" = 'bad FAIL
better UNEXPECTEDPASS
good OK
plan OK
short ERROR
slow TIMEOUT
JUnit: probe.plan 1 passed
JUnit: probe.short 1 passed
JUnit: probe bad failure
JUnit: probe better passed
JUnit: probe good passed
JUnit: probe slow passed
status 1' ]
