/* SPDX-License-Identifier: ISC */
#include "daemon/session/ledger.h"

/* Raises a count by n unless it would pass its limit.  Whether it did. */
static bool reserve(_Atomic uint64_t *count, uint64_t n, uint64_t most)
{
    uint64_t seen = atomic_load_explicit(count, memory_order_relaxed);

    do {
        if (seen > most || n > most - seen)
            return false;
    } while (!atomic_compare_exchange_weak_explicit(count, &seen, seen + n, memory_order_relaxed,
                                                    memory_order_relaxed));
    return true;
}

static void add(_Atomic uint64_t *count, uint64_t n)
{
    atomic_fetch_add_explicit(count, n, memory_order_relaxed);
}

static void subtract(_Atomic uint64_t *count, uint64_t n)
{
    atomic_fetch_sub_explicit(count, n, memory_order_relaxed);
}

/* ---- Accounts --------------------------------------------------------------- */

/* Raises both counts by n, unless one would pass its limit; 0 is no limit. */
static enum ledger_answer reserve_both(uint64_t *own, uint64_t share, _Atomic uint64_t *all,
                                       uint64_t most, uint64_t n)
{
    if (share > 0 && (*own > share || n > share - *own))
        return LEDGER_OVER_SHARE;
    if (!reserve(all, n, most > 0 ? most : UINT64_MAX))
        return LEDGER_OVER_LIMIT;
    *own += n;
    return LEDGER_RESERVED;
}

enum ledger_answer ledger_reserve_jobs(struct account *account, uint64_t n)
{
    const struct limits *limits = account->limits;

    return reserve_both(&account->pending, limits->max_pending_per_connection,
                        &account->ledger->pending, limits->max_pending, n);
}

enum ledger_answer ledger_reserve_text(struct account *account, uint64_t bytes)
{
    const struct limits *limits = account->limits;

    return reserve_both(&account->text, limits->max_text_per_connection, &account->ledger->text,
                        limits->max_text, bytes);
}

void ledger_force_jobs(struct account *account, uint64_t n)
{
    account->pending += n;
    add(&account->ledger->pending, n);
}

void ledger_release_jobs(struct account *account, uint64_t n)
{
    account->pending -= n;
    subtract(&account->ledger->pending, n);
}

void ledger_release_text(struct account *account, uint64_t bytes)
{
    account->text -= bytes;
    subtract(&account->ledger->text, bytes);
}

void ledger_transfer(struct account *from, struct account *to, uint64_t jobs, uint64_t text)
{
    from->pending -= jobs;
    from->text -= text;
    to->pending += jobs;
    to->text += text;
}

/* ---- What is counted by ones ------------------------------------------------ */

bool ledger_reserve_connection(struct ledger *ledger, uint64_t most)
{
    return reserve(&ledger->connections, 1, most);
}

bool ledger_reserve_unauthenticated(struct ledger *ledger, uint64_t most)
{
    return reserve(&ledger->unauthenticated, 1, most);
}

bool ledger_reserve_replay(struct ledger *ledger, uint64_t most)
{
    return reserve(&ledger->replays, 1, most);
}

void ledger_release_connection(struct ledger *ledger)
{
    subtract(&ledger->connections, 1);
}

void ledger_release_unauthenticated(struct ledger *ledger)
{
    subtract(&ledger->unauthenticated, 1);
}

void ledger_release_replay(struct ledger *ledger)
{
    subtract(&ledger->replays, 1);
}

void ledger_count_batch(struct ledger *ledger)
{
    add(&ledger->batches, 1);
}

void ledger_uncount_batch(struct ledger *ledger)
{
    subtract(&ledger->batches, 1);
}

void ledger_count_waiting_replay(struct ledger *ledger)
{
    add(&ledger->replays_waiting, 1);
}

void ledger_uncount_waiting_replay(struct ledger *ledger)
{
    subtract(&ledger->replays_waiting, 1);
}

uint64_t ledger_number_batch(struct ledger *ledger)
{
    return atomic_fetch_add_explicit(&ledger->next_batch, 1, memory_order_relaxed);
}
