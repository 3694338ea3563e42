/* SPDX-License-Identifier: ISC */
#ifndef WAITD_BATCHES_H
#define WAITD_BATCHES_H

/* The batches that run, found by their numbers, or detached ones by their refs.  Pure. */

#include <stddef.h>
#include <stdint.h>

#include "client/show/pending.h"
#include "proto/event_read.h"
#include "proto/hash.h"
#include "proto/request.h"
#include "proto/slots.h"

/* Ways of showing that may be at work at once, one for standard output and
 * the others for files. */
#define SHOWS_MAX 4

struct eta;

/* A ref, with a NUL behind it; longer ones are no refs. */
#define BATCHES_REF_MAX (REQUEST_REF_MAX + 1)

/* What batches_label() writes, with a NUL behind it. */
#define BATCHES_LABEL_MAX (BATCHES_REF_MAX + 8)

struct active_batch {
    uint64_t number;           /* the daemon's; never 0; of a detached one a hash of its ref */
    char ref[BATCHES_REF_MAX]; /* of a detached one, else empty */
    uint32_t slot;             /* among those that run */
    uint64_t ordinal;          /* among those of this run, from 0 */
    uint64_t jobs;
    struct pending request;
    struct eta *eta;       /* owned; NULL where nobody wants it: see client/show/eta.h */
    void *kept[SHOWS_MAX]; /* what each way of showing keeps of it */
};

/* All zero to begin with. */
struct batches {
    size_t n; /* that run */
    struct slots all;
    struct hash by_number;     /* slots */
    uint64_t added;            /* ever */
    struct active_batch *last; /* asked for */
};

/* Drops all of them; what is kept of them is not its business. */
void batches_fini(struct batches *batches);

/* Adds one, zeroed but for its numbers.  NULL when out of memory, for a
 * number of 0, and for one that is there already. */
struct active_batch *batches_add(struct batches *batches, uint64_t number);

/* The same for a detached one; NULL too for what is no ref. */
struct active_batch *batches_add_ref(struct batches *batches, struct event_text ref);

/* The batch of that number, or NULL.  Asking for the same one again is cheap. */
struct active_batch *batches_find(struct batches *batches, uint64_t number);

/* The batch that an event is about, or NULL. */
struct active_batch *batches_find_of(struct batches *batches, const struct event_read *event);

/* Writes what people call it: `batch 3`, or `batch` and its ref. */
const char *batches_label(const struct active_batch *batch, char out[BATCHES_LABEL_MAX]);

/* Drops one that is there, and its plan. */
void batches_drop(struct batches *batches, struct active_batch *batch);

/* Iterates over them: begin with *place 0; NULL behind the last. */
struct active_batch *batches_next(const struct batches *batches, size_t *place);

#endif
