#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# Catch2 2.13.10 (Debian 12), `-r junit`: a test that failed as it should has a failure, and one that should have failed and passed has none.
#
# Guess: the report says what the exit status says: a test with the tag [!shouldfail] that fails is a success, one that passes a failure;
# what is tagged [!mayfail] and fails is skipped, if JUnit has to have a word for it.
# Seen: the two that failed as announced are each <skipped> and <failure> in one, so readers that look for <failure> count them. The one that
# should have failed and did not, for which the program exits with 1, is a test case like any that passed; only the number in
# `failures` of the suite knows of it. A test without an assertion is not there at all.
# What helps: the exit status; the attribute of the suite, not its children.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT
cd -- "$scratch"

apt-get download -q catch2=2.13.10-1 >/dev/null 2>&1
dpkg -x catch2_*.deb .
cat >probe.cpp <<'CPP'
#define CATCH_CONFIG_MAIN
#include <catch2/catch.hpp>

TEST_CASE("passes") { REQUIRE(1 == 1); }
TEST_CASE("should fail, fails", "[!shouldfail]") { REQUIRE(1 == 2); }
TEST_CASE("should fail, passes", "[!shouldfail]") { REQUIRE(1 == 1); }
TEST_CASE("may fail, fails", "[!mayfail]") { REQUIRE(1 == 2); }
TEST_CASE("asserts nothing") { }
CPP
g++ -std=c++17 -isystem usr/include -o probe probe.cpp
status=0
./probe -r junit >report.xml || status=$?
got="status $status
$(python3 - <<'PY'
import xml.etree.ElementTree as tree
suite = next(tree.parse("report.xml").iter("testsuite"))
print("failures:", suite.get("failures"))
for case in suite.iter("testcase"):
    print(case.get("name") + ":", " and ".join(child.tag for child in case) or "passed")
PY
)"
printf '%s\n' "$got"
[ "$got" = 'status 1
failures: 1
passes: passed
should fail, fails: skipped and failure
should fail, passes: passed
may fail, fails: skipped and failure' ]
