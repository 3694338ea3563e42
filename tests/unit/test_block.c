/* SPDX-License-Identifier: ISC */
#include "proto/block.h"

#include <check.h>

#include "tests/support/check.h"

#define MIB ((size_t)1 << 20)

/* Whatever it grows by at a time, a block is small as long as it may be copied, and beyond that
 * it moves seldom. */
START_TEST(a_block_is_small_or_a_mapping_and_moves_seldom)
{
    static const size_t steps[] = {1, 17, 4096, 32 << 10, 100000};
    size_t step = steps[_i], moves = 0;

    for (size_t used = step, size = 0; used <= 64 * MIB; used += step) {
        if (used <= size)
            continue;
        moves += size >= BLOCK_MAPPED_BYTES;
        ck_assert(size < BLOCK_COPIED_BYTES + BLOCK_COPIED_BYTES / 2 || size >= BLOCK_MAPPED_BYTES);
        size = block_grown_size(used);
        ck_assert_uint_ge(size, used);
        ck_assert_uint_le(size, BLOCK_MAPPED_BYTES + 4 * used);
    }
    ck_assert_uint_le(moves, 2);
}
END_TEST

START_TEST(a_size_never_wraps_around)
{
    ck_assert_uint_eq(block_grown_size(SIZE_MAX), SIZE_MAX);
    ck_assert_uint_eq(block_grown_size(SIZE_MAX / 4 + 1), SIZE_MAX / 4 + 1);
    ck_assert_uint_ge(block_grown_size(SIZE_MAX / 4), SIZE_MAX / 4);
}
END_TEST

START_TEST(a_zeroed_block_is_small_or_a_mapping)
{
    ck_assert_uint_eq(block_size(1), 1);
    ck_assert_uint_eq(block_size(BLOCK_COPIED_BYTES - 1), BLOCK_COPIED_BYTES - 1);
    ck_assert_uint_eq(block_size(BLOCK_COPIED_BYTES), BLOCK_MAPPED_BYTES);
    ck_assert_uint_eq(block_size(BLOCK_MAPPED_BYTES + 1), BLOCK_MAPPED_BYTES + 1);
}
END_TEST

START_TEST(a_block_is_freed_in_steps)
{
    char *block = malloc(MIB);
    size_t budget = MIB / 4, steps = 1;

    ck_assert_ptr_nonnull(block);
    for (; !block_free_some(&block, &budget); budget = MIB / 4)
        steps++;
    ck_assert_ptr_null(block);
    ck_assert_uint_ge(steps, 4);
    ck_assert_uint_le(steps, 6);
    ck_assert(block_free_some(&block, &budget));
}
END_TEST

START_TEST(a_block_is_trimmed_where_that_is_worth_it)
{
    char *block = malloc(4 * MIB), *before = block;

    ck_assert_ptr_nonnull(block);
    block_trim(&block, BLOCK_COPIED_BYTES - 1);
    ck_assert_ptr_eq(block, before);
    memset(block, 'x', MIB);
    block_trim(&block, MIB);
    ck_assert_ptr_nonnull(block);
    ck_assert_int_eq(block[MIB - 1], 'x');
    free(block);
}
END_TEST

Suite *test_suite(void)
{
    const struct check_test tests[] = {
        {a_block_is_small_or_a_mapping_and_moves_seldom, 5}, {a_size_never_wraps_around, 1},
        {a_zeroed_block_is_small_or_a_mapping, 1},           {a_block_is_freed_in_steps, 1},
        {a_block_is_trimmed_where_that_is_worth_it, 1},
    };

    return check_suite("block", NULL, NULL, tests, N(tests));
}
