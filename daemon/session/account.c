/* SPDX-License-Identifier: ISC */
#include "daemon/session/account.h"

/* Raises both counts by n, unless one would pass its limit; 0 is no limit. */
static enum account_answer take(uint64_t *own, uint64_t share, _Atomic uint64_t *all, uint64_t most,
                                uint64_t n)
{
    if (share > 0 && (*own > share || n > share - *own))
        return ACCOUNT_NO_SHARE;
    if (!admission_take(all, n, most > 0 ? most : UINT64_MAX))
        return ACCOUNT_NO_ROOM;
    *own += n;
    return ACCOUNT_TAKEN;
}

enum account_answer account_take_jobs(struct account *account, uint64_t n)
{
    const struct limits *limits = account->limits;

    return take(&account->pending, limits->max_pending_per_connection, &account->admission->pending,
                limits->max_pending, n);
}

enum account_answer account_take_text(struct account *account, uint64_t bytes)
{
    const struct limits *limits = account->limits;

    return take(&account->text, limits->max_text_per_connection, &account->admission->text,
                limits->max_text, bytes);
}

void account_give_jobs(struct account *account, uint64_t n)
{
    account->pending -= n;
    admission_give(&account->admission->pending, n);
}

void account_give_text(struct account *account, uint64_t bytes)
{
    account->text -= bytes;
    admission_give(&account->admission->text, bytes);
}

void account_force_jobs(struct account *account, uint64_t n)
{
    account->pending += n;
    atomic_fetch_add_explicit(&account->admission->pending, n, memory_order_relaxed);
}

void account_move(struct account *from, struct account *to, uint64_t jobs, uint64_t text)
{
    from->pending -= jobs;
    from->text -= text;
    to->pending += jobs;
    to->text += text;
}
