/* SPDX-License-Identifier: ISC */
#include "proto/names.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/check.h"

static const uint8_t key[16] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};

START_TEST(equal_names_have_one_number)
{
    struct names *names = names_new(4, key);

    ck_assert_ptr_nonnull(names);
    ck_assert_uint_eq(names_add(names, "a", 1), 0);
    ck_assert_uint_eq(names_add(names, "", 0), 1);
    ck_assert_uint_eq(names_add(names, "ab", 2), 2);
    ck_assert_uint_eq(names_add(names, "a", 1), 0);
    ck_assert_uint_eq(names_add(names, "", 0), 1);
    ck_assert_uint_eq(names_find(names, "ab", 2), 2);
    ck_assert_uint_eq(names_find(names, "b", 1), NAMES_NONE);
    ck_assert_uint_eq(names_find(names, "a\0", 2), NAMES_NONE);
    ck_assert_uint_eq(names_count(names), 3);
    names_free(names);
}
END_TEST

/* One that differs in its middle comes first, so that it is compared in vain. */
START_TEST(a_long_name_is_looked_up_in_steps)
{
    enum { LEN = 1000000, STEP = 30000, ALIKE = 2 };
    struct names *names = names_new(ALIKE, key);
    struct lookup lookup;
    char *text[ALIKE], *wanted = malloc(LEN);
    size_t budget, steps = 1;

    for (size_t i = 0; i < ALIKE; i++) {
        text[i] = malloc(LEN);
        ck_assert_ptr_nonnull(text[i]);
        memset(text[i], 'x', LEN);
        text[i][LEN / 2] = (char)('0' + i);
        ck_assert_uint_eq(names_add(names, text[i], LEN), i);
    }
    ck_assert_ptr_nonnull(wanted);
    memcpy(wanted, text[ALIKE - 1], LEN);
    names_begin_lookup(names, &lookup, wanted, LEN);
    for (budget = STEP; !names_look_up(names, &lookup, &budget); budget = STEP) {
        ck_assert_uint_eq(budget, 0);
        steps++;
    }
    ck_assert_uint_eq(lookup.number, ALIKE - 1);
    ck_assert_uint_ge(steps, LEN / STEP);
    ck_assert_uint_le(steps, ALIKE * LEN / STEP + 1);
    wanted[LEN / 2] = '?';
    names_begin_lookup(names, &lookup, wanted, LEN);
    while (!names_look_up(names, &lookup, &budget))
        budget = STEP;
    ck_assert_uint_eq(lookup.number, NAMES_NONE);
    names_free(names);
    free(wanted);
    for (size_t i = 0; i < ALIKE; i++)
        free(text[i]);
}
END_TEST

/* What was compared with one name is not taken for compared with the next one. */
START_TEST(each_long_name_is_compared_from_its_beginning)
{
    enum { LEN = 1 << 20, STEP = 10000 };
    const size_t differs_at[] = {LOOKUP_HASHED_BYTES / 2, LEN - 1 - LOOKUP_HASHED_BYTES / 2};
    struct names *names = names_new(2, key);
    struct lookup lookup;
    char *text[3];
    size_t budget = STEP;

    for (size_t i = 0; i < N(text); i++) {
        text[i] = malloc(LEN);
        ck_assert_ptr_nonnull(text[i]);
        memset(text[i], 'x', LEN);
    }
    for (size_t i = 0; i < 2; i++) {
        text[i][differs_at[i ^ (size_t)_i]] = 'y';
        ck_assert_uint_eq(names_add(names, text[i], LEN), i);
    }
    names_begin_lookup(names, &lookup, text[2], LEN);
    while (!names_look_up(names, &lookup, &budget))
        budget = STEP;
    ck_assert_uint_eq(lookup.number, NAMES_NONE);
    names_free(names);
    for (size_t i = 0; i < N(text); i++)
        free(text[i]);
}
END_TEST

START_TEST(a_full_set_still_finds_every_name)
{
    enum { ROOM = 10000 };
    static char text[ROOM][8];
    struct names *names = names_new(ROOM, key);

    ck_assert_ptr_nonnull(names);
    for (uint32_t i = 0; i < ROOM; i++) {
        snprintf(text[i], sizeof(text[i]), "n%u", (unsigned)i);
        ck_assert_uint_eq(names_add(names, text[i], strlen(text[i])), i);
    }
    for (uint32_t i = 0; i < ROOM; i++)
        ck_assert_uint_eq(names_find(names, text[i], strlen(text[i])), i);
    ck_assert_uint_eq(names_find(names, "n10000", 6), NAMES_NONE);
    names_free(names);
}
END_TEST

/* Long ones that are alike at either end, and one as long as those of which all counts. */
START_TEST(long_names_are_distinguished_wherever_they_differ)
{
    enum { LEN = 200000, SHORT = 65536, MANY = 5 };
    static const size_t places[MANY] = {0, 40000, 100000, 160000, LEN - 1};
    struct names *names = names_new(MANY + 4, key);
    char *text[MANY + 1];

    for (uint32_t i = 0; i <= MANY; i++) {
        text[i] = malloc(LEN);
        ck_assert_ptr_nonnull(text[i]);
        memset(text[i], 'x', LEN);
        if (i < MANY)
            text[i][places[i]] = 'y';
        ck_assert_uint_eq(names_find(names, text[i], LEN), NAMES_NONE);
        ck_assert_uint_eq(names_add(names, text[i], LEN), i);
    }
    ck_assert_uint_eq(names_add(names, text[MANY], LEN - 1), MANY + 1);
    ck_assert_uint_eq(names_add(names, text[MANY], SHORT + 1), MANY + 2);
    ck_assert_uint_eq(names_add(names, text[MANY], SHORT), MANY + 3);
    for (uint32_t i = 0; i <= MANY; i++)
        ck_assert_uint_eq(names_find(names, text[i], LEN), i);
    ck_assert_uint_eq(names_find(names, text[0] + 1, LEN - 1), MANY + 1);
    ck_assert_uint_eq(names_count(names), MANY + 4);
    names_free(names);
    for (uint32_t i = 0; i <= MANY; i++)
        free(text[i]);
}
END_TEST

Suite *test_suite(void)
{
    const struct check_test tests[] = {
        {equal_names_have_one_number, 1},
        {long_names_are_distinguished_wherever_they_differ, 1},
        {a_long_name_is_looked_up_in_steps, 1},
        {each_long_name_is_compared_from_its_beginning, 2},
        {a_full_set_still_finds_every_name, 1},
    };

    return check_suite("names", NULL, NULL, tests, N(tests));
}
