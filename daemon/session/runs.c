/* SPDX-License-Identifier: ISC */
#include "daemon/session/runs.h"

#include <search.h>
#include <stdlib.h>
#include <string.h>

#define SLOTS_LEAST 4

/* How much of a run is freed at a time. */
#define FREE_BYTES_A_STEP ((size_t)512 << 10)

/* ---- By number ----------------------------------------------------------------- */

static int compare_runs(const void *a, const void *b)
{
    uint64_t x = run_number(a), y = run_number(b);

    return (x > y) - (x < y);
}

static int compare_number(const void *number, const void *run)
{
    uint64_t x = *(const uint64_t *)number, y = run_number(run);

    return (x > y) - (x < y);
}

/* A tree node begins with its key (POSIX). */
static struct run *run_in(void *node)
{
    return node == NULL ? NULL : *(struct run **)node;
}

struct run *runs_find(const struct runs *runs, uint64_t number)
{
    return run_in(tfind(&number, &runs->by_number, compare_number));
}

/* ---- Coming and going ------------------------------------------------------------ */

int runs_reserve(struct runs *runs)
{
    uint32_t n = runs->n_slots > 0 ? runs->n_slots * 2 : SLOTS_LEAST;
    struct run **slots;
    uint32_t *free_slots;

    if (runs->n_free > 0)
        return 0;
    /* An entry for each slot, so that setting a due time needs no memory. */
    if (timerq_grow(&runs->agenda, n) != 0 ||
        timerq_reserve(&runs->agenda, n - runs->agenda.n) != 0)
        return -1;
    slots = realloc(runs->slots, n * sizeof(struct run *));
    if (slots == NULL)
        return -1;
    runs->slots = slots;
    free_slots = realloc(runs->free_slots, n * sizeof(uint32_t));
    if (free_slots == NULL)
        return -1;
    runs->free_slots = free_slots;
    for (uint32_t slot = n; slot-- > runs->n_slots;) {
        runs->slots[slot] = NULL;
        runs->free_slots[runs->n_free++] = slot;
    }
    runs->n_slots = n;
    return 0;
}

int runs_add_take(struct runs *runs, struct run *run, int64_t now_ns)
{
    if (tsearch(run, &runs->by_number, compare_runs) == NULL)
        return -1;
    run_set_slot(run, runs->free_slots[--runs->n_free]);
    runs->slots[run_slot(run)] = run;
    runs->n_running++;
    runs_set_due(runs, run, now_ns);
    return 0;
}

void runs_retire(struct runs *runs, const struct run *run)
{
    timerq_remove(&runs->agenda, run_slot(run));
    tdelete(run, &runs->by_number, compare_runs);
    runs->n_running--;
}

void runs_drop(struct runs *runs, struct run *run)
{
    timerq_remove(&runs->agenda, run_slot(run));
    runs->slots[run_slot(run)] = NULL;
    runs->free_slots[runs->n_free++] = run_slot(run);
    run_set_next(run, runs->dropped);
    runs->dropped = run;
    (void)runs_reap(runs);
}

bool runs_has_dropped(const struct runs *runs)
{
    return runs->dropped != NULL;
}

bool runs_reap(struct runs *runs)
{
    size_t budget = FREE_BYTES_A_STEP;

    while (runs->dropped != NULL && budget > 0) {
        struct run *run = runs->dropped, *next = run_next(run);

        if (run_free_some(run, &budget))
            runs->dropped = next;
    }
    return runs->dropped != NULL;
}

bool runs_discard(struct runs *runs, size_t most)
{
    while (runs->discarded < runs->n_slots && most > 0) {
        struct run *run = runs->slots[runs->discarded++];

        if (run == NULL)
            continue;
        if (!run_is_finished(run))
            runs_retire(runs, run);
        runs_drop(runs, run);
        most--;
    }
    return runs->discarded == runs->n_slots && !runs_reap(runs);
}

void runs_clear(struct runs *runs)
{
    while (!runs_discard(runs, SIZE_MAX))
        continue;
    runs->discarded = 0;
}

void runs_fini(struct runs *runs)
{
    runs_clear(runs);
    timerq_fini(&runs->agenda);
    free(runs->slots);
    free(runs->free_slots);
    memset(runs, 0, sizeof(*runs));
}

uint32_t runs_running(const struct runs *runs)
{
    return runs->n_running;
}

/* ---- When they are due ------------------------------------------------------------- */

struct run *runs_first_due(const struct runs *runs, int64_t now_ns)
{
    const struct timerq_entry *first = timerq_first(&runs->agenda);

    return first != NULL && first->due_ns <= now_ns ? runs->slots[first->id] : NULL;
}

int64_t runs_next_due(const struct runs *runs)
{
    const struct timerq_entry *first = timerq_first(&runs->agenda);

    return first != NULL ? first->due_ns : RUN_NEVER;
}

void runs_set_due(struct runs *runs, const struct run *run, int64_t now_ns)
{
    int64_t due_ns = run_next_due(run, now_ns);

    if (due_ns == RUN_NEVER)
        timerq_remove(&runs->agenda, run_slot(run));
    else
        (void)timerq_set(&runs->agenda, run_slot(run), due_ns, 0);
}

void runs_cancel_all(struct runs *runs, int64_t now_ns)
{
    for (uint32_t slot = 0; slot < runs->n_slots; slot++) {
        struct run *run = runs->slots[slot];

        if (run != NULL && !run_is_finished(run)) {
            (void)run_cancel(run, now_ns);
            runs_set_due(runs, run, now_ns);
        }
    }
}
