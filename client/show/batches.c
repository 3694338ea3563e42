/* SPDX-License-Identifier: ISC */
#include "client/show/batches.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/show/eta.h"

/* Refs are hashed to numbers that no daemon counts up to. */
#define REF_NUMBERS ((uint64_t)1 << 63)

static const struct event_text no_ref = {NULL, 0};

/* Its numbers and refs are the daemon's, so that nobody else chooses them. */
static const uint8_t hash_key[16];

/* The key of a batch. */
struct wanted {
    uint64_t number;
    struct event_text ref;
};

static struct active_batch *batch_at(const struct batches *batches, uint32_t slot)
{
    return batches->all.items[slot];
}

static bool has_ref(const struct active_batch *batch, struct event_text ref)
{
    return strlen(batch->ref) == ref.len &&
           (ref.len == 0 || memcmp(batch->ref, ref.text, ref.len) == 0);
}

static bool is_batch(const void *batches, uint32_t slot, const void *key)
{
    const struct active_batch *batch = batch_at(batches, slot);
    const struct wanted *wanted = key;

    return batch->number == wanted->number && has_ref(batch, wanted->ref);
}

static uint64_t hash_of_number(uint64_t number)
{
    return hash_bytes(hash_key, &number, sizeof number);
}

static uint64_t hash_of_batch(const void *batches, uint32_t slot)
{
    return hash_of_number(batch_at(batches, slot)->number);
}

/* 0 for what is no ref. */
static uint64_t number_of_ref(struct event_text ref)
{
    if (ref.text == NULL || ref.len == 0 || ref.len >= BATCHES_REF_MAX ||
        memchr(ref.text, '\0', ref.len) != NULL)
        return 0;
    return hash_bytes(hash_key, ref.text, ref.len) | REF_NUMBERS;
}

static struct active_batch *look_up(const struct batches *batches, uint64_t number,
                                    struct event_text ref)
{
    const struct wanted wanted = {number, ref};
    uint32_t slot =
        hash_find(&batches->by_number, hash_of_number(number), is_batch, batches, &wanted);

    return slot != HASH_NONE ? batch_at(batches, slot) : NULL;
}

static struct active_batch *add(struct batches *batches, uint64_t number, struct event_text ref)
{
    struct active_batch *batch;

    if (number == 0 || look_up(batches, number, ref) != NULL || slots_reserve(&batches->all) != 0 ||
        (batch = calloc(1, sizeof *batch)) == NULL)
        return NULL;
    batch->slot = slots_add(&batches->all, batch);
    if (hash_add(&batches->by_number, hash_of_number(number), batch->slot, hash_of_batch,
                 batches) != 0) {
        slots_remove(&batches->all, batch->slot);
        free(batch);
        return NULL;
    }
    batch->number = number;
    if (ref.len > 0)
        memcpy(batch->ref, ref.text, ref.len);
    batch->ordinal = batches->added++;
    batches->n++;
    return batch;
}

struct active_batch *batches_add(struct batches *batches, uint64_t number)
{
    return add(batches, number, no_ref);
}

struct active_batch *batches_add_ref(struct batches *batches, struct event_text ref)
{
    return add(batches, number_of_ref(ref), ref);
}

static struct active_batch *find(struct batches *batches, uint64_t number, struct event_text ref)
{
    struct active_batch *batch = number != 0 ? look_up(batches, number, ref) : NULL;

    if (batch != NULL)
        batches->last = batch;
    return batch;
}

struct active_batch *batches_find(struct batches *batches, uint64_t number)
{
    if (batches->last != NULL && batches->last->number == number)
        return batches->last;
    return find(batches, number, no_ref);
}

static struct active_batch *find_ref(struct batches *batches, struct event_text ref)
{
    if (batches->last != NULL && ref.len > 0 && has_ref(batches->last, ref))
        return batches->last;
    return find(batches, number_of_ref(ref), ref);
}

struct active_batch *batches_find_of(struct batches *batches, const struct event_read *event)
{
    return event->ref.text != NULL ? find_ref(batches, event->ref)
                                   : batches_find(batches, event->batch);
}

const char *batches_label(const struct active_batch *batch, char out[BATCHES_LABEL_MAX])
{
    if (batch->ref[0] != '\0')
        snprintf(out, BATCHES_LABEL_MAX, "batch %s", batch->ref);
    else
        snprintf(out, BATCHES_LABEL_MAX, "batch %" PRIu64, batch->number);
    return out;
}

static void free_batch(struct active_batch *batch)
{
    eta_free(batch->eta);
    plan_free(batch->request.plan);
    free(batch);
}

void batches_drop(struct batches *batches, struct active_batch *batch)
{
    hash_remove(&batches->by_number, batch->slot, hash_of_batch, batches);
    slots_remove(&batches->all, batch->slot);
    batches->n--;
    if (batches->last == batch)
        batches->last = NULL;
    free_batch(batch);
}

struct active_batch *batches_next(const struct batches *batches, size_t *place)
{
    while (*place < batches->all.n) {
        struct active_batch *batch = batch_at(batches, (uint32_t)(*place)++);

        if (batch != NULL)
            return batch;
    }
    return NULL;
}

void batches_fini(struct batches *batches)
{
    size_t place = 0;

    for (struct active_batch *batch; (batch = batches_next(batches, &place)) != NULL;)
        free_batch(batch);
    slots_fini(&batches->all);
    hash_fini(&batches->by_number);
    *batches = (struct batches){0};
}
