/* SPDX-License-Identifier: ISC */
#include "engine/prioq.h"

static uint32_t rank_of(const struct prioq_node *nodes, uint32_t id)
{
    return id == PRIOQ_NONE ? 0 : nodes[id].rank;
}

/* Keeps the child of the lesser rank on the right.  Whether the node's rank changed. */
static int mend(struct prioq_node *nodes, uint32_t id)
{
    struct prioq_node *node = &nodes[id];
    uint32_t before = node->rank;

    if (rank_of(nodes, node->left) < rank_of(nodes, node->right)) {
        uint32_t left = node->left;

        node->left = node->right;
        node->right = left;
    }
    node->rank = rank_of(nodes, node->right) + 1;
    return node->rank != before;
}

/* Joins two heaps: down their right edges, which are short, then back up. */
static uint32_t meld(struct prioq_node *nodes, uint32_t a, uint32_t b)
{
    uint32_t root = PRIOQ_NONE, last = PRIOQ_NONE;

    while (a != PRIOQ_NONE && b != PRIOQ_NONE) {
        uint32_t first = nodes[a].key < nodes[b].key ? a : b;

        if (first == b)
            b = a;
        a = nodes[first].right;
        nodes[first].parent = last;
        if (last == PRIOQ_NONE)
            root = first;
        else
            nodes[last].right = first;
        last = first;
    }
    if (a == PRIOQ_NONE)
        a = b;
    if (a != PRIOQ_NONE)
        nodes[a].parent = last;
    if (last == PRIOQ_NONE)
        return a;
    nodes[last].right = a;
    for (; last != PRIOQ_NONE; last = nodes[last].parent)
        (void)mend(nodes, last);
    return root;
}

void prioq_push(struct prioq_node *nodes, prioq *queue, uint32_t id, uint64_t key)
{
    nodes[id] = (struct prioq_node){
        .parent = PRIOQ_NONE, .left = PRIOQ_NONE, .right = PRIOQ_NONE, .rank = 1, .key = key};
    *queue = meld(nodes, *queue, id);
}

void prioq_remove(struct prioq_node *nodes, prioq *queue, uint32_t id)
{
    uint32_t parent = nodes[id].parent;
    uint32_t rest = meld(nodes, nodes[id].left, nodes[id].right);

    if (rest != PRIOQ_NONE)
        nodes[rest].parent = parent;
    if (parent == PRIOQ_NONE) {
        *queue = rest;
        return;
    }
    if (nodes[parent].left == id)
        nodes[parent].left = rest;
    else
        nodes[parent].right = rest;
    /* As long as a rank changes: that many are no more than its logarithm. */
    while (parent != PRIOQ_NONE && mend(nodes, parent))
        parent = nodes[parent].parent;
}
