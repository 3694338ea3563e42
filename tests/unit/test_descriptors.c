/* SPDX-License-Identifier: ISC */
#include "daemon/net/descriptors.h"

#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#include "tests/support/check.h"

/* How long the table of this process's descriptors is, as the kernel has it. */
static unsigned table_size(void)
{
    char line[256];
    unsigned size = 0;
    FILE *status = fopen("/proc/self/status", "r");

    ck_assert_ptr_nonnull(status);
    while (fgets(line, sizeof(line), status) != NULL)
        if (sscanf(line, "FDSize: %u", &size) == 1)
            break;
    fclose(status);
    return size;
}

START_TEST(the_table_is_made_long_beforehand)
{
    uint64_t most = descriptors_raise(), all = 2 * (uint64_t)table_size();

    if (all > most) /* under valgrind, which has descriptors of its own at the end */
        all = most;
    descriptors_make_room(all);
    ck_assert_uint_ge(table_size(), all);
}
END_TEST

START_TEST(no_room_is_made_beyond_the_bounds)
{
    descriptors_make_room(0);
    descriptors_make_room(UINT64_MAX);
    ck_assert_uint_le(table_size(), 65536);
}
END_TEST

START_TEST(what_others_need_is_kept)
{
    ck_assert_uint_eq(descriptors_for_refused(0), 4);
    ck_assert_uint_eq(descriptors_for_refused(1600), 100);
    ck_assert_uint_eq(descriptors_for_refused(UINT64_MAX), 1024);
    ck_assert_uint_eq(descriptors_for_connections(10, 1, 1), 0);
    ck_assert_uint_eq(descriptors_for_connections(1600, 2, 3), 1600 - 16 - 100 - 3 - 8);
}
END_TEST

Suite *test_suite(void)
{
    const struct check_test tests[] = {
        {the_table_is_made_long_beforehand, 1},
        {no_room_is_made_beyond_the_bounds, 1},
        {what_others_need_is_kept, 1},
    };

    return check_suite("descriptors", NULL, NULL, tests, N(tests));
}
