#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# CMake 3.25.1 (Debian 12), `ctest --output-junit`: a test whose program is missing is "skipped", and a second attempt hides the first.
#
# Guess: the report says what the terminal says: of a test that could not be run, which ctest counts as failed and for which it
# exits with 8, a failure or an error; and of a test that passed at its second attempt the time of both, or two entries.
# Seen: the missing program is `skipped`, so a CI that reads the report counts no failure. With `--repeat until-pass:2` only the
# last attempt is there: 0.1 s of a test that had the machine for 0.8 s, and nothing says that it failed first. In the
# costs by which `ctest -j` starts long tests first, one that failed is noted with 0 and comes last the next time.
# What helps: the exit status beside the report.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT
cd -- "$scratch"

apt-get download -q cmake=3.25.1-1 cmake-data=3.25.1-1 >/dev/null 2>&1
mapfile -t libraries < <(apt-cache depends cmake | sed -n 's/^  Depends: \(lib[a-z0-9.+-]*\)$/\1/p')
command -v ctest >/dev/null || apt-get download -q "${libraries[@]}" >/dev/null 2>&1
for package in *.deb; do dpkg -x "$package" .; done
export LD_LIBRARY_PATH=$scratch/usr/lib/x86_64-linux-gnu
cat >CTestTestfile.cmake <<'CMAKE'
add_test(flaky sh -c "if [ -e tried ]; then sleep 0.1; else touch tried; sleep 0.7; exit 1; fi")
add_test(fails sh -c "sleep 0.3; exit 1")
add_test(missing /nonexistent/program)
CMAKE
status=0
usr/bin/ctest --repeat until-pass:2 --output-junit report.xml >/dev/null 2>&1 || status=$?
got=$(echo "exit status: $status"
    python3 - <<'PY'
import xml.etree.ElementTree as tree
suite = tree.parse("report.xml").getroot()
print("failures:", suite.get("failures"), "skipped:", suite.get("skipped"))
for case in suite.iter("testcase"):
    time = float(case.get("time"))
    print(case.get("name"), "0 s" if time == 0 else "less than 0.6 s" if time < 0.6 else "0.6 s or more", [child.tag for child in case if child.tag in ("failure", "skipped")])
PY
    awk '$1 == "fails" && NF > 1 { print "cost of the one that failed: " $3 }' Testing/Temporary/CTestCostData.txt)
printf '%s\n' "$got"
[ "$got" = "exit status: 8
failures: 1 skipped: 1
flaky less than 0.6 s []
fails less than 0.6 s ['failure']
missing 0 s ['skipped']
cost of the one that failed: 0" ]
