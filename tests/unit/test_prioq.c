/* SPDX-License-Identifier: ISC */
#include "engine/prioq.h"

#include <stdbool.h>
#include <string.h>

#include "tests/support/check.h"

#define IDS    200
#define QUEUES 3

START_TEST(a_higher_priority_goes_first_and_then_who_came_first)
{
    ck_assert(prioq_key(INT32_MAX, 7) < prioq_key(INT32_MAX - 1, 0));
    ck_assert(prioq_key(1, 7) < prioq_key(0, 0));
    ck_assert(prioq_key(0, UINT32_MAX) < prioq_key(-1, 0));
    ck_assert(prioq_key(INT32_MIN + 1, 7) < prioq_key(INT32_MIN, 0));
    ck_assert(prioq_key(5, 1) < prioq_key(5, 2));
}
END_TEST

/* What the queues hold, to be iterated over. */
struct shadow {
    bool in[QUEUES][IDS];
    uint64_t key[IDS];
};

static uint32_t first_of(const struct shadow *shadow, unsigned queue)
{
    uint32_t first = PRIOQ_NONE;

    for (uint32_t id = 0; id < IDS; id++)
        if (shadow->in[queue][id] && (first == PRIOQ_NONE || shadow->key[id] < shadow->key[first]))
            first = id;
    return first;
}

/* Every node's rank, order and parent; no deeper on the right than its rank says. */
static void check_node(const struct prioq_node *nodes, uint32_t id, uint32_t parent)
{
    const struct prioq_node *node;
    uint32_t left, right;

    if (id == PRIOQ_NONE)
        return;
    node = &nodes[id];
    left = node->left == PRIOQ_NONE ? 0 : nodes[node->left].rank;
    right = node->right == PRIOQ_NONE ? 0 : nodes[node->right].rank;
    if (node->parent != parent || node->rank != right + 1 || left < right ||
        (parent != PRIOQ_NONE && nodes[parent].key >= node->key))
        ck_abort_msg("node %u is out of order", (unsigned)id);
    check_node(nodes, node->left, id);
    check_node(nodes, node->right, id);
}

START_TEST(queues_that_share_their_nodes_keep_their_order)
{
    static struct shadow shadow;
    static struct prioq_node nodes[IDS];
    prioq queues[QUEUES] = {PRIOQ_NONE, PRIOQ_NONE, PRIOQ_NONE};
    uint64_t state = 88172645463325252;

    for (uint32_t i = 0; i < 200000; i++) {
        uint32_t id, queue;

        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        id = (uint32_t)(state >> 32) % IDS;
        for (queue = 0; queue < QUEUES && !shadow.in[queue][id]; queue++)
            continue;
        if (queue < QUEUES) {
            if ((state & 1) != 0)
                id = queues[queue];
            shadow.in[queue][id] = false;
            prioq_remove(nodes, &queues[queue], id);
        } else {
            queue = (uint32_t)(state >> 20) % QUEUES;
            shadow.in[queue][id] = true;
            shadow.key[id] = prioq_key((int32_t)(state >> 8 & 3), i);
            prioq_push(nodes, &queues[queue], id, shadow.key[id]);
        }
        if (queues[queue] != first_of(&shadow, queue))
            ck_abort_msg("another is first after %u", (unsigned)i);
        if (i % 64 == 0)
            check_node(nodes, queues[queue], PRIOQ_NONE);
    }
}
END_TEST

Suite *test_suite(void)
{
    const struct check_test tests[] = {
        {a_higher_priority_goes_first_and_then_who_came_first, 1},
        {queues_that_share_their_nodes_keep_their_order, 1},
    };

    return check_suite("prioq", NULL, NULL, tests, N(tests));
}
