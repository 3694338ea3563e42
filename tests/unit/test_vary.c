/* SPDX-License-Identifier: ISC */
#include "client/cmd/vary.h"

#include <string.h>

#include "client/net/requests.h"
#include "tests/support/check.h"

/* What --vary says, and the point from which more brings little. */

static struct vary vary;

static const struct {
    const char *text;
    enum vary_member member;
    const char *name;
    size_t n;
    uint32_t last;
} read[] = {
    {"workers=1", VARY_WORKERS, "workers", 1, 1},
    {"workers=1,2,4,8", VARY_WORKERS, "workers", 4, 8},
    {"concurrency=4294967294", VARY_CONCURRENCY, "concurrency", 1, 4294967294},
    {"pools.db=3,1", VARY_POOL, "pools.db", 2, 1},
    {"pools.a=b,c=7", VARY_POOL, "pools.a=b,c", 1, 7},
    {"pools.=7", VARY_POOL, "pools.", 1, 7},
};

START_TEST(a_member_and_its_values_are_read)
{
    ck_assert_ptr_null(vary_parse(&vary, read[_i].text));
    ck_assert_int_eq(vary.member, read[_i].member);
    ck_assert_uint_eq(vary.name_len, strlen(read[_i].name));
    ck_assert_int_eq(memcmp(vary.name, read[_i].name, vary.name_len), 0);
    ck_assert_uint_eq(vary.n, read[_i].n);
    ck_assert_uint_eq(vary.values[vary.n - 1], read[_i].last);
}
END_TEST

static const char *const wrong[] = {
    "",
    "workers",
    "workers=",
    "workers=0",
    "workers=1,",
    "workers=,1",
    "workers=1,,2",
    "workers=-1",
    "workers=4294967295",
    "workers=99999999999999999999",
    "workers=1x",
    "worker=1",
    "pools=1",
    "pool.db=1",
    "concurrency=1.5",
};

START_TEST(what_is_none_is_refused)
{
    ck_assert_ptr_nonnull(vary_parse(&vary, wrong[_i]));
}
END_TEST

START_TEST(more_values_than_there_is_room_for_are_refused)
{
    static char text[3 * VARY_VALUES_MAX + 20] = "workers=1";

    for (int i = 1; i < VARY_VALUES_MAX; i++)
        strcat(text, ",1");
    ck_assert_ptr_null(vary_parse(&vary, text));
    ck_assert_uint_eq(vary.n, VARY_VALUES_MAX);
    ck_assert_ptr_nonnull(vary_parse(&vary, strcat(text, ",1")));
}
END_TEST

START_TEST(the_other_pools_stay_as_they_are)
{
    static const char batch[] = "{\"pools\":{\"a\":1,\"d\\u0062\":2,\"c\":3},\"jobs\":[]}";
    struct overrides overrides = {{NULL}};
    struct fault fault;
    struct plan *plan = requests_plan(batch, sizeof batch - 1, &fault);

    ck_assert_ptr_null(vary_parse(&vary, "pools.db=7,8"));
    ck_assert_ptr_null(vary_override(&vary, 1, plan, &overrides));
    ck_assert_str_eq(overrides.json[OVERRIDE_POOLS], "{\"a\":1,\"d\\u0062\":8,\"c\":3}");
    ck_assert_ptr_null(vary_parse(&vary, "pools.dc=7"));
    ck_assert_str_eq(vary_override(&vary, 0, plan, &overrides), "there is no pool of that name");
    ck_assert_ptr_null(vary_parse(&vary, "concurrency=9"));
    ck_assert_ptr_null(vary_override(&vary, 0, plan, &overrides));
    ck_assert_str_eq(overrides.json[OVERRIDE_CONCURRENCY], "9");
    overrides_fini(&overrides);
    plan_free(plan);
}
END_TEST

static const struct {
    int64_t p50_ns[5];
    size_t n, knee;
} knees[] = {
    {{100}, 1, 1},
    {{100, 50}, 2, 2},
    {{100, 95}, 2, 2},
    {{100, 96}, 2, 0},
    {{100, 50, 49, 48, 48}, 5, 1},
    {{100, 99, 50, 49}, 4, 2}, /* little, then much: the point is behind that */
    {{100, 50, 60}, 3, 1},
    {{0, 0, 0}, 3, 0},
    {{19, 18}, 2, 2},
    {{21, 20}, 2, 0},
};

START_TEST(the_point_is_that_behind_which_no_row_brings_five_per_cent)
{
    ck_assert_uint_eq(vary_knee(knees[_i].p50_ns, knees[_i].n), knees[_i].knee);
}
END_TEST

Suite *test_suite(void)
{
    const struct check_test tests[] = {
        {a_member_and_its_values_are_read, N(read)},
        {what_is_none_is_refused, N(wrong)},
        {more_values_than_there_is_room_for_are_refused, 1},
        {the_other_pools_stay_as_they_are, 1},
        {the_point_is_that_behind_which_no_row_brings_five_per_cent, N(knees)},
    };

    return check_suite("vary", NULL, NULL, tests, N(tests));
}
