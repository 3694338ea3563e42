/* SPDX-License-Identifier: ISC */
#include "tests/support/check.h"

#include <stdlib.h>
#include <string.h>

#include "engine/timerq.h"

#define IDS 200

static struct timerq queue;

static void make_queue(void)
{
    memset(&queue, 0xff, sizeof queue);
    ck_assert_int_eq(timerq_init(&queue, IDS), 0);
}

static void free_queue(void)
{
    timerq_fini(&queue);
}

/* Small numbers of good enough chance: G. Marsaglia, "Xorshift RNGs" (2003). */
static uint32_t chance(uint32_t n)
{
    static uint32_t x = 2463534242;

    x ^= x << 13;
    x ^= x >> 17;
    x ^= x << 5;
    return x % n;
}

static void set(uint32_t id, int64_t due_ns)
{
    ck_assert_int_eq(timerq_set(&queue, id, due_ns, 7 * id), 0);
}

/* Takes the first entry out and says its id. */
static uint32_t take(void)
{
    const struct timerq_entry *first = timerq_first(&queue);
    uint32_t id;

    ck_assert_ptr_nonnull(first);
    id = first->id;
    timerq_remove(&queue, id);
    return id;
}

static void check_order_of_heap(void)
{
    for (uint32_t i = 1; i < queue.n; i++) {
        const struct timerq_entry *parent = &queue.heap[(i - 1) / 4];
        const struct timerq_entry *child = &queue.heap[i];

        ck_assert_msg(parent->due_ns < child->due_ns ||
                          (parent->due_ns == child->due_ns && parent->id < child->id),
                      "entry %u stands above its parent", i);
    }
}

static void check_places(void)
{
    uint32_t placed = 0;

    for (uint32_t i = 0; i < queue.n; i++)
        ck_assert_uint_eq(queue.place[queue.heap[i].id], i + 1);
    for (uint32_t id = 0; id < queue.ids; id++)
        placed += queue.place[id] != 0;
    ck_assert_uint_eq(placed, queue.n);
}

START_TEST(a_new_queue_is_empty)
{
    ck_assert_ptr_null(timerq_first(&queue));
    ck_assert(!timerq_has(&queue, 0));
}
END_TEST

START_TEST(the_earliest_comes_first)
{
    set(1, 30);
    set(2, 10);
    set(3, 20);
    ck_assert_uint_eq(take(), 2);
    ck_assert_uint_eq(take(), 3);
    ck_assert_uint_eq(take(), 1);
    ck_assert_ptr_null(timerq_first(&queue));
}
END_TEST

START_TEST(at_one_instant_the_lowest_id_comes_first)
{
    for (uint32_t i = 0; i < IDS; i++)
        set((i * 77) % IDS, 5);
    for (uint32_t i = 0; i < IDS; i++)
        ck_assert_uint_eq(take(), i);
}
END_TEST

START_TEST(setting_an_id_again_moves_it)
{
    set(1, 10);
    set(2, 20);
    set(1, 30);
    ck_assert_uint_eq(queue.n, 2);
    ck_assert_uint_eq(timerq_first(&queue)->id, 2);
    set(1, 5);
    ck_assert_uint_eq(timerq_first(&queue)->id, 1);
    ck_assert_int_eq(timerq_first(&queue)->due_ns, 5);
}
END_TEST

START_TEST(an_entry_keeps_its_due_time_and_its_tag)
{
    set(9, INT64_MAX);
    ck_assert_int_eq(timerq_first(&queue)->due_ns, INT64_MAX);
    ck_assert_uint_eq(timerq_first(&queue)->tag, 63);
    ck_assert_int_eq(timerq_set(&queue, 9, 0, 8), 0);
    ck_assert_uint_eq(timerq_first(&queue)->tag, 8);
    ck_assert_int_eq(timerq_first(&queue)->due_ns, 0);
}
END_TEST

START_TEST(removing_what_is_not_there_does_nothing)
{
    set(4, 1);
    timerq_remove(&queue, 5);
    ck_assert(timerq_has(&queue, 4));
    timerq_remove(&queue, 4);
    timerq_remove(&queue, 4);
    ck_assert(!timerq_has(&queue, 4));
    ck_assert_ptr_null(timerq_first(&queue));
}
END_TEST

START_TEST(a_grown_queue_takes_more_ids_and_keeps_what_it_had)
{
    set(0, 10);
    ck_assert_int_eq(timerq_grow(&queue, 4 * IDS), 0);
    set(4 * IDS - 1, 5);
    ck_assert(!timerq_has(&queue, 2 * IDS));
    ck_assert_uint_eq(take(), 4 * IDS - 1);
    ck_assert_uint_eq(take(), 0);
    ck_assert_int_eq(timerq_grow(&queue, 1), 0);
    set(4 * IDS - 1, 5);
    check_places();
}
END_TEST

START_TEST(after_a_reserve_no_entry_needs_memory)
{
    const struct timerq_entry *heap;

    ck_assert_int_eq(timerq_reserve(&queue, IDS), 0);
    heap = queue.heap;
    for (uint32_t i = 0; i < IDS; i++)
        set(i, i);
    ck_assert_ptr_eq(queue.heap, heap);
}
END_TEST

START_TEST(an_all_zero_queue_can_be_freed)
{
    struct timerq zero = {0};

    timerq_fini(&zero);
    ck_assert_ptr_null(zero.heap);
}
END_TEST

/* The queue against an array that is searched from end to end. */
struct plain {
    bool has[IDS];
    int64_t due_ns[IDS];
};

static uint32_t plain_first(const struct plain *plain)
{
    uint32_t first = IDS;

    for (uint32_t id = 0; id < IDS; id++)
        if (plain->has[id] && (first == IDS || plain->due_ns[id] < plain->due_ns[first]))
            first = id;
    return first;
}

static void change(struct plain *plain)
{
    uint32_t id = chance(IDS);

    if (chance(100) < 60) {
        plain->has[id] = true;
        plain->due_ns[id] = chance(2) ? chance(20) : chance(1000000);
        set(id, plain->due_ns[id]);
    } else {
        if (chance(2) && plain_first(plain) < IDS)
            id = plain_first(plain);
        plain->has[id] = false;
        timerq_remove(&queue, id);
    }
}

START_TEST(random_changes_agree_with_a_plain_array)
{
    struct plain plain = {{false}, {0}};

    for (int i = 0; i < 8000; i++) {
        uint32_t first;

        change(&plain);
        first = plain_first(&plain);
        if (first == IDS) {
            ck_assert_ptr_null(timerq_first(&queue));
        } else {
            ck_assert_uint_eq(timerq_first(&queue)->id, first);
            ck_assert_int_eq(timerq_first(&queue)->due_ns, plain.due_ns[first]);
            ck_assert_uint_eq(timerq_first(&queue)->tag, 7 * first);
        }
        if (i % 100 == 0) {
            check_order_of_heap();
            check_places();
        }
    }
}
END_TEST

Suite *test_suite(void)
{
    const struct check_test tests[] = {
        {a_new_queue_is_empty, 1},
        {the_earliest_comes_first, 1},
        {at_one_instant_the_lowest_id_comes_first, 1},
        {setting_an_id_again_moves_it, 1},
        {an_entry_keeps_its_due_time_and_its_tag, 1},
        {removing_what_is_not_there_does_nothing, 1},
        {a_grown_queue_takes_more_ids_and_keeps_what_it_had, 1},
        {after_a_reserve_no_entry_needs_memory, 1},
        {an_all_zero_queue_can_be_freed, 1},
        {random_changes_agree_with_a_plain_array, 1},
    };

    return check_suite("timerq", make_queue, free_queue, tests, N(tests));
}
