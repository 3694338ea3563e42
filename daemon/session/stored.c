/* SPDX-License-Identifier: ISC */
#include "daemon/session/stored.h"

#include <stdlib.h>
#include <string.h>

#define CANCELS_LEAST 4

const char *stored_durable_name(enum stored_durable durable)
{
    static const char *const names[] = {
        [STORED_DURABLE_NO] = "no",
        [STORED_DURABLE_DISK] = "disk",
        [STORED_DURABLE_SERVER] = "server",
        [STORED_DURABLE_CLUSTER] = "cluster",
    };

    return names[durable];
}

/* ---- Texts and holders --------------------------------------------------------------- */

/* Whether this was the last one. */
static bool release(_Atomic unsigned *holders)
{
    return atomic_fetch_sub_explicit(holders, 1, memory_order_acq_rel) == 1;
}

struct stored_text *stored_text_adopt(char *bytes, size_t len)
{
    struct stored_text *text = malloc(sizeof(*text));

    if (text == NULL)
        return NULL;
    atomic_init(&text->holders, 1);
    text->len = len;
    text->bytes = bytes;
    return text;
}

struct stored_text *stored_text_new(size_t len)
{
    char *bytes = malloc(len > 0 ? len : 1);
    struct stored_text *text = bytes != NULL ? stored_text_adopt(bytes, len) : NULL;

    if (text == NULL)
        free(bytes);
    return text;
}

struct stored_text *stored_text_hold(struct stored_text *text)
{
    atomic_fetch_add_explicit(&text->holders, 1, memory_order_relaxed);
    return text;
}

void stored_text_release(struct stored_text *text)
{
    if (text == NULL || !release(&text->holders))
        return;
    free(text->bytes);
    free(text);
}

struct stored_batch *stored_new(const _Atomic int64_t *horizon_ns, enum stored_durable durable,
                                const struct stored_terms *terms, struct principal *owner)
{
    struct stored_batch *batch = calloc(1, sizeof(*batch));

    if (batch == NULL)
        return NULL;
    if (pthread_mutex_init(&batch->lock, NULL) != 0) {
        free(batch);
        return NULL;
    }
    batch->horizon_ns = horizon_ns;
    batch->durable = durable;
    batch->terms = *terms;
    batch->owner = principal_hold(owner);
    batch->handled_ns = -1;
    atomic_init(&batch->progress.state, STORED_RUNNING);
    atomic_init(&batch->progress.pending, terms->jobs);
    atomic_init(&batch->progress.last, 1);
    atomic_init(&batch->holders, 1);
    return batch;
}

struct stored_batch *stored_hold(struct stored_batch *batch)
{
    atomic_fetch_add_explicit(&batch->holders, 1, memory_order_relaxed);
    return batch;
}

void stored_release(struct stored_batch *batch)
{
    if (batch == NULL || !release(&batch->holders))
        return;
    pthread_mutex_destroy(&batch->lock);
    principal_release(batch->owner);
    free(batch->cancels);
    free(batch);
}

/* ---- How far it may be run ------------------------------------------------------------- */

/* Since acceptance, as all times here. */
static int64_t horizon_of(const struct stored_batch *batch)
{
    int64_t horizon_ns = atomic_load_explicit(batch->horizon_ns, memory_order_acquire);

    return horizon_ns == STORED_NO_HORIZON ? INT64_MAX
                                           : horizon_ns - batch->terms.accepted_ns + batch->lead_ns;
}

int64_t stored_reach(struct stored_batch *batch, int64_t until_ns)
{
    int64_t horizon_ns = horizon_of(batch);
    int64_t seen = atomic_load_explicit(&batch->gate, memory_order_acquire);

    if (until_ns > horizon_ns)
        until_ns = horizon_ns;
    while (seen >= 0 && seen < until_ns)
        if (atomic_compare_exchange_weak_explicit(&batch->gate, &seen, until_ns,
                                                  memory_order_acq_rel, memory_order_acquire))
            return until_ns;
    return seen < 0 && until_ns > ~seen ? ~seen : until_ns;
}

uint32_t stored_n_cancels(const struct stored_batch *batch)
{
    return atomic_load_explicit(&batch->n_cancels, memory_order_acquire);
}

struct stored_cancel stored_cancel_at(struct stored_batch *batch, uint32_t index)
{
    struct stored_cancel cancel;

    pthread_mutex_lock(&batch->lock);
    cancel = batch->cancels[index];
    pthread_mutex_unlock(&batch->lock);
    return cancel;
}

/* ---- Cancels: the lock is held ---------------------------------------------------------- */

/* Room for one more than are there and are being made safe. */
static int reserve(struct stored_batch *batch)
{
    uint32_t need =
        atomic_load_explicit(&batch->n_cancels, memory_order_relaxed) + batch->n_frozen + 1;
    uint32_t room = batch->room > 0 ? 2 * batch->room : CANCELS_LEAST;
    struct stored_cancel *cancels;

    if (need <= batch->room)
        return 0;
    cancels = realloc(batch->cancels, room * sizeof(*cancels));
    if (cancels == NULL)
        return -1;
    batch->cancels = cancels;
    batch->room = room;
    return 0;
}

static uint32_t append(struct stored_batch *batch, const struct stored_cancel *cancel)
{
    uint32_t n = atomic_load_explicit(&batch->n_cancels, memory_order_relaxed);

    batch->cancels[n] = *cancel;
    atomic_store_explicit(&batch->n_cancels, n + 1, memory_order_release);
    return n;
}

/* Lets nobody pass the later of now_ns and what has been run, unless they are
 * stopped before that already.  Returns how far it has been run, at most. */
static int64_t close_gate(struct stored_batch *batch, int64_t now_ns)
{
    int64_t seen = atomic_load_explicit(&batch->gate, memory_order_acquire);
    int64_t at_ns;

    do {
        if (seen < 0)
            return batch->frozen_ns;
        at_ns = now_ns > seen ? now_ns : seen;
    } while (!atomic_compare_exchange_weak_explicit(&batch->gate, &seen, ~at_ns,
                                                    memory_order_acq_rel, memory_order_acquire));
    return at_ns;
}

int64_t stored_freeze(struct stored_batch *batch, int64_t now_ns)
{
    int64_t at_ns = -1;

    pthread_mutex_lock(&batch->lock);
    if (reserve(batch) == 0) {
        at_ns = close_gate(batch, now_ns);
        if (at_ns < now_ns)
            at_ns = now_ns;
        batch->frozen_ns = at_ns;
        batch->n_frozen++;
    }
    pthread_mutex_unlock(&batch->lock);
    return at_ns;
}

uint32_t stored_settle(struct stored_batch *batch, const struct stored_cancel *cancel)
{
    uint32_t index = UINT32_MAX;

    pthread_mutex_lock(&batch->lock);
    if (cancel != NULL)
        index = append(batch, cancel);
    batch->n_frozen--;
    if (batch->n_frozen == 0)
        atomic_store_explicit(&batch->gate, batch->frozen_ns, memory_order_release);
    pthread_mutex_unlock(&batch->lock);
    return index;
}

int stored_add_cancel(struct stored_batch *batch, const struct stored_cancel *cancel)
{
    int result;

    pthread_mutex_lock(&batch->lock);
    result = reserve(batch);
    if (result == 0)
        (void)append(batch, cancel);
    pthread_mutex_unlock(&batch->lock);
    return result;
}
