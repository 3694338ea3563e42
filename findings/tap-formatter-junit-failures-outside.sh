#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# TAP::Formatter::JUnit 0.11 (Debian 12's libtap-formatter-junit-perl) behind prove: a skipped test has passed, and a run that prove takes for good has an error.
#
# Guess: the report says what prove says: a test with "# SKIP" is skipped, one marked "# TODO" is no failure whichever way it ends, and a
# program that ends with status 3, or before its plan is done, has a failed test case.
# Seen: SKIP is a test case like any that passed. A TODO that works is an <error>, with prove's status 0, so a CI that reads the report stops a
# build that prove lets pass. A program that fails by its status or its plan has an <error> beside its test cases, not in one:
# readers that go through the test cases find none that failed. Of a plan of three of which one ran `errors` is 2 and there is one <error>.
# What helps: prove's exit status; the suite's `errors` where it is not that of a TODO.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT
cd -- "$scratch"

mapfile -t packages < <(apt-cache depends --recurse --no-recommends --no-suggests --no-conflicts --no-breaks --no-replaces --no-enhances \
    libtap-formatter-junit-perl | grep -xE 'lib[a-z0-9-]*-perl' | sort -u | grep -xv libtap-formatter-junit-perl)
# Some of the names are provided by perl itself and are no packages.
mapfile -t packages < <(apt-cache policy "${packages[@]}" | awk '/^[a-z]/ { name = $1 } /Candidate: [^(]/ { sub(":", "", name); print name }')
apt-get download -q libtap-formatter-junit-perl=0.11-2 "${packages[@]}" >/dev/null 2>&1
for package in *.deb; do dpkg -x "$package" .; done
export PERL5LIB=$scratch/usr/share/perl5:$scratch/usr/lib/x86_64-linux-gnu/perl5/5.36
echo 'echo 1..2; echo ok 1 - a; echo ok 2 - b "# SKIP no network"' >skip.t
echo 'echo 1..1; echo ok 1 - a "# TODO works by now"' >todo.t
echo 'echo 1..3; echo ok 1 - a' >plan.t
echo 'echo 1..1; echo ok 1 - a; exit 3' >status.t
cat >report.py <<'PY'
import sys, xml.etree.ElementTree as tree

suite = next(tree.fromstring(sys.stdin.read()).iter("testsuite"))
cases = [case.get("name").split(" - ")[1] + " " + (" ".join(child.tag for child in case) or "passed") for case in suite.iter("testcase")]
beside = [child.tag for child in suite if child.tag in ("error", "failure")]
print(f"errors {suite.get('errors')}, failures {suite.get('failures')}; test cases: {', '.join(cases)}; beside them: {' '.join(beside) or 'nothing'}")
PY
got=$(for name in skip todo plan status; do
    status=0
    prove --formatter TAP::Formatter::JUnit --exec sh "$name.t" >report.xml 2>said || status=$?
    echo "$name, prove's status $status: $(python3 report.py <report.xml)"
done)
printf '%s\n' "$got"
[ "$got" = "skip, prove's status 0: errors 0, failures 0; test cases: a passed, b passed; beside them: nothing
todo, prove's status 0: errors 1, failures 0; test cases: a error; beside them: nothing
plan, prove's status 1: errors 2, failures 0; test cases: a passed; beside them: error
status, prove's status 1: errors 1, failures 0; test cases: a passed; beside them: error" ]
