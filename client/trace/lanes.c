/* SPDX-License-Identifier: ISC */
#include "client/trace/lanes.h"

#include <stdlib.h>
#include <string.h>

/* Bits by the word, as a power of two. */
#define WORD 6

void lanes_fini(struct lanes *lanes)
{
    for (unsigned level = 0; level < LANES_LEVELS; level++)
        free(lanes->free[level]);
    *lanes = (struct lanes){0};
}

/* How many words a level has for so many lanes. */
static size_t words(uint32_t room, unsigned level)
{
    return ((size_t)room >> WORD * (level + 1)) + 1;
}

static int grow(struct lanes *lanes)
{
    uint32_t room = lanes->room > 0 ? lanes->room * 2 : 64;

    if (room > LANES_MAX)
        return -1;
    for (unsigned level = 0; level < LANES_LEVELS; level++) {
        size_t before = lanes->room > 0 ? words(lanes->room, level) : 0;
        size_t after = words(room, level);
        uint64_t *grown = realloc(lanes->free[level], after * sizeof *grown);

        if (grown == NULL)
            return -1;
        memset(grown + before, 0, (after - before) * sizeof *grown);
        lanes->free[level] = grown;
    }
    lanes->room = room;
    while (words(room - 1, lanes->top) > 1)
        lanes->top++;
    return 0;
}

uint32_t lanes_acquire(struct lanes *lanes)
{
    uint32_t lane = 0;

    if (lanes->n_free == 0)
        return lanes->n < lanes->room || grow(lanes) == 0 ? lanes->n++ : UINT32_MAX;
    for (unsigned level = lanes->top + 1; level-- > 0;)
        lane = lane << WORD | (uint32_t)__builtin_ctzll(lanes->free[level][lane]);
    lanes->n_free--;
    /* Up to where another one is free. */
    for (uint32_t level = 0, at = lane; level < LANES_LEVELS; level++, at >>= WORD) {
        uint64_t *word = &lanes->free[level][at >> WORD];

        *word &= *word - 1; /* it is the lowest */
        if (*word != 0)
            break;
    }
    return lane;
}

void lanes_release(struct lanes *lanes, uint32_t lane)
{
    lanes->n_free++;
    /* Up to where another one was free. */
    for (uint32_t level = 0, at = lane; level < LANES_LEVELS; level++, at >>= WORD) {
        uint64_t *word = &lanes->free[level][at >> WORD], before = *word;

        *word |= UINT64_C(1) << (at & 63);
        if (before != 0)
            break;
    }
}
