/* SPDX-License-Identifier: ISC */
#include "tests/support/check.h"

#include <stdlib.h>
#include <string.h>

#include "engine/dueq.h"

#define ROOM 20000

static struct dueq queue;

static void make_queue(void)
{
    memset(&queue, 0xff, sizeof queue);
    ck_assert_int_eq(dueq_init(&queue, ROOM), 0);
}

static void free_queue(void)
{
    dueq_fini(&queue);
}

/* Numbers of good enough chance: G. Marsaglia, "Xorshift RNGs" (2003). */
static uint64_t chance(uint64_t n)
{
    static uint64_t x = UINT64_C(88172645463325252);

    x ^= x << 13;
    x ^= x >> 7;
    x ^= x << 17;
    return x % n;
}

static void push(uint32_t id, int64_t due_ns)
{
    dueq_push(&queue, &(struct dueq_entry){.due_ns = due_ns, .id = id, .tag = 7 * id});
}

static const struct dueq_entry *first_of(struct dueq *q)
{
    size_t n;

    return dueq_look(q, 1, &n);
}

/* Takes the first entry out and says its id. */
static uint32_t take(void)
{
    const struct dueq_entry *first = first_of(&queue);
    uint32_t id;

    ck_assert_ptr_nonnull(first);
    id = first->id;
    dueq_take(&queue, 1);
    return id;
}

START_TEST(a_new_queue_is_empty)
{
    ck_assert_ptr_null(first_of(&queue));
}
END_TEST

START_TEST(the_earliest_comes_first)
{
    push(1, 30);
    push(2, 10);
    push(3, 20);
    ck_assert_uint_eq(take(), 2);
    ck_assert_uint_eq(take(), 3);
    ck_assert_uint_eq(take(), 1);
    ck_assert_ptr_null(first_of(&queue));
}
END_TEST

START_TEST(at_one_instant_the_lowest_id_comes_first)
{
    for (uint32_t i = 0; i < ROOM; i++)
        push((i * 77) % ROOM, 5);
    for (uint32_t i = 0; i < ROOM; i++)
        ck_assert_uint_eq(take(), i);
}
END_TEST

START_TEST(an_entry_keeps_its_due_time_and_its_tag)
{
    push(UINT32_MAX, INT64_MAX);
    push(9, INT64_MAX);
    ck_assert_int_eq(first_of(&queue)->due_ns, INT64_MAX);
    ck_assert_uint_eq(first_of(&queue)->tag, 63);
    ck_assert_uint_eq(take(), 9);
    ck_assert_uint_eq(take(), UINT32_MAX);
}
END_TEST

START_TEST(an_all_zero_queue_can_be_freed)
{
    struct dueq zero = {0};

    dueq_fini(&zero);
    ck_assert_ptr_null(zero.pages);
}
END_TEST

/* ---- Against an ordinary binary heap ------------------------------------------- */

struct model {
    struct dueq_entry *heap;
    uint32_t n;
};

static bool before(const struct dueq_entry *a, const struct dueq_entry *b)
{
    return a->due_ns != b->due_ns ? a->due_ns < b->due_ns : a->id < b->id;
}

static void model_push(struct model *model, struct dueq_entry entry)
{
    uint32_t at = model->n++;

    for (; at > 0 && before(&entry, &model->heap[(at - 1) / 2]); at = (at - 1) / 2)
        model->heap[at] = model->heap[(at - 1) / 2];
    model->heap[at] = entry;
}

static void model_pop(struct model *model)
{
    struct dueq_entry entry = model->heap[--model->n];
    uint32_t at = 0;

    for (uint32_t child; (child = 2 * at + 1) < model->n; at = child) {
        if (child + 1 < model->n && before(&model->heap[child + 1], &model->heap[child]))
            child++;
        if (!before(&model->heap[child], &entry))
            break;
        model->heap[at] = model->heap[child];
    }
    model->heap[at] = entry;
}

/* How a stretch of pushes chooses its due times. */
enum law { EQUAL, RISING, FALLING, NEAR, FAR, ANYWHERE, LAWS };

static int64_t draw_due(enum law law, int64_t now_ns, uint32_t i)
{
    switch (law) {
    case EQUAL:
        return now_ns + 1000;
    case RISING:
        return now_ns + i;
    case FALLING:
        return now_ns + 100000 - i;
    case NEAR:
        return now_ns + (int64_t)chance(50);
    case FAR:
        return now_ns + (int64_t)chance(INT64_MAX / 2);
    case ANYWHERE:
    case LAWS:
        break;
    }
    return (int64_t)chance((uint64_t)INT64_MAX); /* before what was taken, too */
}

/* One assertion for all: each costs a system call. */
static void check_first(struct dueq *q, const struct model *model)
{
    const struct dueq_entry *first = first_of(q);
    bool agrees = q->n == model->n && (first == NULL) == (model->n == 0);

    if (agrees && first != NULL)
        agrees = first->due_ns == model->heap->due_ns && first->id == model->heap->id &&
                 first->tag == model->heap->tag;
    if (!agrees)
        ck_abort_msg("of %u entries another comes first", model->n);
}

static void push_some(struct dueq *q, struct model *model, uint32_t n, int64_t now_ns,
                      uint32_t *next_id)
{
    enum law law = (enum law)chance(LAWS);
    bool descending = chance(4) == 0;

    for (uint32_t i = 0; i < n; i++) {
        uint32_t id = descending ? *next_id + n - 1 - i : *next_id + i;
        struct dueq_entry entry = {.due_ns = draw_due(law, now_ns, i), .id = id, .tag = ~id};

        dueq_push(q, &entry);
        model_push(model, entry);
    }
    *next_id += n;
}

/* Pages that hold a run, gather, are sorted into or are free: each is one. */
static void check_pages(const struct dueq *q)
{
    if (q->n_pages > 1)
        ck_assert_uint_eq(q->used_pages, q->n_runs + q->n_free + 2);
    ck_assert_uint_le(q->used_pages, q->n_pages);
}

/* Takes up to `most` entries, as many at a time as the queue shows. */
static uint32_t take_some(struct dueq *q, struct model *model, uint32_t most)
{
    size_t shown, taken;
    const struct dueq_entry *entries = dueq_look(q, most, &shown);

    if (shown < 1 || shown > most)
        ck_abort_msg("%zu entries shown of %u", shown, most);
    taken = 1 + (size_t)chance(shown);
    for (size_t i = 0; i < taken; i++) {
        if (entries[i].due_ns != model->heap->due_ns || entries[i].id != model->heap->id)
            ck_abort_msg("entry %zu of %zu is not the next", i, shown);
        model_pop(model);
    }
    (void)dueq_take(q, taken);
    check_first(q, model);
    return (uint32_t)taken;
}

/* Pushes and takes in stretches of all lengths, at all fillings up to the brim. */
static void compare(uint32_t room, uint32_t turns)
{
    struct model model = {.heap = malloc(room * sizeof(*model.heap))};
    struct dueq q;
    uint32_t next_id = 0;
    int64_t now_ns = 0;

    ck_assert_int_eq(dueq_init(&q, room), 0);
    for (uint32_t turn = 0; turn < turns; turn++) {
        uint32_t most = chance(3) == 0 ? 3 : 1 + (uint32_t)chance(room);
        uint32_t pushed = (uint32_t)chance(most + 1), taken = (uint32_t)chance(most + 1);

        push_some(&q, &model, pushed > room - model.n ? room - model.n : pushed, now_ns, &next_id);
        check_pages(&q);
        check_first(&q, &model);
        while (taken > 0 && model.n > 0) {
            now_ns = model.heap->due_ns < INT64_MAX / 4 ? model.heap->due_ns : now_ns;
            taken -= take_some(&q, &model, taken);
        }
        check_pages(&q);
    }
    dueq_fini(&q);
    free(model.heap);
}

static const uint32_t rooms[] = {1, 2, 31, 32, 64, 65, 100, 1000, ROOM};
#define ROOMS N(rooms)

START_TEST(random_changes_agree_with_a_heap)
{
    compare(rooms[_i], rooms[_i] < 1000 ? 3000 : 40);
}
END_TEST

/* One is taken and one pushed, for long: what a limit on jobs in flight does.
 * The runs' ends are few entries each, and do not take up ever more pages. */
START_TEST(taking_one_and_pushing_one_agrees_with_a_heap)
{
    struct model model = {.heap = malloc(ROOM * sizeof(*model.heap))};
    uint32_t id = 0;

    for (; id < ROOM; id++) {
        struct dueq_entry entry = {.due_ns = (int64_t)chance(1000000), .id = id};

        dueq_push(&queue, &entry);
        model_push(&model, entry);
    }
    for (; id < 20 * ROOM; id++) {
        struct dueq_entry entry = {.due_ns = model.heap->due_ns, .id = id};

        check_first(&queue, &model);
        entry.due_ns += (int64_t)chance(id % 100 == 0 ? 1000000000 : 1000000);
        model_pop(&model);
        dueq_take(&queue, 1);
        dueq_push(&queue, &entry);
        model_push(&model, entry);
    }
    check_pages(&queue);
    ck_assert_uint_gt(queue.used_pages, queue.n_pages - 3); /* all were needed: 2n/m runs */
    free(model.heap);
}
END_TEST

/* One is taken and one pushed, most often behind all others: what a limit on jobs of
 * equal length does.  The queue on the page moves on and back to the page's start. */
static void compare_in_turn(uint32_t room, uint32_t filling)
{
    struct model model = {.heap = malloc(room * sizeof(*model.heap))};
    uint32_t id = 0;
    struct dueq q;

    ck_assert_int_eq(dueq_init(&q, room), 0);
    for (; id < 4 * ROOM; id++) {
        bool full = model.n == filling;
        struct dueq_entry entry = {.due_ns = full ? model.heap->due_ns + 1000 : 1000, .id = id};

        if (chance(2000) == 0)
            entry.due_ns -= 500;
        check_first(&q, &model);
        if (full) {
            model_pop(&model);
            dueq_take(&q, 1);
        }
        dueq_push(&q, &entry);
        model_push(&model, entry);
    }
    check_pages(&q);
    dueq_fini(&q);
    free(model.heap);
}

START_TEST(equal_lengths_in_turn_agree_with_a_heap)
{
    compare_in_turn(rooms[_i], rooms[_i]);
    compare_in_turn(rooms[_i], rooms[_i] / 3 + 1);
    compare_in_turn(rooms[_i], rooms[_i] / 100 + 1);
}
END_TEST

/* The first is replaced by another one, by one that comes right behind it, or is taken and one
 * pushed instead; at times the queue runs empty. */
static void compare_replacing(uint32_t room)
{
    struct model model = {.heap = malloc(room * sizeof(*model.heap))};
    uint32_t id = 0;
    struct dueq q;

    ck_assert_int_eq(dueq_init(&q, room), 0);
    for (; id < 6 * ROOM; id++) {
        const struct dueq_entry *first = dueq_first(&q);
        struct dueq_entry entry = {.due_ns = first != NULL ? first->due_ns : 0, .id = id};

        check_first(&q, &model);
        entry.due_ns += chance(4) == 0 ? 1 : (int64_t)chance(1000000);
        if (first != NULL && (model.n == room || chance(10) > 0)) {
            model_pop(&model);
            dueq_replace_first(&q, &entry);
        } else if (first != NULL && chance(3) == 0) {
            model_pop(&model);
            dueq_take(&q, 1);
            continue;
        } else {
            dueq_push(&q, &entry);
        }
        model_push(&model, entry);
    }
    check_pages(&q);
    dueq_fini(&q);
    free(model.heap);
}

START_TEST(replacing_the_first_agrees_with_a_heap)
{
    compare_replacing(rooms[_i]);
}
END_TEST

/* The first is replaced for long, so that the page becomes a tournament; now and then something
 * else comes in between, which ends it. */
static void compare_playing(struct dueq *q, struct model *model, uint32_t room, uint32_t filling)
{
    uint32_t id = 0, turns = filling < 300 ? 20 * filling : 6 * ROOM, played = 0;

    for (; id < turns; id++) {
        const struct dueq_entry *first = dueq_first(q);
        struct dueq_entry entry = {
            .due_ns = first != NULL ? first->due_ns : 0, .id = id, .tag = ~id};
        bool other = chance(4 * filling) == 0;

        check_first(q, model);
        played += q->plays;
        entry.due_ns += chance(4) == 0 ? 1 : (int64_t)chance(1000000);
        if (model->n == room || (other && model->n > 1 && chance(2) == 0)) {
            model_pop(model);
            dueq_take(q, 1);
        } else if (model->n >= filling && !other) {
            model_pop(model);
            dueq_replace_first(q, &entry);
            model_push(model, entry);
        } else {
            dueq_push(q, &entry);
            model_push(model, entry);
        }
    }
    check_pages(q);
    ck_assert_uint_gt(played, turns / 4);
}

static const uint32_t fillings[] = {8, 9, 31, 64, 100, 1000, 2000};
#define FILLINGS ((int)(sizeof fillings / sizeof *fillings))

START_TEST(replacing_the_first_for_long_agrees_with_a_heap)
{
    struct model model = {.heap = malloc(ROOM * sizeof(*model.heap))};

    compare_playing(&queue, &model, ROOM, fillings[_i]);
    while (model.n > 0) {
        check_first(&queue, &model);
        model_pop(&model);
        dueq_take(&queue, 1);
    }
    ck_assert_ptr_null(dueq_first(&queue));
    free(model.heap);
}
END_TEST

START_TEST(what_was_in_order_is_so_when_its_first_is_replaced)
{
    for (uint32_t i = 0; i < 10; i++)
        push(i, i);
    ck_assert_ptr_nonnull(dueq_first(&queue));
    dueq_replace_first(&queue, &(struct dueq_entry){.due_ns = 100, .id = 10});
    for (uint32_t i = 1; i <= 10; i++)
        ck_assert_uint_eq(take(), i);
    ck_assert_ptr_null(dueq_first(&queue));
}
END_TEST

/* Of entries whose runs take turns, many stand side by side all the same: merged ahead, once, and
 * again when those are used up. */
START_TEST(what_comes_first_in_many_runs_is_merged_ahead)
{
    uint32_t looks = 0, last_id = 0;
    size_t shown;

    for (uint32_t i = 0; i < ROOM; i++)
        push(i, (int64_t)(i * 7919 % ROOM)); /* a prime: each due time once */
    for (const struct dueq_entry *first; (first = dueq_look(&queue, ROOM, &shown)); looks++) {
        for (size_t i = 0; i < shown; i++)
            if (first[i].due_ns != (int64_t)last_id++)
                ck_abort_msg("entry %u is not the next", last_id - 1);
        ck_assert_uint_le(queue.used_pages, queue.n_pages);
        dueq_take(&queue, shown);
    }
    ck_assert_uint_eq(last_id, ROOM);
    ck_assert_uint_lt(looks, ROOM / 16);
}
END_TEST

START_TEST(what_is_pushed_in_order_stays_where_it_is)
{
    for (uint32_t i = 0; i < ROOM; i++)
        push(i, 1000);
    for (uint32_t i = 0; i < ROOM; i++) {
        uint32_t page = i / queue.page_size < 1 ? 0 : i / queue.page_size + 1; /* 1: scratch */

        ck_assert_ptr_eq(first_of(&queue),
                         &queue.pages[page * queue.page_size + i % queue.page_size]);
        ck_assert_uint_eq(take(), i);
    }
}
END_TEST

Suite *test_suite(void)
{
    const struct check_test tests[] = {
        {a_new_queue_is_empty, 1},
        {the_earliest_comes_first, 1},
        {at_one_instant_the_lowest_id_comes_first, 1},
        {an_entry_keeps_its_due_time_and_its_tag, 1},
        {an_all_zero_queue_can_be_freed, 1},
        {random_changes_agree_with_a_heap, ROOMS},
        {equal_lengths_in_turn_agree_with_a_heap, ROOMS},
        {replacing_the_first_agrees_with_a_heap, ROOMS},
        {what_comes_first_in_many_runs_is_merged_ahead, 1},
        {replacing_the_first_for_long_agrees_with_a_heap, FILLINGS},
        {what_was_in_order_is_so_when_its_first_is_replaced, 1},
        {taking_one_and_pushing_one_agrees_with_a_heap, 1},
        {what_is_pushed_in_order_stays_where_it_is, 1},
    };

    return check_suite("dueq", make_queue, free_queue, tests, N(tests));
}
