/* SPDX-License-Identifier: ISC */
#ifndef WAITD_BENCH_GROUP_H
#define WAITD_BENCH_GROUP_H

/* Connections that do the same, as they are asked for on the command line,
 * and what was measured on them. */

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "tests/bench/histogram.h"
#include "tests/bench/work.h"

struct group {
    const char *name;
    uint32_t connections;
    uint32_t batches;    /* on each connection, one after another; 0: see duration_ns */
    int64_t duration_ns; /* begin batches for so long; 0: until the others are done */
    int64_t unread_ns;   /* read nothing for so long */
    bool is_storm;       /* connect when it begins, some at a time, not before */
    struct work_order order;

    struct work *works; /* one for all, or one for each connection where waits are drawn */
    uint32_t n_works;

    uint64_t jobs;          /* of finished batches */
    uint32_t accepted;      /* connections whose first batch was */
    int64_t accepted_ns;    /* when the last of these was */
    bool has_done;          /* a job of it is */
    int64_t begun_ns;       /* when the first byte was sent; 0: not yet */
    int64_t finished_ns;    /* when the last batch was */
    struct histogram *late; /* see watch_judge() */
    struct histogram *reply;
    struct histogram *accept; /* from the last of a request to `accepted` */
};

/* Takes words up to `+` or the end, and makes the batches; returns how many
 * words that were.  A word that it does not know ends the program. */
int group_parse(struct group *group, char **words, int n);

/* What it takes: lines of help. */
extern const char group_help[];

const struct work *group_work(const struct group *group, uint32_t connection);

/* Whether it goes on until others are done. */
static inline bool group_accompanies(const struct group *group)
{
    return group->batches == 0 && group->duration_ns == 0;
}

/* As a JSON object. */
void group_print(const struct group *group, FILE *out);

void group_fini(struct group *group);

#endif
