#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# cmocka 1.1.5 (Debian 12): -1 is not between -5 and 5, and 1.2 equals 1.7.
#
# Guess: assert_in_range(-1, -5, 5) passes; assert_int_equal() compares as `==` does, or refuses to compile for doubles.
# Seen: every value becomes an unsigned integer of 64 bits before it is compared: -1 is the greatest of all, a range that begins below 0 has
# nothing in it, 0 neither, and assert_not_in_range() with it passes whatever comes. An int of -1 and an unsigned of 4294967295, which are
# equal to C, are not; 1.2 and 1.7 are both 1 and equal. So a test of a clock's difference fails, or one passes that should not.
# What helps: assert_true(a >= -5 && a <= 5), assert_float_equal() with its tolerance.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT
cd -- "$scratch"

apt-get download -q libcmocka0=1.1.5-2.1 libcmocka-dev=1.1.5-2.1 >/dev/null 2>&1
for package in *.deb; do dpkg -x "$package" .; done
cat >probe.c <<'C'
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

static void minus_one_in_minus_5_to_5(void **state) { assert_in_range(-1, -5, 5); }
static void zero_in_minus_5_to_5(void **state) { assert_in_range(0, -5, 5); }
static void zero_not_in_minus_5_to_5(void **state) { assert_not_in_range(0, -5, 5); }
static void minus_one_as_unsigned(void **state) { assert_int_equal(-1, (unsigned)-1); }
static void doubles(void **state) { assert_int_equal(1.2, 1.7); }

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(minus_one_in_minus_5_to_5), cmocka_unit_test(zero_in_minus_5_to_5),
        cmocka_unit_test(zero_not_in_minus_5_to_5), cmocka_unit_test(minus_one_as_unsigned), cmocka_unit_test(doubles)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
C
library=$(find "$scratch" -name libcmocka.so.0)
cc -w -I usr/include -o probe probe.c "$library"
got=$({ LD_LIBRARY_PATH=$(dirname "$library") CMOCKA_MESSAGE_OUTPUT=tap ./probe 2>/dev/null || true; } | grep -E "^(not )?ok")
printf '%s\n' "$got"
[ "$got" = 'not ok 1 - minus_one_in_minus_5_to_5
not ok 2 - zero_in_minus_5_to_5
ok 3 - zero_not_in_minus_5_to_5
not ok 4 - minus_one_as_unsigned
ok 5 - doubles' ]
