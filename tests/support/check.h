/* SPDX-License-Identifier: ISC */
#ifndef WAITD_TESTS_CHECK_H
#define WAITD_TESTS_CHECK_H

/*
 * What every test program on Check has in common.  A program defines
 * test_suite(); tests/support/main.c runs it.
 *
 * Run by hand, a program reports as Check does (CK_VERBOSITY, CK_RUN_SUITE,
 * CK_RUN_CASE and CK_FORK=no are heeded) and exits with 0 if all passed, else 1.
 * With CK_TAP_LOG_FILE_NAME=-, as under `make check`, standard output is TAP
 * and reports failures; the exit status is then 0 unless something besides
 * the tests went wrong, a leak found at exit for instance.
 */

#include <check.h>
#include <stddef.h>

/* The program's tests.  The runner frees it. */
Suite *test_suite(void);

/* How many a table has. */
#define N(table) (sizeof(table) / sizeof((table)[0]))

/* A test, and how often it runs: with _i from 0 to times - 1. */
struct check_test {
    const TTest *test;
    size_t times;
};

/* A suite of one case of that name.  set_up and tear_down are called around each test; either may
 * be NULL. */
Suite *check_suite(const char *name, SFun set_up, SFun tear_down, const struct check_test *tests,
                   size_t n);

/* Adds a case to a suite; the suite owns it. */
TCase *check_case(Suite *suite, const char *name, SFun set_up, SFun tear_down,
                  const struct check_test *tests, size_t n);

#endif
