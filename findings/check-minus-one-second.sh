#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# Check 0.15.2 (Debian 12), unit tests in C: a test that failed took -1 second.
#
# Guess: the XML report has each test's time, or leaves it out where a test was killed.
# Seen: only a test that passed has its time. One that fails by an assertion, one that ends early and one that is
# stopped by its time-out have <duration>-1.000000</duration>: a sum over a suite with four failures is four seconds too low
# or below zero, and the slowest tests, which are the ones that timed out, are the fastest in a list. The suite's own
# duration, at the end, is right.
# What helps: leave negative durations out; the suite's duration for sums.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT
cd -- "$scratch"

apt-get download -q check=0.15.2-2+b1 libsubunit0 libsubunit-dev >/dev/null 2>&1
for package in *.deb; do dpkg -x "$package" .; done
cat >probe.c <<'C'
#include <check.h>
#include <stdlib.h>
#include <unistd.h>

START_TEST(passes) { usleep(200000); } END_TEST
START_TEST(fails) { usleep(200000); ck_abort_msg("no"); } END_TEST
START_TEST(leaves) { usleep(200000); exit(1); } END_TEST
START_TEST(hangs) { sleep(30); } END_TEST

int main(void)
{
    Suite *suite = suite_create("suite");
    TCase *group = tcase_create("group");
    SRunner *runner;

    tcase_set_timeout(group, 1);
    suite_add_tcase(suite, group);
    tcase_add_test(group, passes);
    tcase_add_test(group, fails);
    tcase_add_test(group, leaves);
    tcase_add_test(group, hangs);
    runner = srunner_create(suite);
    srunner_set_xml(runner, "report.xml");
    srunner_run_all(runner, CK_SILENT);
    srunner_free(runner);
    return 0;
}
C
library=$scratch/usr/lib/x86_64-linux-gnu
cc -I usr/include -o probe probe.c "$library/libcheck.a" "$library/libsubunit.so.0" -lpthread -lm -lrt
LD_LIBRARY_PATH=$library ./probe
got=$(awk -F '[<>]' '$2 == "id" { name = $3 } $2 == "duration" && name { print name ": " ($3 > 0 ? "its time" : $3); name = "" }' report.xml)
printf '%s\n' "$got"
[ "$got" = 'passes: its time
fails: -1.000000
leaves: -1.000000
hangs: -1.000000' ]
