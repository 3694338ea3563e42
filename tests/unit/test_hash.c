/* SPDX-License-Identifier: ISC */
#include "proto/hash.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/check.h"

static const uint8_t key[16] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};

/* From the paper's appendix and the reference implementation's vectors. */
START_TEST(siphash_gives_its_published_answers)
{
    static const struct {
        size_t len;
        uint64_t hash;
    } cases[] = {
        {0, UINT64_C(0x726fdb47dd0e0e31)},
        {1, UINT64_C(0x74f839c593dc67fd)},
        {8, UINT64_C(0x93f5f5799a932462)},
        {15, UINT64_C(0xa129ca6149be45e5)},
    };
    char bytes[15];

    for (size_t i = 0; i < sizeof(bytes); i++)
        bytes[i] = (char)i;
    for (size_t i = 0; i < N(cases); i++)
        ck_assert_uint_eq(hash_bytes(key, bytes, cases[i].len), cases[i].hash);
}
END_TEST

/* Items whose keys are numbers, under a hash that few of them share or many. */
#define ITEMS 5000
static uint64_t spread; /* how many different hashes there are */
static unsigned looked_at;

static uint64_t hash_of_item(const void *context, uint32_t item)
{
    const uint64_t *keys = context;

    looked_at++;
    return hash_bytes(key, &keys[item], sizeof(*keys)) % spread;
}

static bool is_item(const void *context, uint32_t item, const void *wanted)
{
    return ((const uint64_t *)context)[item] == *(const uint64_t *)wanted;
}

static uint32_t find(const struct hash *hash, const uint64_t *keys, uint64_t wanted)
{
    return hash_find(hash, hash_bytes(key, &wanted, sizeof(wanted)) % spread, is_item, keys,
                     &wanted);
}

static const uint64_t spreads[] = {UINT64_C(1) << 32, 1000, 3};

/* Adds and removes at random, and compares with a table of booleans. */
START_TEST(each_item_is_found_until_it_is_removed)
{
    static uint64_t keys[ITEMS];
    static bool is_there[ITEMS];
    struct hash hash = {0};
    uint32_t n = 0, items = spreads[_i] < 10 ? 300 : ITEMS;

    spread = spreads[_i];
    srandom(7);
    memset(is_there, 0, sizeof(is_there));
    for (uint32_t i = 0; i < items; i++)
        keys[i] = i * UINT64_C(3);
    for (unsigned round = 0; round < 8 * items; round++) {
        uint32_t item = (uint32_t)random() % items, other = (uint32_t)random() % items;

        if (is_there[item])
            hash_remove(&hash, item, hash_of_item, keys);
        else
            ck_assert_int_eq(hash_add(&hash, hash_of_item(keys, item), item, hash_of_item, keys),
                             0);
        n = is_there[item] ? n - 1 : n + 1;
        is_there[item] = !is_there[item];
        ck_assert_uint_eq(hash.n, n);
        ck_assert_uint_eq(find(&hash, keys, keys[other]), is_there[other] ? other : HASH_NONE);
        ck_assert_uint_eq(find(&hash, keys, keys[other] + 1), HASH_NONE);
    }
    for (uint32_t i = 0; i < items; i++)
        ck_assert_uint_eq(find(&hash, keys, keys[i]), is_there[i] ? i : HASH_NONE);
    hash_fini(&hash);
}
END_TEST

START_TEST(no_call_goes_over_all_that_is_there)
{
    static uint64_t keys[ITEMS];
    struct hash hash = {0};

    spread = UINT64_MAX;
    for (uint32_t i = 0; i < ITEMS; i++) {
        uint64_t h;

        keys[i] = i;
        h = hash_of_item(keys, i);
        looked_at = 0;
        ck_assert_int_eq(hash_add(&hash, h, i, hash_of_item, keys), 0);
        ck_assert_uint_le(looked_at, 200);
    }
    hash_fini(&hash);
}
END_TEST

START_TEST(what_is_reserved_needs_no_more_memory)
{
    static uint64_t keys[ITEMS];
    struct hash hash = {0};
    const uint32_t *slots;

    spread = UINT64_MAX;
    ck_assert_int_eq(hash_reserve(&hash, ITEMS), 0);
    slots = hash.slots;
    for (uint32_t i = 0; i < ITEMS; i++) {
        keys[i] = i;
        ck_assert_int_eq(hash_add(&hash, hash_of_item(keys, i), i, hash_of_item, keys), 0);
    }
    ck_assert_ptr_eq(hash.slots, slots);
    hash_fini(&hash);
    ck_assert_uint_eq(find(&hash, keys, 1), HASH_NONE);
}
END_TEST

Suite *test_suite(void)
{
    const struct check_test tests[] = {
        {siphash_gives_its_published_answers, 1},
        {each_item_is_found_until_it_is_removed, N(spreads)},
        {no_call_goes_over_all_that_is_there, 1},
        {what_is_reserved_needs_no_more_memory, 1},
    };

    return check_suite("hash", NULL, NULL, tests, N(tests));
}
