/* SPDX-License-Identifier: ISC */
#include "daemon/session/runs.h"

#include <string.h>

#include "proto/due.h"

/* How much of a run is freed at a time. */
#define FREE_BYTES_A_STEP ((size_t)512 << 10)

static struct run *run_at(const struct runs *runs, uint32_t slot)
{
    return runs->agenda.slots.items[slot];
}

/* ---- By number ----------------------------------------------------------------- */

/* Numbers are the daemon's own count, so that nobody chooses them: one product spreads them, by
 * the golden ratio (Knuth, 6.4), where a hash for keys of clients would take 400 instructions,
 * three times a batch. */
static uint64_t hash_of_number(uint64_t number)
{
    return number * UINT64_C(0x9e3779b97f4a7c15) >> 32;
}

static uint64_t hash_of_run(const void *runs, uint32_t slot)
{
    return hash_of_number(run_number(run_at(runs, slot)));
}

static bool is_run(const void *runs, uint32_t slot, const void *number)
{
    return run_number(run_at(runs, slot)) == *(const uint64_t *)number;
}

struct run *runs_find(const struct runs *runs, uint64_t number)
{
    uint32_t slot = hash_find(&runs->by_number, hash_of_number(number), is_run, runs, &number);

    return slot != HASH_NONE ? run_at(runs, slot) : NULL;
}

/* ---- Adding and dropping --------------------------------------------------------- */

int runs_reserve(struct runs *runs)
{
    return agenda_reserve(&runs->agenda);
}

int runs_add_take(struct runs *runs, struct run *run, int64_t now_ns)
{
    uint32_t slot = agenda_add(&runs->agenda, run);

    if (hash_add(&runs->by_number, hash_of_number(run_number(run)), slot, hash_of_run, runs) != 0) {
        agenda_remove(&runs->agenda, slot);
        return -1;
    }
    run_set_slot(run, slot);
    runs->n_running++;
    runs_set_due(runs, run, now_ns);
    return 0;
}

void runs_retire(struct runs *runs, const struct run *run)
{
    agenda_set(&runs->agenda, run_slot(run), DUE_NEVER);
    hash_remove(&runs->by_number, run_slot(run), hash_of_run, runs);
    runs->n_running--;
}

void runs_drop(struct runs *runs, struct run *run)
{
    agenda_remove(&runs->agenda, run_slot(run));
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
    while (runs->discarded < runs->agenda.slots.n && most > 0) {
        struct run *run = run_at(runs, runs->discarded++);

        if (run == NULL)
            continue;
        if (!run_is_finished(run))
            runs_retire(runs, run);
        runs_drop(runs, run);
        most--;
    }
    return runs->discarded == runs->agenda.slots.n && !runs_reap(runs);
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
    agenda_fini(&runs->agenda);
    hash_fini(&runs->by_number);
    memset(runs, 0, sizeof(*runs));
}

uint32_t runs_running(const struct runs *runs)
{
    return runs->n_running;
}

/* ---- When they are due ------------------------------------------------------------- */

struct run *runs_first_due(const struct runs *runs, int64_t now_ns)
{
    return agenda_first_due(&runs->agenda, now_ns);
}

int64_t runs_next_due(const struct runs *runs)
{
    return agenda_next_due(&runs->agenda);
}

void runs_set_due(struct runs *runs, const struct run *run, int64_t now_ns)
{
    agenda_set(&runs->agenda, run_slot(run), run_next_due(run, now_ns));
}

void runs_cancel_all(struct runs *runs, int64_t now_ns)
{
    for (uint32_t slot = 0; slot < runs->agenda.slots.n; slot++) {
        struct run *run = run_at(runs, slot);

        if (run != NULL && !run_is_finished(run)) {
            (void)run_cancel(run, now_ns);
            runs_set_due(runs, run, now_ns);
        }
    }
}
