/* SPDX-License-Identifier: ISC */
#include "tests/support/check.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

TCase *check_case(Suite *suite, const char *name, SFun set_up, SFun tear_down,
                  const struct check_test *tests, size_t n)
{
    TCase *tcase = tcase_create(name);

    tcase_add_checked_fixture(tcase, set_up, tear_down);
    for (size_t i = 0; i < n; i++)
        tcase_add_loop_test(tcase, tests[i].test, 0, (int)tests[i].times);
    suite_add_tcase(suite, tcase);
    return tcase;
}

Suite *check_suite(const char *name, SFun set_up, SFun tear_down, const struct check_test *tests,
                   size_t n)
{
    Suite *suite = suite_create(name);

    check_case(suite, name, set_up, tear_down, tests, n);
    return suite;
}

static bool output_is_tap(void)
{
    const char *file = getenv("CK_TAP_LOG_FILE_NAME");

    return file != NULL && strcmp(file, "-") == 0;
}

/* Check's own closing line, as a comment. */
static void print_summary(SRunner *runner)
{
    int run = srunner_ntests_run(runner);
    int failed = srunner_ntests_failed(runner);
    int errors = 0;
    TestResult **results = srunner_failures(runner);

    for (int i = 0; results != NULL && i < failed; i++)
        errors += tr_rtype(results[i]) == CK_ERROR;
    free(results);
    printf("# %d%%: Checks: %d, Failures: %d, Errors: %d\n",
           run > 0 ? 100 * (run - failed) / run : 100, run, failed - errors, errors);
}

int main(void)
{
    bool tap = output_is_tap();
    SRunner *runner = srunner_create(test_suite());
    int failed;

    srunner_run_all(runner, tap ? CK_SILENT : CK_ENV);
    failed = srunner_ntests_failed(runner);
    if (tap)
        print_summary(runner);
    srunner_free(runner);
    if (fflush(stdout) != 0)
        return EXIT_FAILURE;
    return failed == 0 || tap ? EXIT_SUCCESS : EXIT_FAILURE;
}
