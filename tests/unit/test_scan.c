/* SPDX-License-Identifier: ISC */

/* Counting line feeds many at a time, beside counting them one by one. */

#include "proto/scan.h"

#include <stdlib.h>

#include "tests/support/check.h"

#define MOST 5000

static uint64_t count_one_by_one(const char *at, const char *end)
{
    uint64_t lines = 0;

    for (; at < end; at++)
        lines += *at == '\n';
    return lines;
}

/* Of any length, at any place, with none, some and nothing but line feeds; bytes near one are
 * none. */
START_TEST(lines_are_counted)
{
    static const char *const kinds[] = {"abc", "\n\x0b\x09\x8a", "\n", "a\n"};
    const char *kind = kinds[_i];
    size_t n = strlen(kind);
    char *text = malloc(MOST);

    for (size_t i = 0; i < MOST; i++)
        text[i] = kind[i % n];
    for (size_t from = 0; from < 33; from++)
        for (size_t len = 0; from + len <= MOST; len += len < 100 ? 1 : 97)
            ck_assert_uint_eq(scan_count_lines(text + from, text + from + len),
                              count_one_by_one(text + from, text + from + len));
    ck_assert_uint_eq(scan_count_lines(text, text + MOST), count_one_by_one(text, text + MOST));
    free(text);
}
END_TEST

Suite *test_suite(void)
{
    const struct check_test tests[] = {
        {lines_are_counted, 4},
    };

    return check_suite("scan", NULL, NULL, tests, N(tests));
}
