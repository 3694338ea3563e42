#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# cmocka 1.1.5 (Debian 12) and prove: a skipped test is a failure, and a second group is no TAP.
#
# Guess: CMOCKA_MESSAGE_OUTPUT=TAP prints what prove and automake's driver read: a test that calls skip() is `ok 2 # SKIP`, and
# a program with two groups of tests has one plan.
# Seen: a skipped test is `not ok 2 # SKIP name`, and prove says that test 2 failed while the program exits with 0. Each group
# prints its own plan and counts from 1 again: "More than one plan", "Tests out of sequence", a failure although
# all passed. As XML two groups are two roots in one file, which no parser takes.
# What helps: one group to a program (or to a file, by CMOCKA_XML_FILE=%g.xml), and no skip().
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT
cd -- "$scratch"

apt-get download -q libcmocka0=1.1.5-2.1 libcmocka-dev=1.1.5-2.1 >/dev/null 2>&1
for package in *.deb; do dpkg -x "$package" .; done
cat >probe.c <<'C'
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

static void passes(void **state) { (void)state; }
static void skipped(void **state) { (void)state; skip(); }

int main(int count, char **words)
{
    const struct CMUnitTest good[] = {cmocka_unit_test(passes)}, both[] = {cmocka_unit_test(passes), cmocka_unit_test(skipped)};

    (void)words;
    if (count > 1) return cmocka_run_group_tests_name("both", both, NULL, NULL);
    return cmocka_run_group_tests_name("one", good, NULL, NULL) + cmocka_run_group_tests_name("two", good, NULL, NULL);
}
C
export LD_LIBRARY_PATH=$scratch/usr/lib/x86_64-linux-gnu
cc -I usr/include -o probe probe.c "$LD_LIBRARY_PATH/libcmocka.so.0"
got=$(CMOCKA_MESSAGE_OUTPUT=TAP ./probe skip && echo 'exit status 0'
    CMOCKA_MESSAGE_OUTPUT=TAP prove ./probe :: skip 2>&1 | grep -E 'Failed test:|Result'
    CMOCKA_MESSAGE_OUTPUT=TAP prove ./probe 2>&1 | grep -oE 'More than one plan|Result.*'
    CMOCKA_MESSAGE_OUTPUT=XML ./probe >report.xml 2>&1
    python3 -c 'import xml.etree.ElementTree as tree; tree.parse("report.xml")' 2>&1 | grep -o 'junk after document element' || true)
printf '%s\n' "$got"
[ "$got" = '1..2
ok 1 - passes
not ok 2 # SKIP skipped
# ok - both
exit status 0
  Failed test:  2
Result: FAIL
More than one plan
Result: FAIL
junk after document element' ]
